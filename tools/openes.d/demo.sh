# demo.sh -- demo data through the operators' API, and one simulated phone.

ctl() {
	(
		set -a
		# shellcheck source=/dev/null
		source "$OPENES_RUN/openes.env"
		exec "$BIN/openesctl" "$@"
	)
}

load_demo() {
	ctl tenant show demo >/dev/null 2>&1 && ctl subscriber show --tenant demo --imsi 001010000000012 >/dev/null 2>&1 && return 0
	ctl tenant set "$ROOT/deploy/demo/tenant.json"
	local plan
	for plan in "$ROOT"/deploy/demo/plan-*.json; do ctl plan set --tenant demo "$plan"; done
	ctl subscriber import --tenant demo "$ROOT/deploy/demo/subscribers.csv"
}

# The first demo subscriber: Milenage test set 1. The SIM remembers the SQN it accepted, unless one is given.
run_phone() {
	[[ " $* " == *" --sqn "* ]] || set -- --state "$OPENES_RUN/phone.state" "$@"
	"$BIN/openes-phone" --url "https://localhost:$PORT/" --ca "$OPENES_RUN/keys/ca.crt" --imsi 001010000000001 \
		--k 465b5ce8b199b49faa5f0a2ee238a6bc --opc cd63cb71954a9f4e48a5994e37a02baf --terminal-id 356938035643809 \
		--apps ap2003,ap2004,ap2005 "$@"
}

cmd_demo() {
	read_env
	all_ready || die "the server is not running; start it with ./openes up (./openes status says what is missing)"
	ctl tenant show demo >/dev/null 2>&1 || die "there is no demo data (it was started with --plain); ./openes up loads it"
	run_phone "$@"
}

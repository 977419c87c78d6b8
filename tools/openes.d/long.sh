# long.sh -- what ./openes test --long adds: ten thousand lives of orders, eSIM operations on PostgreSQL, ThreadSanitizer, valgrind,
# another compiler, a container build without containers.

LONG_PARTS=(property replicas tsan memcheck tidy debootstrap)

# Orders of eSIM profiles under everything that may happen to them; other lives each time. One that fails says its seed.
property() {
	if ESIM_PROPERTY_RUNS=10000 ESIM_PROPERTY_SEED=$RANDOM$RANDOM "$ROOT/build/asan/bin/esim_property_test"; then
		echo "COUNT 1 0"
	else
		echo "COUNT 0 1"
		return 1
	fi
}

# The operations of eSIM once more, on PostgreSQL and with two processes each of esim and policy.
replicas() {
	local files
	mapfile -t files < <(cd "$ROOT/tests/system" && ls test_odsa_*.py test_esim_*.py)
	run_pytest asan --odsa-on postgresql "${files[@]}"
}

# The tests beside the sources, and the running server under load and faults, under ThreadSanitizer. Debian's libraries are
# not instrumented, but it stands in for pthread_* in them, too, and so sees the order that their locks make: a suppression
# by library (called_from_lib) would take that away and report races everywhere.
tsan() {
	local rc=0
	build_preset tsan || return 1
	export TSAN_OPTIONS=halt_on_error=0
	(run_ctest tsan) || rc=1
	(run_pytest tsan test_faults.py test_postgresql.py test_tokens.py) || rc=1
	return $rc
}

# Reads of what was never written, which AddressSanitizer does not see.
memcheck() {
	local test bad=0 good=0
	build_preset dev || return 1
	cd "$ROOT/build/dev"
	for test in bin/es_base_test bin/es_eap_test bin/es_codec_test bin/es_token_test bin/auth_eap_aka_test bin/policy_decide_test; do
		if valgrind -q --error-exitcode=9 --leak-check=full "$test"; then good=$((good + 1)); else bad=$((bad + 1)) && echo "FAILED $test"; fi
	done
	echo "COUNT $good $bad"
	[ $bad = 0 ]
}

tidy() {
	cd "$ROOT"
	# One file a process: clang-tidy 14 carries what it believes of a va_list from one file to the next.
	if lint_files | grep -vE '_(test|fuzz)\.c$|\.h$' | xargs -P 2 -n 1 clang-tidy -quiet -p build/fuzz; then
		echo "COUNT 1 0"
	else
		echo "COUNT 0 1"
		return 1
	fi
}

# --- a fresh Debian 12 that never saw this tree: the README's two commands, and what deploy/docker/Dockerfile does ---

# DEBIAN_MIRROR names another mirror than Debian's own. What the machine's npm trusts, the one in there does, too.
FRESH_CA=etc/openes-npm-ca.pem
fresh_debian() { # directory
	command debootstrap --variant=minbase bookworm "$1" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" || return 1
	mount -t proc proc "$1/proc"
	mount -t tmpfs tmpfs "$1/dev/shm"
	cp /etc/resolv.conf "$1/etc/"
	apt-config dump | grep -i '::proxy' >"$1/etc/apt/apt.conf.d/90proxy" || true
	[ -z "${NODE_EXTRA_CA_CERTS:-}" ] || cp "$NODE_EXTRA_CA_CERTS" "$1/$FRESH_CA" # of a proxy, for npm
	git clone -q "$ROOT" "$1/src" # what is committed
}

# The network is the host's: ports that hardly anybody has.
in_fresh_debian() { # directory command...
	local dir=$1
	shift
	chroot "$dir" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
		${NODE_EXTRA_CA_CERTS:+"NODE_EXTRA_CA_CERTS=/$FRESH_CA"} \
		OPENES_PORT=28443 OPENES_ADMIN_PORT=28444 OPENES_OPS_PORT=29100 "$@"
}

remove_fresh_debian() { # directory; the logs of its tests are kept
	mkdir -p "$ROOT/build/debian"
	cp "$1"/src/build/*.log "$ROOT/build/debian/" 2>/dev/null || true
	[ ! -x "$1/src/openes" ] || in_fresh_debian "$1" /src/openes down || true
	umount "$1/dev/shm" "$1/proc" 2>/dev/null || true
	rm -rf --one-file-system "$1"
}

debootstrap() {
	local dir check good=0 bad=0 start
	[ "$(id -u)" = 0 ] || { echo "debootstrap needs root" && echo "COUNT 0 1" && return 1; }
	dir=$(mktemp -d /var/tmp/openes-debian.XXXXXX)
	chmod 755 "$dir" # others than root live there, too
	# shellcheck disable=SC2064
	trap "remove_fresh_debian '$dir'" EXIT
	fresh_debian "$dir" || { echo "COUNT 0 1" && return 1; }
	for check in "src/openes up" "src/openes up" "src/openes status" "src/openes down" "src/openes test" \
		"src/openes image packages build" "src/openes image build /opt/openes" "opt/openes/bin/openes-gateway --version"; do
		start=$SECONDS
		# shellcheck disable=SC2086
		if in_fresh_debian "$dir" /$check; then good=$((good + 1)); else bad=$((bad + 1)) && echo "FAILED /$check"; fi
		echo "--- /$check took $((SECONDS - start)) s"
	done
	echo "COUNT $good $bad"
	[ $bad = 0 ]
}

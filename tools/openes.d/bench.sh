# bench.sh -- measures the release build against its references.

cmd_bench() {
	need_packages build run bench
	need_npm "$ROOT/tests/peers/smsc"
	step "building" build_preset release programs
	/usr/bin/python3 "$ROOT/tests/bench/bench.py" "$@"
}

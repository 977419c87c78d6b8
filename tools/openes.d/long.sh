# long.sh -- what ./openes test --long adds: ThreadSanitizer, valgrind, another compiler, a container build without containers.

LONG_PARTS=(tsan memcheck tidy debootstrap)

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
	if git ls-files '*.c' | grep -vE "_(test|fuzz)\.c$" | xargs -P 2 -n 1 clang-tidy -quiet -p build/fuzz; then echo "COUNT 1 0"; else echo "COUNT 0 1" && return 1; fi
}

# deploy/docker/Dockerfile's steps in a folder of its own: a fresh Debian 12 that never saw this tree.
debootstrap() {
	local dir bad=0
	[ "$(id -u)" = 0 ] || { echo "needs root for debootstrap" && echo "COUNT 0 1" && return 1; }
	dir=$(mktemp -d /var/tmp/openes-image.XXXXXX)
	trap 'umount "$dir/proc" 2>/dev/null; rm -rf "$dir"' RETURN
	command debootstrap --variant=minbase bookworm "$dir" || return 1
	mount -t proc proc "$dir/proc"
	[ ! -d /etc/apt/apt.conf.d ] || cp -r /etc/apt/apt.conf.d/. "$dir/etc/apt/apt.conf.d/"
	cp /etc/resolv.conf "$dir/etc/" 2>/dev/null || true
	cp /etc/apt/sources.list "$dir/etc/apt/" 2>/dev/null || true
	cp -r /etc/apt/sources.list.d/. "$dir/etc/apt/sources.list.d/" 2>/dev/null || true
	git -C "$ROOT" archive HEAD --prefix=src/ | tar -x -C "$dir"
	chroot "$dir" /src/openes image packages build || bad=1
	chroot "$dir" /src/openes image build /opt/openes || bad=1
	chroot "$dir" /opt/openes/bin/openes-gateway --version || bad=1
	echo "COUNT $((1 - bad)) $bad"
	[ $bad = 0 ]
}

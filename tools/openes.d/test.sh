# test.sh -- every test, in the order in which a failure is cheapest to find.

PASSED=0
FAILED=0
LONG=''
FUZZ_SECONDS=2

# part "name" command...: runs one part; its test counts are taken from its log.
part() {
	local name=$1 log rc=0 counts
	shift
	log=$ROOT/build/test-$name.log
	mkdir -p "$ROOT/build"
	say "${BOLD}==>${PLAIN} $name"
	local start=$SECONDS
	logged "$log" "$@" || rc=$?
	counts=$(grep -hoE '^(COUNT [0-9]+ [0-9]+)$' "$log" | awk '{p += $2; f += $3} END {printf "%d %d", p, f}')
	PASSED=$((PASSED + ${counts% *}))
	FAILED=$((FAILED + ${counts#* }))
	if [ $rc -ne 0 ]; then
		[ "${counts#* }" != 0 ] || FAILED=$((FAILED + 1))
		tail -n 80 "$log"
		say "${RED}    failed${PLAIN} after $((SECONDS - start)) s; the whole output: ${log#"$PWD"/}"
	else
		say "    ${GREEN}${counts% *} passed${PLAIN} in $((SECONDS - start)) s"
	fi
}

# --- lint: layout, forbidden functions, formatting ---

lint_files() { git -C "$ROOT" ls-files '*.c' '*.h'; }

lint() {
	local bad=0
	cd "$ROOT"
	if lint_files | xargs grep -nE '\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|alloca)\(' /dev/null; then
		echo "a forbidden function is used (CONTRIBUTING.md says what to use instead)"
		bad=$((bad + 1))
	fi
	if ! lint_files | xargs clang-format --dry-run -Werror; then
		echo "run: git ls-files '*.c' '*.h' | xargs clang-format -i"
		bad=$((bad + 1))
	fi
	if ! python3 tools/conformance.py --check; then bad=$((bad + 1)); fi
	# It is not followed into what it sources, so it takes what the parts share for unused; the script runs under set -e.
	if ! shellcheck -s bash -S warning -e SC2034,SC2164 openes tools/openes.d/*.sh tests/rules/rules.sh .ci/run; then bad=$((bad + 1)); fi
	echo "COUNT $((4 - bad)) $bad"
	[ $bad = 0 ]
}

# --- unit: everything built under ASan and UBSan, stores on SQLite and PostgreSQL ---

# pg_ctl as a user whom PostgreSQL accepts: it does not run as root.
postgres_ctl() { # directory program arguments...
	local dir=$1 program
	program=$(echo /usr/lib/postgresql/*/bin)/$2
	shift 2
	set -- "$program" "$@"
	[ "$(id -u)" != 0 ] || set -- setpriv --reuid postgres --regid postgres --init-groups "$@"
	(cd / && "$@" -D "$dir/data" >/dev/null)
}
postgres_start() { # directory: a throw-away cluster on a unix socket
	local dir=$1
	mkdir -p "$dir"
	chmod 755 "$dir"
	[ "$(id -u)" != 0 ] || chown postgres "$dir"
	postgres_ctl "$dir" initdb -A trust -U openes --no-sync
	postgres_ctl "$dir" pg_ctl start -w -l "$dir/log" -o "-c listen_addresses='' -k $dir -c max_connections=200 -c fsync=off"
	psql -h "$dir" -U openes -d postgres -qc 'create database openes_test'
	export OPENES_TEST_PG="postgresql://openes@/openes_test?host=$dir"
}
postgres_restart() { # directory fast|immediate
	postgres_ctl "$1" pg_ctl restart -w -m "$2" -l "$1/log"
}
postgres_stop() { # directory
	[ ! -s "$1/data/postmaster.pid" ] || postgres_ctl "$1" pg_ctl stop -w -m fast
	rm -rf "$1"
}

# The tests beside the sources of one preset's build, with PostgreSQL at hand.
run_ctest() { # preset
	local pg rc=0 log=$ROOT/build/ctest-$1.log
	pg=$(mktemp -d /tmp/openes-pg.XXXXXX)
	# shellcheck disable=SC2064
	trap "postgres_stop $pg" EXIT
	postgres_start "$pg"
	cd "$ROOT"
	ctest --test-dir "build/$1" --output-on-failure -j2 | tee "$log" || rc=${PIPESTATUS[0]}
	sed -nE 's/^[0-9]+% tests passed, ([0-9]+) tests failed out of ([0-9]+)$/\1 \2/p' "$log" | awk '{print "COUNT", $2 - $1, $1}'
	return "$rc"
}

unit() { run_ctest asan; }

# --- fuzz: each target for some seconds from its corpus; crashes are kept in build/fuzz/crashes ---

fuzz_one() { # target
	local name
	name=$(basename "$1")
	mkdir -p "build/fuzz/corpus/$name"
	if "$1" -max_total_time="$FUZZ_SECONDS" -timeout=5 -rss_limit_mb=1024 -print_final_stats=0 -verbosity=0 \
		-artifact_prefix="build/fuzz/crashes/$name-" "build/fuzz/corpus/$name" "tests/fuzz/$name"; then
		printf '\nCOUNT 1 0\n' # on a line of its own, whatever another target writes beside it
	else
		printf '\nFAILED %s\nCOUNT 0 1\n' "$name"
		return 1
	fi
}

fuzz() {
	cd "$ROOT"
	mkdir -p build/fuzz/crashes
	export -f fuzz_one
	export FUZZ_SECONDS
	ls build/fuzz/bin/*_fuzz >/dev/null || return 1
	printf '%s\n' build/fuzz/bin/*_fuzz | xargs -P 2 -n 1 bash -c 'fuzz_one "$1"' fuzz
}

# --- system: the real processes, real TLS, real clients ---

run_pytest() { # preset [test files]
	local rc=0 p f e preset=$1 log=$ROOT/build/pytest-$1.log
	shift
	cd "$ROOT/tests/system"
	# Tests mostly wait: three files for two cores, side by side.
	OPENES_TEST_BIN=$ROOT/build/$preset/bin PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -v -p no:cacheprovider --durations=5 \
		-n "$((($(nproc) * 3 + 1) / 2))" --dist loadfile \
		${LONG:+--long} "${@:-.}" 2>&1 | tee "$log" || rc=${PIPESTATUS[0]}
	count() { tail -n 3 "$log" | grep -oE "[0-9]+ $1" | cut -d' ' -f1 | head -n 1; }
	p=$(count passed) f=$(count failed) e=$(count error)
	echo "COUNT ${p:-0} $((${f:-0} + ${e:-0}))"
	return "$rc"
}

system() { run_pytest asan; }

# --- deploy: what is shipped for containers and clusters is valid ---

deploy() {
	local bad=0 conf service
	cd "$ROOT"
	docker-compose -f docker-compose.yml config -q || bad=$((bad + 1))
	kubectl kustomize deploy/k8s/base >/dev/null || bad=$((bad + 1))
	for conf in deploy/docker/openes.conf deploy/k8s/base/openes.conf; do
		for service in "${SERVICES[@]}"; do
			"build/asan/bin/openes-$service" --config "$conf" --check-config || bad=$((bad + 1))
		done
	done
	echo "COUNT $((12 - bad)) $bad"
	[ $bad = 0 ]
}

# What a part needs built. The libraries and programs under ASan and UBSan serve unit and system alike.
build_for() { # parts...
	[[ ! " $* " =~ \ (unit|system|deploy|property)\  ]] || step "building with AddressSanitizer and UndefinedBehaviorSanitizer (gcc)" build_preset asan
	[[ ! " $* " =~ \ (fuzz|tidy)\  ]] || step "building the fuzz targets (clang)" build_preset fuzz
}

cmd_test() {
	local only='' start=$SECONDS p parts=(lint unit system deploy fuzz) known
	# shellcheck source=/dev/null
	source "$ROOT/tools/openes.d/long.sh"
	known=" ${parts[*]} ${LONG_PARTS[*]} "
	while [ $# -gt 0 ]; do
		case $1 in
		--long) LONG=1 FUZZ_SECONDS=120 ;;
		--only)
			[ $# -gt 1 ] || die "--only wants a part: $known"
			only=${2//,/ } && shift
			;;
		*) die "test does not know '$1'; ./openes test --help lists the options" ;;
		esac
		shift
	done
	for p in $only; do [[ $known == *" $p "* ]] || die "there is no part '$p'; there are$known"; done
	if [ -n "$only" ]; then
		read -r -a parts <<<"$only"
	elif [ -n "$LONG" ]; then
		parts+=("${LONG_PARTS[@]}")
	fi
	need_packages build run test
	[[ ! " ${parts[*]} " =~ \ (memcheck|debootstrap)\  ]] || need_packages long
	[[ ! " ${parts[*]} " =~ \ (system|tsan)\  ]] || need_npm "$ROOT/tests/peers/oidc"
	[[ ! " ${parts[*]} " =~ \ (system|tsan)\  ]] || need_npm "$ROOT/tests/peers/signatures"
	[[ ! " ${parts[*]} " =~ \ (system|tsan)\  ]] || need_npm "$ROOT/tests/peers/smsc"
	[[ ! " ${parts[*]} " =~ \ (system|tsan)\  ]] || need_npm "$ROOT/tests/peers/tmf"
	build_for "${parts[@]}"
	for p in "${parts[@]}"; do part "$p" "$p"; done
	say
	say "all parts took $((SECONDS - start)) s"
	say "$PASSED passed, $FAILED failed"
	[ $FAILED = 0 ]
}

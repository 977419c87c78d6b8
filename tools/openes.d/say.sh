# say.sh -- how the script speaks: steps with their time, errors that say what to do next.

if [ -t 1 ]; then BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' GREEN=$'\e[32m' PLAIN=$'\e[0m'; else BOLD='' DIM='' RED='' GREEN='' PLAIN=''; fi

say() { printf '%s\n' "$*"; }

# A path as one would type it from here.
shown() { printf '%s' "${1#"$PWD"/}"; }

absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s' "$PWD/$1" ;; esac; }

no_options() { # command arguments...
	[ $# -eq 1 ] || die "$1 takes no '$2'; ./openes $1 --help explains it"
}

die() {
	printf '%sopenes: %s%s\n' "$RED" "$*" "$PLAIN" >&2
	exit 1
}

# step "what is being done" command...: shows the step, runs the command with its output in a log, shows the time; on
# failure shows the end of the log. On a terminal the last line of the output is shown as it goes.
step() {
	local what=$1 log start pid rc=0 last
	shift
	mkdir -p "$ROOT/build"
	log=$(mktemp "$ROOT/build/step.XXXXXX")
	start=$SECONDS
	printf '%s==>%s %s\n' "$BOLD" "$PLAIN" "$what"
	("$@") >"$log" 2>&1 &
	pid=$!
	if [ -t 1 ]; then
		while kill -0 "$pid" 2>/dev/null; do
			last=$(tail -n 1 "$log" | tr -d '\r' | cut -c 1-100)
			printf '\r\e[K    %s%s%s' "$DIM" "$last" "$PLAIN"
			sleep 0.2
		done
		printf '\r\e[K'
	fi
	wait "$pid" || rc=$?
	if [ $rc -ne 0 ]; then
		tail -n "${STEP_TAIL:-60}" "$log" >&2
		printf '%sfailed after %d s (exit %d); the whole output: %s%s\n' "$RED" $((SECONDS - start)) $rc "$log" "$PLAIN" >&2
		return $rc
	fi
	[ -z "${STEP_SHOW:-}" ] || grep -E "$STEP_SHOW" "$log" || true
	printf '    %sdone%s in %d s\n' "$GREEN" "$PLAIN" $((SECONDS - start))
	rm -f "$log"
}

# wait_until SECONDS command...: polls until the command succeeds; fails at the bound.
wait_until() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.1
	done
}

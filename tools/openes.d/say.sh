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

# logged LOG command...: runs the command with its output in the log. On a terminal the last line is shown as it goes,
# elsewhere once a minute. Ctrl-C ends the command with all that it started.
logged() {
	local log=$1 pid rc=0 last shown=$SECONDS
	shift
	set -m # a process group of its own
	("$@") </dev/null >"$log" 2>&1 &
	pid=$!
	set +m
	# shellcheck disable=SC2064
	trap "kill -TERM -- -$pid 2>/dev/null; exit 130" INT TERM
	while kill -0 "$pid" 2>/dev/null; do
		if [ -t 1 ] || [ $((SECONDS - shown)) -ge 60 ]; then
			last=$(tail -n 1 "$log" | tr -d '\r' | cut -c 1-100)
			if [ -t 1 ]; then printf '\r\e[K    %s%s%s' "$DIM" "$last" "$PLAIN"; else printf '    ... %s\n' "$last"; fi
			shown=$SECONDS
		fi
		sleep 0.1
	done
	[ ! -t 1 ] || printf '\r\e[K'
	wait "$pid" || rc=$?
	trap - INT TERM
	return $rc
}

# step "what is being done" command...: shows the step, runs the command, shows the time; on failure the end of the log.
step() {
	local what=$1 log start=$SECONDS rc=0
	shift
	mkdir -p "$ROOT/build"
	log=$(mktemp "$ROOT/build/step.XXXXXX")
	printf '%s==>%s %s\n' "$BOLD" "$PLAIN" "$what"
	logged "$log" "$@" || rc=$?
	if [ $rc -ne 0 ]; then
		tail -n 60 "$log" >&2
		printf '%sfailed after %d s (exit %d); the whole output: %s%s\n' "$RED" $((SECONDS - start)) $rc "$log" "$PLAIN" >&2
		return $rc
	fi
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

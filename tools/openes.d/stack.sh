# stack.sh -- the five processes on one machine: configuration, supervisor, up, down, status, logs.

SERVICES=(policy auth esim notify gateway)
# An option stands over the environment, the environment over the last `up` (read_env), and that over these.
PORT=${OPENES_PORT:-}
ADMIN_PORT=${OPENES_ADMIN_PORT:-}
OPS_PORT=${OPENES_OPS_PORT:-}
BIN=$(absolute "${OPENES_BIN:-$ROOT/build/release/bin}")

ops_port() { # service
	case $1 in
	gateway) echo "$OPS_PORT" ;;
	auth) echo $((OPS_PORT + 1)) ;;
	policy) echo $((OPS_PORT + 2)) ;;
	esim) echo $((OPS_PORT + 3)) ;;
	notify) echo $((OPS_PORT + 4)) ;;
	esac
}

# A socket's path has at most 107 characters, and as a URL of the bus no space or the like.
sock_folder() {
	if [[ $OPENES_RUN =~ ^[A-Za-z0-9/._-]{1,80}$ ]]; then
		echo "$OPENES_RUN/sock"
	else
		echo "/tmp/openes-$(printf '%s' "$OPENES_RUN" | sha256sum | cut -c 1-12)"
	fi
}

write_config() { # file
	local keys=$OPENES_RUN/keys data=$OPENES_RUN/data sock service
	sock=$(sock_folder)
	{
		printf '# Written by ./openes up. All five processes read this file; docs/configuration.md explains the keys.\n'
		for service in "${SERVICES[@]}"; do
			printf '\n[%s]\nops_listen = 127.0.0.1:%s\nbus_key_file = %s\npseudonym_key_file = %s\nlog_format = json\n' \
				"$service" "$(ops_port "$service")" "$keys/bus.key" "$keys/pseudonym.key"
			case $service in
			gateway)
				cat <<-CONF
					device_listen = 0.0.0.0:$PORT
					device_cert_file = $keys/server.crt
					device_key_file = $keys/server.key
					ticket_key_file = $keys/ticket.key
					admin_listen = 127.0.0.1:$ADMIN_PORT
					admin_cert_file = $keys/server.crt
					admin_key_file = $keys/server.key
					auth_target = ipc://$sock/auth
					policy_target = ipc://$sock/policy
					esim_target = ipc://$sock/esim
					notify_target = ipc://$sock/notify
				CONF
				;;
			auth)
				cat <<-CONF
					bus_listen = ipc://$sock/auth
					db = sqlite:$data/auth.db
					session_keys_file = $keys/session.keys
					token_keys_file = $keys/token.keys
					auc_keys_file = $keys/auc.keys
					transport_key_file = $keys/transport.key
					policy_target = ipc://$sock/policy
					policy_events = ipc://$sock/policy-events
					notify_target = ipc://$sock/notify
				CONF
				;;
			policy)
				cat <<-CONF
					bus_listen = ipc://$sock/policy
					events_listen = ipc://$sock/policy-events
					db = sqlite:$data/policy.db
					token_keys_file = $keys/token.keys
					admin_token_file = $keys/admin.token
					auth_target = ipc://$sock/auth
					esim_target = ipc://$sock/esim
				CONF
				;;
			esim)
				cat <<-CONF
					bus_listen = ipc://$sock/esim
					events_listen = ipc://$sock/esim-events
					profile_keys_file = $keys/profile.keys
					db = sqlite:$data/esim.db
					policy_target = ipc://$sock/policy
					policy_events = ipc://$sock/policy-events
				CONF
				;;
			notify)
				cat <<-CONF
					bus_listen = ipc://$sock/notify
					db = sqlite:$data/notify.db
					push_keys_file = $keys/push.keys
					policy_target = ipc://$sock/policy
					policy_events = ipc://$sock/policy-events
				CONF
				;;
			esac
		done
	} >"$1"
}

# For scripts to source; the ports are what the next `up`, `demo` and `status` read.
write_env() {
	(
		umask 077
		{
			printf 'OPENES_URL=https://localhost:%s/\n' "$PORT"
			printf 'OPENES_ADMIN_URL=https://localhost:%s\n' "$ADMIN_PORT"
			printf 'OPENES_CA=%q\n' "$OPENES_RUN/keys/ca.crt"
			printf 'OPENES_ADMIN_TOKEN=%s\n' "$(cat "$OPENES_RUN/keys/admin.token")"
			printf 'export OPENES_URL OPENES_ADMIN_URL OPENES_CA OPENES_ADMIN_TOKEN\n'
			printf '# ports: %s %s %s\n' "$PORT" "$ADMIN_PORT" "$OPS_PORT"
		} >"$OPENES_RUN/openes.env.new"
	)
	mv "$OPENES_RUN/openes.env.new" "$OPENES_RUN/openes.env"
}

read_env() {
	local device=8443 admin=8444 ops=9100
	# shellcheck disable=SC2034
	[ ! -s "$OPENES_RUN/openes.env" ] || read -r _ _ device admin ops < <(grep '^# ports: ' "$OPENES_RUN/openes.env")
	PORT=${PORT:-$device} ADMIN_PORT=${ADMIN_PORT:-$admin} OPS_PORT=${OPS_PORT:-$ops}
}

# --- supervisors: each knows start, stop (all services), pid and restarts (of one) ---

supervisor() {
	if [ -n "${OPENES_SUPERVISOR:-}" ]; then
		echo "$OPENES_SUPERVISOR"
	elif [ -d /run/systemd/system ] && [ "$(id -u)" = 0 ]; then
		echo systemd
	else
		echo runit
	fi
}

unit_of() { printf 'openes-%s-%s' "$(printf '%s' "$OPENES_RUN" | sha256sum | cut -c 1-6)" "$1"; }

systemd_start() {
	local service
	for service in "${SERVICES[@]}"; do
		mkdir -p "$OPENES_RUN/log/$service"
		systemctl is-active -q "$(unit_of "$service")" && continue
		systemctl reset-failed "$(unit_of "$service")" 2>/dev/null || true
		systemd-run -q --unit="$(unit_of "$service")" -p Restart=always -p RestartSec=1 -p StartLimitIntervalSec=0 \
			-p LimitNOFILE=65536 -p "StandardError=append:$OPENES_RUN/log/$service/current" \
			"$BIN/openes-$service" --config "$OPENES_RUN/openes.conf"
	done
}
systemd_stop() {
	local service
	for service in gateway auth esim notify policy; do systemctl stop "$(unit_of "$service")" 2>/dev/null || true; done
}
systemd_restarts() { [ "$(systemctl is-active "$(unit_of "$1")" 2>/dev/null)" = activating ]; }
systemd_pid() { systemctl show -P MainPID "$(unit_of "$1")" 2>/dev/null | grep -v '^0$' || true; }

runit_service() { # service: its directory, written anew each time
	local dir=$OPENES_RUN/sv/$1
	mkdir -p "$dir/log" "$OPENES_RUN/log/$1"
	printf '#!/bin/sh\nexec 2>&1\nulimit -n 65536 2>/dev/null\nexec "%s" --config "%s"\n' "$BIN/openes-$1" "$OPENES_RUN/openes.conf" >"$dir/run.new"
	# A first death is restarted at once; the longer it keeps dying, the longer the pause: 1, 2, 4 .. 30 s. A run of a
	# minute starts over. The file "down" ends the pause: `openes down` does not wait for it.
	cat >"$dir/finish.new" <<-'SH'
		#!/bin/sh
		now=$(date +%s)
		read -r last pause 2>/dev/null <finish.state || { last=0 pause=0; }
		if [ $((now - last)) -gt 60 ]; then pause=0; fi
		left=$pause
		while [ "$left" -gt 0 ] && [ ! -e down ]; do
			sleep 1
			left=$((left - 1))
		done
		pause=$((pause * 2)); [ "$pause" -ge 1 ] || pause=1; [ "$pause" -le 30 ] || pause=30
		printf '%s %s\n' "$(date +%s)" "$pause" >finish.state
	SH
	printf '#!/bin/sh\nexec svlogd "%s"\n' "$OPENES_RUN/log/$1" >"$dir/log/run.new"
	chmod +x "$dir/run.new" "$dir/finish.new" "$dir/log/run.new"
	mv "$dir/run.new" "$dir/run"
	mv "$dir/finish.new" "$dir/finish"
	mv "$dir/log/run.new" "$dir/log/run"
	rm -f "$dir/down" "$dir/finish.state"
}

runit_alive() {
	local pid
	pid=$(cat "$OPENES_RUN/runsvdir.pid" 2>/dev/null) || return 1
	tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "runsvdir -P $OPENES_RUN/sv"
}
# A reader on this pipe is a runsv that has the service in hand.
runit_has() { sv status "$OPENES_RUN/sv/$1" 2>/dev/null | grep -q '^\(run\|down\|finish\): '; }
runit_has_all() {
	local service
	for service in "${SERVICES[@]}"; do runit_has "$service" || return 1; done
}
runit_has_none() {
	local service
	for service in "${SERVICES[@]}"; do ! runit_has "$service" || return 1; done
}

# runsvdir looks for new services every five seconds: they are all there when it starts.
runit_start() {
	local service
	if ! runit_has_all; then
		for service in "${SERVICES[@]}"; do runit_service "$service"; done
	fi
	if ! runit_alive; then
		setsid runsvdir -P "$OPENES_RUN/sv" </dev/null >/dev/null 2>&1 &
		echo $! >"$OPENES_RUN/runsvdir.pid"
	fi
	wait_until 10 runit_has_all || die "runit does not take up the services in $OPENES_RUN/sv; is runsvdir installed and allowed to run?"
	for service in "${SERVICES[@]}"; do sv up "$OPENES_RUN/sv/$service" >/dev/null; done
}

# The gateway first, so that what is in flight finds everybody; then runsvdir is told to end, which ends all at once.
runit_stop() {
	local service
	for service in "${SERVICES[@]}"; do [ ! -d "$OPENES_RUN/sv/$service" ] || touch "$OPENES_RUN/sv/$service/down"; done
	! runit_has gateway || sv -w 15 down "$OPENES_RUN/sv/gateway" >/dev/null 2>&1 || true
	if runit_alive; then
		kill -HUP "$(cat "$OPENES_RUN/runsvdir.pid")"
	else
		for service in "${SERVICES[@]}"; do ! runit_has "$service" || sv exit "$OPENES_RUN/sv/$service" >/dev/null 2>&1 || true; done
	fi
	if ! wait_until 20 runit_has_none; then
		for service in "${SERVICES[@]}"; do ! runit_has "$service" || sv -w 5 force-stop "$OPENES_RUN/sv/$service" || true; done
		wait_until 10 runit_has_none || die "some processes do not end; ./openes status names them"
	fi
	rm -f "$OPENES_RUN/runsvdir.pid"
}
# While it pauses before a restart, the pid there is that of the script "finish".
runit_pid() { [ "$(cat "$OPENES_RUN/sv/$1/supervise/stat" 2>/dev/null)" != run ] || cat "$OPENES_RUN/sv/$1/supervise/pid"; }
runit_restarts() { sv status "$OPENES_RUN/sv/$1" 2>/dev/null | grep -q '^finish: '; }

# --- what runs ---

pid_of() { # service: nothing when it does not run
	local pid
	pid=$("$(supervisor)_pid" "$1")
	if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then printf '%s' "$pid"; fi
}
any_running() {
	local service
	for service in "${SERVICES[@]}"; do [ -z "$(pid_of "$service")" ] || return 0; done
	return 1
}
all_of_this_build() { # a rebuilt program is another file than the one that runs
	local service pid
	for service in "${SERVICES[@]}"; do
		pid=$(pid_of "$service")
		[ -z "$pid" ] || [ "/proc/$pid/exe" -ef "$BIN/openes-$service" ] || return 1
	done
}

is_ready() { curl -fs -o /dev/null --max-time 2 "http://127.0.0.1:$(ops_port "$1")/readyz"; }
all_ready() {
	local service
	for service in "${SERVICES[@]}"; do is_ready "$service" || return 1; done
}

# --- up: every step may be repeated ---

check_port_number() { # option port highest
	if [[ $2 =~ ^[1-9][0-9]{0,4}$ ]] && [ "$2" -le "$3" ]; then return 0; fi
	die "$1: '$2' is not a port; it is a number from 1 to $3"
}

check_port_free() { # port option
	local taken by
	taken=$(ss -ltnpH "sport = :$1" 2>/dev/null) || return 0 # not installed yet: asked again when it is
	[ -n "$taken" ] || return 0
	by=$(sed -nE '1s/.*users:\(\("([^"]*)",pid=([0-9]+).*/ by \1 (process \2)/p' <<<"$taken")
	die "port $1 is taken${by:- by another program}; choose another: ./openes up $2 N"
}

check_ports() {
	local service
	check_port_free "$PORT" --port
	check_port_free "$ADMIN_PORT" --admin-port
	for service in "${SERVICES[@]}"; do check_port_free "$(ops_port "$service")" --ops-port; done
}

make_folders() {
	local sock
	sock=$(sock_folder)
	mkdir -p "$OPENES_RUN/data"
	[ -d "$sock" ] || mkdir -m 700 "$sock" || die "cannot make the folder $sock for sockets"
	[ -O "$sock" ] || die "the folder $sock belongs to somebody else; choose another run folder: OPENES_RUN=/var/tmp/openes ./openes up"
	chmod 700 "$OPENES_RUN/data" "$sock"
}

start_stack() {
	local service
	"$(supervisor)_start"
	wait_until 30 all_ready && return 0
	for service in "${SERVICES[@]}"; do
		is_ready "$service" || { say "openes-$service is not ready; its log ends:" && tail -n 2 "$OPENES_RUN/log/$service/current"; }
	done
	die "not all processes became ready within 30 s; mend what the log says and repeat ./openes up"
}

up_options() {
	while [ $# -gt 0 ]; do
		case $1 in
		--plain) UP_PLAIN=1 && shift && continue ;;
		--port | --admin-port | --ops-port) [ $# -gt 1 ] || die "$1 wants a number" ;;
		esac
		case $1 in
		--port) PORT=$2 ;;
		--admin-port) ADMIN_PORT=$2 ;;
		--ops-port) OPS_PORT=$2 ;;
		*) die "up does not know '$1'; ./openes up --help lists the options" ;;
		esac
		shift 2
	done
	read_env
	check_port_number --port "$PORT" 65535
	check_port_number --admin-port "$ADMIN_PORT" 65535
	check_port_number --ops-port "$OPS_PORT" 65531
}

# What already runs goes on, unless the programs or the configuration are others now.
renew_stack() {
	make_folders
	write_config "$OPENES_RUN/openes.conf.new"
	if any_running; then
		if cmp -s "$OPENES_RUN/openes.conf" "$OPENES_RUN/openes.conf.new" && all_of_this_build; then return 0; fi
		step "stopping the processes: their programs or configuration changed" "$(supervisor)_stop"
	fi
	check_ports
	mv "$OPENES_RUN/openes.conf.new" "$OPENES_RUN/openes.conf"
}

cmd_up() {
	local start=$SECONDS UP_PLAIN=''
	up_options "$@"
	mkdir -p "$OPENES_RUN"
	# Before minutes of building.
	any_running || check_ports
	need_packages build run
	[ -n "${OPENES_BIN:-}" ] || step "building (a few minutes the first time)" build_preset release programs
	step "keys and certificates in $(shown "$OPENES_RUN")/keys" make_keys "$OPENES_RUN/keys"
	renew_stack
	write_env
	step "starting policy, auth, esim, notify and gateway" start_stack
	if [ -z "$UP_PLAIN" ]; then
		step "demo tenant, three plans and twelve subscribers" load_demo
		say
		say "${BOLD}A simulated phone authenticates and asks for its services:${PLAIN}"
		run_phone || die "the simulated phone got no answer; ./openes logs says why"
	fi
	say
	say "${BOLD}openes is running${PLAIN} (ready in $((SECONDS - start)) s)"
	say "  devices         https://localhost:$PORT/"
	say "  operators' API  https://localhost:$ADMIN_PORT/v1/   (token and CA: source $(shown "$OPENES_RUN")/openes.env)"
	say "  health          http://127.0.0.1:$OPS_PORT/readyz and /metrics, one port for each process: ./openes status"
	if [ -z "$UP_PLAIN" ]; then
		say "  next            ./openes demo · ./openes status · ./openes logs · ./openes down"
	else
		say "  next            source $(shown "$OPENES_RUN")/openes.env; $(shown "$BIN")/openesctl --help"
	fi
}

# --- down, status, logs ---

cmd_down() {
	local was=''
	no_options down "$@"
	! any_running || was=1
	[ ! -d "$OPENES_RUN" ] || step "stopping gateway, then auth, esim, notify and policy" "$(supervisor)_stop"
	rmdir "$(sock_folder)" 2>/dev/null || true
	if [ -n "$was" ]; then say "stopped; keys and data stay in $(shown "$OPENES_RUN")"; else say "nothing was running"; fi
}

cmd_status() {
	local service pid state port all=0 format='%-9s %-8s %-12s %-10s %-24s %s\n'
	no_options status "$@"
	read_env
	# shellcheck disable=SC2059
	printf "$format" process pid up resident health state
	for service in "${SERVICES[@]}"; do
		pid=$(pid_of "$service")
		port=$(ops_port "$service")
		if [ -z "$pid" ]; then
			state="not running"
			! "$(supervisor)_restarts" "$service" || state="died, to be restarted: ./openes logs $service"
			# shellcheck disable=SC2059
			printf "$format" "$service" - - - - "$state"
			all=1
			continue
		fi
		if is_ready "$service"; then state=ready; else state="not ready: ./openes logs $service" all=1; fi
		# shellcheck disable=SC2059
		printf "$format" "$service" "$pid" "$(ps -o etime= -p "$pid" | tr -d ' ')" \
			"$(ps -o rss= -p "$pid" | awk '{printf "%.1f MB", $1/1024}')" "http://127.0.0.1:$port" "$state"
	done
	return $all
}

cmd_logs() {
	local files=() service
	for service in "${@:-${SERVICES[@]}}"; do
		[[ " ${SERVICES[*]} " == *" $service "* ]] || die "there is no process '$service'; there are ${SERVICES[*]}"
		[ ! -e "$OPENES_RUN/log/$service/current" ] || files+=("$OPENES_RUN/log/$service/current")
	done
	[ ${#files[@]} -gt 0 ] || die "there are no logs yet; start with ./openes up"
	exec tail -n 20 -F -q "${files[@]}"
}

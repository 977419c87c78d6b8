# stack.sh -- the five processes on one machine: configuration, supervisor, up, down, status, logs.

SERVICES=(policy auth esim notify gateway)
PORT=${OPENES_PORT:-8443}
ADMIN_PORT=${OPENES_ADMIN_PORT:-8444}
OPS_PORT=${OPENES_OPS_PORT:-9100}
BIN=${OPENES_BIN:-$ROOT/build/release/bin}

ops_port() { # service
	case $1 in
	gateway) echo "$OPS_PORT" ;;
	auth) echo $((OPS_PORT + 1)) ;;
	policy) echo $((OPS_PORT + 2)) ;;
	esim) echo $((OPS_PORT + 3)) ;;
	notify) echo $((OPS_PORT + 4)) ;;
	esac
}

write_config() {
	local keys=$OPENES_RUN/keys data=$OPENES_RUN/data sock=$OPENES_RUN/sock service
	mkdir -p "$data" "$sock"
	chmod 700 "$data" "$sock"
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
				CONF
				;;
			policy)
				cat <<-CONF
					bus_listen = ipc://$sock/policy
					events_listen = ipc://$sock/policy-events
					db = sqlite:$data/policy.db
					token_keys_file = $keys/token.keys
					admin_token_file = $keys/admin.token
				CONF
				;;
			esim)
				cat <<-CONF
					bus_listen = ipc://$sock/esim
					db = sqlite:$data/esim.db
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
	} >"$OPENES_RUN/openes.conf.new"
	mv "$OPENES_RUN/openes.conf.new" "$OPENES_RUN/openes.conf"
}

write_env() {
	cat >"$OPENES_RUN/openes.env.new" <<-ENV
		OPENES_URL=https://localhost:$PORT/
		OPENES_ADMIN_URL=https://localhost:$ADMIN_PORT
		OPENES_CA=$OPENES_RUN/keys/ca.crt
		OPENES_ADMIN_TOKEN=$(cat "$OPENES_RUN/keys/admin.token")
		OPENES_PORT=$PORT
		OPENES_ADMIN_PORT=$ADMIN_PORT
		OPENES_OPS_PORT=$OPS_PORT
		export OPENES_URL OPENES_ADMIN_URL OPENES_CA OPENES_ADMIN_TOKEN
	ENV
	chmod 600 "$OPENES_RUN/openes.env.new"
	mv "$OPENES_RUN/openes.env.new" "$OPENES_RUN/openes.env"
}

# --- supervisors: each knows start, stop and pid of a service ---

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
	local service=$1
	mkdir -p "$OPENES_RUN/log/$service"
	systemctl is-active -q "$(unit_of "$service")" && return 0
	systemctl reset-failed "$(unit_of "$service")" 2>/dev/null || true
	systemd-run -q --unit="$(unit_of "$service")" -p Restart=always -p RestartSec=1 -p StartLimitIntervalSec=0 \
		-p LimitNOFILE=65536 -p "StandardError=append:$OPENES_RUN/log/$service/current" \
		"$BIN/openes-$service" --config "$OPENES_RUN/openes.conf"
}
systemd_stop() {
	local service
	for service in gateway auth esim notify policy; do systemctl stop "$(unit_of "$service")" 2>/dev/null || true; done
}
systemd_pid() { systemctl show -P MainPID "$(unit_of "$1")" 2>/dev/null | grep -v '^0$' || true; }

runit_service() { # service: its directory, written anew each time
	local dir=$OPENES_RUN/sv/$1
	mkdir -p "$dir/log" "$OPENES_RUN/log/$1"
	printf '#!/bin/sh\nexec 2>&1\nulimit -n 65536 2>/dev/null\nexec "%s" --config "%s"\n' "$BIN/openes-$1" "$OPENES_RUN/openes.conf" >"$dir/run.new"
	# The longer it keeps dying, the longer the pause: 1, 2, 4 .. 30 s; a run of a minute starts over.
	cat >"$dir/finish.new" <<-'SH'
		#!/bin/sh
		now=$(date +%s)
		read -r last pause 2>/dev/null <finish.state || { last=0 pause=0; }
		if [ $((now - last)) -gt 60 ]; then pause=0; fi
		if [ "$pause" -gt 0 ]; then sleep "$pause"; fi
		pause=$((pause * 2)); [ "$pause" -ge 1 ] || pause=1; [ "$pause" -le 30 ] || pause=30
		printf '%s %s\n' "$(date +%s)" "$pause" >finish.state
	SH
	printf '#!/bin/sh\nexec svlogd "%s"\n' "$OPENES_RUN/log/$1" >"$dir/log/run.new"
	chmod +x "$dir/run.new" "$dir/finish.new" "$dir/log/run.new"
	mv "$dir/run.new" "$dir/run"
	mv "$dir/finish.new" "$dir/finish"
	mv "$dir/log/run.new" "$dir/log/run"
}
runit_alive() { [ -s "$OPENES_RUN/runsvdir.pid" ] && kill -0 "$(cat "$OPENES_RUN/runsvdir.pid")" 2>/dev/null &&
	grep -q runsvdir "/proc/$(cat "$OPENES_RUN/runsvdir.pid")/cmdline"; }
runit_start() {
	local service=$1
	runit_service "$service"
	if ! runit_alive; then
		setsid runsvdir -P "$OPENES_RUN/sv" </dev/null >/dev/null 2>&1 &
		echo $! >"$OPENES_RUN/runsvdir.pid"
	fi
	wait_until 10 test -p "$OPENES_RUN/sv/$service/supervise/ok" || die "runit does not take up $service; is runsvdir running?"
	sv up "$OPENES_RUN/sv/$service" >/dev/null
}
runit_stop() {
	local service
	runit_alive || return 0
	for service in gateway auth esim notify policy; do
		[ ! -d "$OPENES_RUN/sv/$service" ] || sv -w 15 force-shutdown "$OPENES_RUN/sv/$service" >/dev/null 2>&1 || true
	done
	kill -HUP "$(cat "$OPENES_RUN/runsvdir.pid")" 2>/dev/null || true
	rm -f "$OPENES_RUN/runsvdir.pid"
}
runit_pid() { cat "$OPENES_RUN/sv/$1/supervise/pid" 2>/dev/null || true; }

# --- commands ---

is_ready() { curl -fs -o /dev/null --max-time 2 "http://127.0.0.1:$(ops_port "$1")/readyz"; }
all_ready() {
	local service
	for service in "${SERVICES[@]}"; do is_ready "$service" || return 1; done
}

check_ports() {
	local port
	for port in "$PORT" "$ADMIN_PORT" "$OPS_PORT" $((OPS_PORT + 1)) $((OPS_PORT + 2)) $((OPS_PORT + 3)) $((OPS_PORT + 4)); do
		[ -z "$(ss -ltnH "sport = :$port")" ] ||
			die "port $port is taken by another program; choose another with --port, --admin-port or --ops-port"
	done
}

load_ports() { # the ports of the running stack, when there is one
	local line
	[ -s "$OPENES_RUN/openes.env" ] || return 0
	while IFS= read -r line; do
		case $line in
		OPENES_PORT=*) PORT=${line#*=} ;;
		OPENES_ADMIN_PORT=*) ADMIN_PORT=${line#*=} ;;
		OPENES_OPS_PORT=*) OPS_PORT=${line#*=} ;;
		esac
	done <"$OPENES_RUN/openes.env"
}

any_running() {
	local service pid
	for service in "${SERVICES[@]}"; do
		pid=$("$(supervisor)_pid" "$service")
		if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then return 0; fi
	done
	return 1
}

start_stack() {
	local service
	for service in "${SERVICES[@]}"; do "$(supervisor)_start" "$service"; done
	wait_until 30 all_ready || {
		for service in "${SERVICES[@]}"; do is_ready "$service" || tail -n 3 "$OPENES_RUN/log/$service/current" >&2; done
		die "not all processes became ready within 30 s; ./openes logs SERVICE says why"
	}
}

cmd_up() {
	local plain='' ports_given='' start=$SECONDS
	while [ $# -gt 0 ]; do
		case $1 in
		--plain) plain=1 ;;
		--port) PORT=$2 ports_given=1 && shift ;;
		--admin-port) ADMIN_PORT=$2 ports_given=1 && shift ;;
		--ops-port) OPS_PORT=$2 ports_given=1 && shift ;;
		*) die "up does not know '$1'; ./openes help lists the options" ;;
		esac
		shift
	done
	need_packages build run
	[ -n "${OPENES_BIN:-}" ] || step "building" build_preset release
	mkdir -p "$OPENES_RUN"
	if any_running; then
		[ -n "$ports_given" ] || load_ports
	else
		check_ports
	fi
	step "keys and certificates in ${OPENES_RUN#"$PWD"/}/keys" make_keys "$OPENES_RUN/keys"
	write_config
	write_env
	step "starting gateway, auth, policy, esim and notify" start_stack
	if [ -z "$plain" ]; then
		step "demo tenant, plans and subscribers" load_demo
		say
		say "${BOLD}A simulated phone authenticates and asks for its services:${PLAIN}"
		run_phone || die "the simulated phone got no answer; ./openes logs says why"
	fi
	say
	say "${BOLD}openes is running${PLAIN} (ready in $((SECONDS - start)) s)"
	say "  devices         https://localhost:$PORT/"
	say "  operators' API  https://localhost:$ADMIN_PORT/v1/   (token and CA: source ${OPENES_RUN#"$PWD"/}/openes.env)"
	say "  health          http://127.0.0.1:$OPS_PORT/readyz and /metrics, one port for each process"
	say "  next            ./openes demo · ./openes status · ./openes logs · ./openes down"
}

cmd_down() {
	"$(supervisor)_stop"
	say "stopped; keys and data stay in ${OPENES_RUN#"$PWD"/}"
}

cmd_status() {
	local service pid state all=0
	load_ports
	printf '%-9s %-8s %-12s %-10s %s\n' process pid up resident state
	for service in "${SERVICES[@]}"; do
		pid=$("$(supervisor)_pid" "$service")
		if [ -z "$pid" ] || ! kill -0 "$pid" 2>/dev/null; then
			printf '%-9s %-8s %-12s %-10s %s\n' "$service" - - - "not running"
			all=1
			continue
		fi
		if is_ready "$service"; then state=ready; else state="not ready" all=1; fi
		printf '%-9s %-8s %-12s %-10s %s\n' "$service" "$pid" "$(ps -o etime= -p "$pid" | tr -d ' ')" \
			"$(ps -o rss= -p "$pid" | awk '{printf "%.1f MB", $1/1024}')" "$state"
	done
	return $all
}

cmd_logs() {
	local files=()
	if [ $# -gt 0 ]; then files=("$OPENES_RUN/log/$1/current"); else files=("$OPENES_RUN"/log/*/current); fi
	[ -e "${files[0]}" ] || die "there are no logs yet; start with ./openes up"
	tail -n 20 -F -q "${files[@]}"
}

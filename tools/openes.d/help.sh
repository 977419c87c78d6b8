# help.sh -- what ./openes help and ./openes COMMAND --help say.

help_all() {
	cat <<'TXT'
openes -- an open GSMA TS.43 entitlement server

usage: ./openes COMMAND [OPTIONS]        ./openes COMMAND --help explains and shows examples

  up        install what is missing, build, make keys and certificates, start the five processes with
            demo data, let a simulated phone authenticate, leave the server running
  down      stop what `up` started; keys, data and logs stay
  status    which process runs, since when, how big, ready or not
  logs      follow the logs of all processes, or of some
  demo      let a simulated phone authenticate again and show every message
  bench     measure, each figure beside its reference in the same run
  test      install what the tests need and run all of them

First steps:
  ./openes up
  ./openes demo
  source run/openes.env && build/release/bin/openesctl subscriber list --tenant demo

Environment:
  OPENES_RUN         where keys, data, logs and sockets live (./run); another folder is another server
  OPENES_PORT, OPENES_ADMIN_PORT, OPENES_OPS_PORT
                     the ports, as the options of `up`
  OPENES_BIN         programs that are built already; `up` then builds nothing (build/release/bin)
  OPENES_SUPERVISOR  systemd or runit (systemd where it runs and this is root, else runit)
TXT
}

help_up() {
	cat <<'TXT'
usage: ./openes up [--plain] [--port N] [--admin-port N] [--ops-port N]

Starts the server and leaves it running under a supervisor that restarts a process that dies. It may be
repeated at any time: what runs goes on, unless its programs or its configuration changed.

  --plain          no demo tenant, plans and subscribers, no simulated phone
  --port N         HTTPS for devices, on all addresses               (8443)
  --admin-port N   operators' API over HTTPS, on 127.0.0.1           (8444)
  --ops-port N     /livez, /readyz, /metrics of the gateway; auth, policy, esim and notify have
                   the four after it, on 127.0.0.1                   (9100)
Ports are remembered for the next `up`.

It writes run/openes.env for scripts to source: OPENES_URL, OPENES_ADMIN_URL, OPENES_CA (a file) and
OPENES_ADMIN_TOKEN. The configuration of the processes is run/openes.conf, written anew each time; an
environment variable OPENES_<SECTION>_<KEY> stands over it. Keys and data are never overwritten.

  ./openes up --port 9443 --admin-port 9444
  OPENES_RUN=/var/tmp/second ./openes up --port 10443 --admin-port 10444 --ops-port 10100
TXT
}

help_down() {
	cat <<'TXT'
usage: ./openes down

Stops the five processes and their supervisor: each finishes what it has begun. Keys, data and logs stay
in the run folder; for a fresh start remove that folder.
TXT
}

help_status() {
	cat <<'TXT'
usage: ./openes status

Shows each process: its pid, how long it runs, its resident memory, where its health and metrics are, and
whether it is ready. Ends with 0 when all five are ready, with 1 otherwise.
TXT
}

help_logs() {
	cat <<'TXT'
usage: ./openes logs [gateway|auth|policy|esim|notify]...

Shows the last lines of the logs and follows them until Ctrl-C. A line is JSON; one request has the same
trace_id in the lines of all processes, and in the traceparent header of its answer.

  ./openes logs gateway
  ./openes logs auth policy | grep --line-buffered sync_failure
TXT
}

help_demo() {
	cat <<'TXT'
usage: ./openes demo [OPTIONS OF openes-phone]

A simulated phone with the SIM of the first demo subscriber authenticates (EAP-AKA) and asks for voice over
cellular, voice over Wi-Fi and SMS over IP; every message is shown. Options go to openes-phone.

  ./openes demo --accept json
  ./openes demo --wrong-key          an impostor is refused
  ./openes demo --sqn 000010000000   the SIM is ahead: a resynchronisation
TXT
}

help_bench() {
	cat <<'TXT'
usage: ./openes bench [--only PART] [--json FILE] [--rounds N] [--seconds N] [--subscribers N] [--requests N]

Builds the release programs, installs wrk, nginx and Erlang's Diameter stack where they are missing, and
prints a table. Takes some twenty minutes; leave the machine alone.

  own     throughput by token beside nginx with a body of the same size, CPU of a full authentication
          beside the bare crypto of one, latency, memory
  rules   token requests with twenty rules and without; the decision alone for all applications at once
  core    full authentications with the own AuC (EAP-AKA, EAP-AKA'), over SWx, relayed to an AAA and with a
          UDM, each beside the first; a tenant with a slow HSS beside another; in_flight_max and latency
  odsa    companions activated end to end and polls, each beside the token request; the SM-DP+ double's own
          time taken off
  scale   what a million subscribers cost

  --only PART       this part alone
  --json FILE       the figures with names, units and the spread of the rounds
  --rounds N        interleaved rounds of each figure                  (7)
  --seconds N       length of a round                                  (4)
  --subscribers N   size of the large database                         (1000000)
  --requests N      requests before resident memory is read again      (1000000)
TXT
}

help_test() {
	cat <<'TXT'
usage: ./openes test [--long] [--only PART[,PART]...]

Installs what the tests need, builds, and runs every part, in the order in which a failure is cheapest to
find. The last line says how many passed and failed; each part's output is in build/test-PART.log.

  lint      forbidden functions, formatting, shell scripts, generated documents
  unit      cmocka tests beside the sources, under ASan and UBSan; stores on SQLite and PostgreSQL
  system    the real processes under ASan: TLS, eapol_test, faults, the operators' API, `up` and `down`
  deploy    docker-compose and Kubernetes files and their configurations are valid
  fuzz      every decoder for some seconds (clang, libFuzzer)

  --only PART   these parts alone; with --long also property, replicas, tsan, memcheck, tidy, debootstrap
  --long        all parts, with longer fuzzing, every row of the providers' tables with real processes, a mass
                change of 100,000 lines and ten thousand changes under faults, then
                property      ten thousand lives of eSIM orders, with peers that fail and processes that are killed
                replicas      eSIM operations on PostgreSQL, two processes each of esim and policy
                tsan          unit tests under ThreadSanitizer
                memcheck      unit tests under valgrind
                tidy          clang-tidy
                debootstrap   the README's commands and the container's build in a fresh Debian 12
TXT
}

help_image() {
	cat <<'TXT'
usage: ./openes image packages GROUP | build PREFIX

The steps of deploy/docker/Dockerfile: install the packages of a group of deploy/packages.txt; build the
release programs and install them under PREFIX/bin.
TXT
}

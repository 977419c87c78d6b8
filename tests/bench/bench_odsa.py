"""Companions activated end to end, and polls, each beside the token request of the same run.

A watch asks whether it may, looks what there is, orders, downloads, and asks until its service is on: openes-phone walks that flow for many
watches. The SM-DP+ is openes-bench-smdp (tools/bench), in C, so that what is measured is who orders from it: its processor time is taken off
the clock, and its share of a core is reported, since a figure that it bounds says nothing. Notices of downloads come back by mutual TLS, and
phones are answered when they were taken."""

import hashlib
import json
import os
import ssl
import subprocess
import urllib.request

from measure import BIN, QUIET, cpu_of, imsi_of, keys_of, phone, say, wrk
from stack import ROOT, Stack, free_port

PHONES, POLLERS = 800, 200
CONNECTIONS = 32
FIRST_DEVICE = 100_000  # of activations; pollers count from 0
DOUBLE_SHARE_MAX = 0.7  # of one core: more, and the figure is the double's
PROFILE_TYPE = "watch"
WANTED = "the benchmark of ODSA wants a server that orders profiles from an SM-DP+ (docs/phone.md)"


def make_pki(folder):
    """An authority, a server's certificate, and a client's, which make_keys does not make."""
    script = f"""ROOT={ROOT}; source {ROOT}/tools/openes.d/keys.sh; make_keys {folder}; cd {folder}
openssl ecparam -name prime256v1 -genkey -noout -out client.key
openssl req -new -key client.key -subj /CN=client -out client.csr
openssl x509 -req -in client.csr -CA ca.crt -CAkey ca.key -CAcreateserial -sha256 -days 2 -out client.crt -extfile <(echo extendedKeyUsage=clientAuth)"""
    subprocess.run(["bash", "-ec", script], check=True, capture_output=True)
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert((folder / "client.crt").read_text())).hexdigest()


class Double:
    """openes-bench-smdp, and what it says of itself."""

    def __init__(self, folder, front):
        self._popen = subprocess.Popen([BIN / "openes-bench-smdp", folder, front], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ports = dict(self._popen.stdout.readline().split() for _ in range(2))
        self.url, self.lpa = (f"https://127.0.0.1:{ports[door]}" for door in ("es2plus", "lpa"))
        self._context = ssl.create_default_context(cafile=folder / "ca.crt")

    def stats(self):
        with urllib.request.urlopen(self.lpa + "/stats", context=self._context, timeout=10) as answer:
            return json.load(answer)

    def stop(self):
        self._popen.stdin.close()
        self._popen.wait(30)


class Odsa:
    def __init__(self, folder):
        pki, front = folder / "pki", free_port()
        pki.mkdir(parents=True)
        fingerprint = make_pki(pki)
        self._pki, self._next = pki, FIRST_DEVICE
        self.double, self.stack = Double(pki, f"https://127.0.0.1:{front}"), None
        peers = folder / "peers.conf"
        peers.write_text(f"[smdp main]\nurl = {self.double.url}\nca_file = {pki}/ca.crt\ncert_file = {pki}/client.crt\nkey_file = {pki}/client.key\n"
                         f"requester_id = openes.bench\nsmdp_address = smdp.bench.example\nnotify_certificates = {fingerprint}\n"
                         "in_flight_max = 256\nconnections_max = 64\n")
        gateway = {**QUIET["gateway"], "es2_listen": f"127.0.0.1:{front}", "es2_cert_file": pki / "server.crt", "es2_key_file": pki / "server.key",
                   "es2_client_ca_file": pki / "ca.crt"}
        try:
            self.stack = Stack(folder / "stack", overrides={**QUIET, "gateway": gateway, "esim": {**QUIET["esim"], "peers_file": peers}}).start()
            self._set_up()
        except BaseException:
            self.stop()
            raise

    def _set_up(self):
        demo, stack = ROOT / "deploy/demo", self.stack
        tenant, plan = stack.dir / "tenant.json", stack.dir / "plan.json"
        tenant.write_text(json.dumps({**json.loads((demo / "tenant.json").read_text()), "esim": {"smdp": "main", "sheet": "never"}}))
        gold = json.loads((demo / "plan-gold.json").read_text())
        plan.write_text(json.dumps({**gold, "companion": {**gold["companion"], "max": 100}, "esim": {"companion_profile_type": PROFILE_TYPE}}))
        for command in (("tenant", "set", tenant), ("plan", "set", "--tenant", "demo", plan)):
            done = stack.ctl(*command, check=False)
            if done.returncode != 0:
                raise SystemExit(f"{WANTED}, and its settings are not taken: {done.stdout}{done.stderr}")
        rows = [f"{imsi_of(1_000_000 + n)},+1555{n:07},gold,active,{keys_of(n)[0]},{keys_of(n)[1]},8000\n" for n in range(PHONES + POLLERS)]
        self.phones, self.pollers, everybody = stack.dir / "phones.csv", stack.dir / "pollers.csv", stack.dir / "all.csv"
        for path, some in ((everybody, rows), (self.phones, rows[POLLERS:]), (self.pollers, rows[:POLLERS])):
            path.write_text("imsi,msisdn,plan,status,k,opc,amf\n" + "".join(some))
        stack.ctl("subscriber", "import", "--tenant", "demo", everybody)
        self._check()

    def _check(self):
        """One watch, so that what is missing is said by the phone rather than by figures."""
        k, opc = keys_of(POLLERS)
        done = subprocess.run([BIN / "openes-phone", "odsa", "companion-activate", "--url", f"https://127.0.0.1:{self.stack.port}/", "--ca", self.stack.ca,
                               "--imsi", imsi_of(1_000_000 + POLLERS), "--k", k, "--opc", opc, "--eid-from", str(FIRST_DEVICE - 1), *self._lpa(),
                               "--wait-max", "1s", "--polls", "10", "--json"], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{WANTED}, and a first activation did not come to its end: {done.stdout[-500:]}{done.stderr[-500:]}")

    def _lpa(self):
        return "--lpa", self.double.lpa + "/lpa", "--lpa-ca", str(self._pki / "ca.crt")

    def _flow(self, name, subscribers, first, seconds, *more):
        return phone(self.stack, "--odsa", name, "--subscribers", subscribers, "--connections", CONNECTIONS, "--for", f"{seconds}s", "--eid-from", first,
                     "--wait-max", "1s", *self._lpa(), *more)

    def activate(self, seconds):
        report = self._flow("companion-activate", self.phones, self._next, seconds)
        self._next += (report["odsa"]["ok"] + report["odsa"]["failed"]) // PHONES * PHONES + 2 * PHONES
        return report

    def give_pollers_watches(self):
        done = 0
        while done < POLLERS:  # the first of each comes first
            ok = self._flow("companion-activate", self.pollers, done // POLLERS * POLLERS, 10)["odsa"]["ok"]
            if ok == 0:
                raise SystemExit("no watch of the pollers was activated")
            done += ok

    def poll(self, seconds):
        return self._flow("poll", self.pollers, 0, seconds, "--same-device")

    def tokens(self, seconds):
        return phone(self.stack, "--subscribers", self.pollers, "--connections", CONNECTIONS, "--for", f"{seconds}s", "--mix", "token=1")

    def stop(self):
        try:
            if self.stack is not None:
                self.stack.stop()
        finally:
            self.double.stop()


def rate_of(report, kind):
    if report[kind]["failed"]:
        say(f"    {report[kind]['failed']} of {kind} failed: {report['failure']}")
    return report[kind]["ok"] / report["seconds"]


def measure(odsa, kind, run, seconds):
    """The report, its rate, milliseconds of all processes for one, and what the double did meanwhile."""
    cpu, before = cpu_of(odsa.stack), odsa.double.stats()
    report = run(seconds)
    after = odsa.double.stats()
    ok = max(1, report[kind]["ok"])
    own = {name: (value - cpu[name]) / ok * 1000 for name, value in cpu_of(odsa.stack).items()}
    return report, rate_of(report, kind), own, {name: after[name] - before[name] for name in after}


def bench_rounds(odsa, rounds, seconds):
    token, poll, activation = [], [], []
    for n in range(rounds):
        token.append(measure(odsa, "token", odsa.tokens, seconds))
        poll.append(measure(odsa, "odsa", odsa.poll, seconds))
        activation.append(measure(odsa, "odsa", odsa.activate, seconds))
        say(f"  round {n + 1}/{rounds}: {token[-1][1]:.0f} token requests/s, {poll[-1][1]:.0f} polls/s, {activation[-1][1]:.0f} activations/s")
    return token, poll, activation


def net_rate(round_):
    """What the rate were if the double took no processor: its time is taken off the clock, spread over the cores that all share."""
    report, _, _, double = round_
    return report["odsa"]["ok"] / (report["seconds"] - double["cpu_us"] / 1e6 / os.cpu_count())


def bench(folder, results, options):
    say("companions: activations and polls beside token requests")
    odsa = Odsa(folder / "odsa")
    try:
        odsa.give_pollers_watches()
        token, poll, activation = bench_rounds(odsa, options.rounds, options.seconds)
        alone = wrk(odsa.double.lpa + "/stats", options.seconds)
    finally:
        odsa.stop()
    share = [double["cpu_us"] / 1e6 / report["seconds"] for report, _, _, double in activation]
    results.add("token request, 3 applications", "requests/s", (r[1] for r in token))
    results.add("poll: AcquireConfiguration of one companion", "requests/s", (r[1] for r in poll))
    results.add("  against the token request", "ratio", (a[1] / b[1] for a, b in zip(poll, token)))
    results.add("companion activation, end to end", "activations/s", (r[1] for r in activation))
    results.add("  without the SM-DP+ double's own time", "activations/s", map(net_rate, activation))
    results.add("  against the token request", "ratio", (net_rate(a) / b[1] for a, b in zip(activation, token)))
    for name, rows in (("token request", token), ("poll", poll), ("activation", activation)):
        results.add(f"CPU of all processes per {name}", "ms", (sum(r[2].values()) for r in rows))
        for process in rows[0][2]:
            results.add(f"  {process.rstrip('0')}", "ms", (r[2][process] for r in rows))
    for quantile in ("p50", "p99"):
        results.add(f"activation, {quantile}", "ms", (r[0]["odsa"][quantile + "_us"] / 1000 for r in activation), note=f"{CONNECTIONS} watches at once")
    results.add("double: calls per activation", "calls", (r[3]["calls"] / max(1, r[0]["odsa"]["ok"]) for r in activation))
    results.add("  its time for one call", "ms", (r[3]["busy_us"] / max(1, r[3]["calls"]) / 1000 for r in activation))
    results.add("  what it answers when it is alone", "calls/s", [alone])
    results.add("  its share of one core", "share", share, f"at most {DOUBLE_SHARE_MAX}")
    results.add("failed activations, and notices that were not taken", "events", (r[0]["odsa"]["failed"] + r[3]["notices_failed"] for r in activation), "0")
    if max(share) > DOUBLE_SHARE_MAX:
        say(f"the double took {max(share):.2f} of a core: activations are bounded by it, not by the server")

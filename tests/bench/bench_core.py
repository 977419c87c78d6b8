"""Authentication with a core network beside the own AuC, and what a slow HSS of one tenant costs another.

HSSs and AAA are those of the system tests, on Erlang's Diameter stack, the UDM is theirs in Python. They share the cores with
what is measured, so their own processor time is told, too.
"""

import json
import statistics
import threading
import urllib.request

from measure import QUIET, SERVICES, Phones, children, cpu_of, cpu_seconds, keys_of, phone, say
from core import Peer, build
from core_udm import Udm
from stack import ROOT, Stack, free_port, wait_for

PHONES = 200
CONNECTIONS = 32
DELAY_MS = 200
LIMITS = (16, 64, 256)  # in_flight_max of the slow HSS
SOURCES = ("auc", "swx", "relay", "udm")
KINDS = (("auc", "aka", "own AuC, EAP-AKA"), ("auc", "aka-prime", "own AuC, EAP-AKA'"), ("swx", "aka", "SWx, EAP-AKA"),
         ("swx", "aka-prime", "SWx, EAP-AKA'"), ("relay", "aka", "AAA relay, EAP-AKA"), ("udm", "aka", "UDM, EAP-AKA"))


class Sims:
    """`count` SIMs whose IMSIs have a prefix of their own: what a source knows of them, and openes-phone, and we."""

    def __init__(self, folder, prefix, count, known):
        self.imsis = [f"{prefix}{n:0{15 - len(prefix)}}" for n in range(1, count + 1)]
        self.phones = folder / f"phones-{prefix}.csv"  # for openes-phone
        self.known = folder / f"known-{prefix}.csv"    # for us; keys only where the AuC is ours
        rows = [(imsi, *keys_of(n)) for n, imsi in enumerate(self.imsis, 1)]
        self.phones.write_text("imsi,k,opc\n" + "".join(f"{imsi},{k},{opc}\n" for imsi, k, opc in rows))
        if known:
            self.known.write_text("imsi,plan,status,k,opc,amf\n" + "".join(f"{imsi},gold,active,{k},{opc},8000\n" for imsi, k, opc in rows))
        else:
            self.known.write_text("imsi,plan,status\n" + "".join(f"{imsi},gold,active\n" for imsi, _, _ in rows))
        self.of_hss = [(imsi, k, opc, n << 12, "", 0) for n, (imsi, k, opc) in enumerate(rows, 1)]
        self.of_udm = {imsi: (k, opc) for imsi, k, opc in rows}


def section(kind, name, peer, in_flight_max=64):
    return f"[{kind} {name}]\nrealm = example.org\npeers = {peer}\nin_flight_max = {in_flight_max}\n"


class Core:
    """A stack with an HSS, an AAA and a UDM for one tenant, and a slow HSS for another, behind a section for each in_flight_max."""

    def __init__(self, folder):
        folder.mkdir()
        ebin = build(folder / "ebin")
        self.sims = {source: Sims(folder, f"00101{n}", PHONES, source == "auc") for n, source in enumerate(SOURCES)}
        self.slow_sims = {limit: Sims(folder, f"00102{n}", 2 * limit, False) for n, limit in enumerate(LIMITS)}
        self.hss = Peer(folder, ebin, "hss", "hss", subscribers=self.sims["swx"].of_hss)
        self.aaa = Peer(folder, ebin, "aaa", "aaa", subscribers=self.sims["relay"].of_hss)
        self.slow = Peer(folder, ebin, "slow", "hss", subscribers=[row for sims in self.slow_sims.values() for row in sims.of_hss])
        self.udm = Udm()
        self.ops = free_port()
        self.stack = None
        self._folder = folder

    def _core_file(self):
        text = "[diameter]\nidentity = %i.ecs.example.net\nrealm = ecs.example.net\nwatchdog = 6s\nreconnect = 1s\n"
        for peer in (self.hss, self.aaa, self.slow):
            text += f"[peer {peer.name}]\nhost = {peer.host}\naddress = 127.0.0.1\nport = {peer.port}\ntls = no\n"
        text += section("swx", "swx", "hss") + section("aaa", "relay", "aaa") + f"[udm udm]\nurl = {self.udm.url}\n"
        text += "".join(section("swx", f"slow{limit}", "slow", limit) for limit in LIMITS)
        path = self._folder / "core.conf"
        path.write_text(text)
        return path

    def _tenant(self, name, plmn, sources):
        document = json.loads((ROOT / "deploy/demo/tenant.json").read_text())
        document |= {"id": name, "plmns": [plmn], "hosts": [f"aes.{name}.example"],
                     "authentication": {"methods": ["aka_prime", "aka"], "sources": [f"{plmn}{n}: {s}" for n, s in enumerate(sources)]}}
        path = self._folder / f"tenant-{name}.json"
        path.write_text(json.dumps(document))
        self.stack.ctl("tenant", "set", path)
        self.stack.ctl("plan", "set", "--tenant", name, ROOT / "deploy/demo/plan-gold.json")

    def start(self):
        for peer in (self.hss, self.aaa, self.slow, self.udm):
            peer.start()
        self.udm.subscribers(self.sims["udm"].of_udm)
        self.stack = Stack(self._folder / "stack", overrides={**QUIET, "auth": {"log_level": "warn", "core_file": self._core_file()}})
        self.stack.environment["OPENES_DIAMETER_OPS_LISTEN"] = f"127.0.0.1:{self.ops}"
        self.stack.start()
        self._tenant("b", "00101", SOURCES)
        self._tenant("a", "00102", [f"slow{limit}" for limit in LIMITS])
        for name, all_sims in (("b", self.sims), ("a", self.slow_sims)):
            for sims in all_sims.values():
                self.stack.ctl("subscriber", "import", "--tenant", name, sims.known)
        wait_for(self._is_connected, 40, "the peers' connections")
        return self

    def _is_connected(self):
        try:
            return self.diameter("openes_diameter_peers_open") == 3
        except OSError:
            return False  # it has only just been started

    def diameter(self, metric):
        """A figure of openes-diameter. One that is not to be had is no 0: the benchmark ends."""
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.ops}/metrics", timeout=5).read().decode()
        values = [float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(metric)]
        if not values:
            raise SystemExit(f"openes-diameter has no {metric}")
        return sum(values)

    def cpu(self):
        """By process, in seconds; the peers as one."""
        peers = [p.popen.pid for p in (self.hss, self.aaa, self.slow)] + [self.udm.pid]
        child = children(self.stack["auth0"].popen.pid)
        return {**cpu_of(self.stack), "diameter0": sum(map(cpu_seconds, child)), "peer": sum(map(cpu_seconds, peers))}

    def stop(self):
        try:
            if self.stack is not None:
                self.stack.stop()
        finally:
            for peer in (self.hss, self.aaa, self.slow, self.udm):
                peer.stop()


def of(sims, method="aka", connections=CONNECTIONS, seconds=600):
    return "--subscribers", sims.phones, "--method", method, "--connections", connections, "--for", f"{seconds}s"


def rate_of(report):
    return report["auth"]["ok"] / report["seconds"]


# ---- one source beside the other ----

def measure(core, source, method, seconds):
    """Authentications a second, and milliseconds of each process for one of them."""
    core.udm.control()  # it forgets what it has seen
    before = core.cpu()
    report = phone(core.stack, *of(core.sims[source], method, seconds=seconds))
    after = core.cpu()
    if report["auth"]["failed"]:
        say(f"    {report['auth']['failed']} of {source} failed: {report['failure']}")
    return rate_of(report), {name: (after[name] - before[name]) / report["auth"]["ok"] * 1000 for name in after}


def bench_sources(core, results, rounds, seconds):
    rates, cpu = {kind: [] for kind in KINDS}, {kind: [] for kind in KINDS}
    for n in range(rounds):
        for kind in KINDS[n % len(KINDS):] + KINDS[:n % len(KINDS)]:
            rate, each = measure(core, *kind[:2], seconds)
            rates[kind].append(rate)
            cpu[kind].append(each)
        say(f"  round {n + 1}/{rounds}: " + ", ".join(f"{kind[2]} {rates[kind][-1]:.0f}/s" for kind in KINDS))
    own = KINDS[0]
    for kind in KINDS:
        ours = [sum(each.values()) - each["peer"] for each in cpu[kind]]
        results.add(kind[2], "authentications/s", rates[kind])
        results.add("  against the own AuC with EAP-AKA", "ratio", (a / b for a, b in zip(rates[kind], rates[own])))
        results.add("  CPU of all of openes, against the same", "ratio",
                    (a / (sum(b.values()) - b["peer"]) for a, b in zip(ours, cpu[own])))
        results.add("  CPU of all of openes", "ms", ours)
        for name in (*SERVICES[:3], "diameter0", "peer"):
            results.add(f"    {name.rstrip('0')}", "ms", (each[name] for each in cpu[kind]))


# ---- a slow HSS ----

class Outstanding(threading.Thread):
    """Looks at how many questions are under way, until told to end."""

    def __init__(self, core):
        super().__init__(daemon=True)
        self._core, self._end, self._seen, self._wrong = core, threading.Event(), [], None
        self.start()

    def run(self):
        try:
            while not self._end.wait(0.1):
                self._seen.append(self._core.diameter("openes_diameter_in_flight"))
        except BaseException as wrong:
            self._wrong = wrong

    def median(self):
        self._end.set()
        self.join()
        if self._wrong is not None:
            raise self._wrong
        return statistics.median(self._seen)


def beside(core, limit, rate, seconds):
    """Tenant B with the own AuC while tenant A comes at a rate of its own: both reports, and the questions outstanding."""
    before = core.slow.count("MAR")
    a = Phones(core.stack, *of(core.slow_sims[limit], connections=2 * limit), "--rate", max(1, round(rate)))
    wait_for(lambda: core.slow.count("MAR") > before + 3 * limit, 60, "tenant A's load")
    outstanding = Outstanding(core)
    b = phone(core.stack, *of(core.sims["auc"], seconds=seconds))
    return b, a.end(), outstanding.median()


def failed_of(report):
    return report["auth"]["failed"] / (report["auth"]["failed"] + report["auth"]["ok"])


def bench_neighbour(core, results, limit, rounds, seconds):
    """A's load is one twentieth short of what in_flight_max lets through, evenly spread. The same without the wait tells what of B's loss
    is A's share of the processor."""
    offered = 0.95 * limit * 1000 / DELAY_MS
    alone, slow, fast, all_a, outstanding = [], [], [], [], []
    for n in range(rounds):
        alone.append(rate_of(phone(core.stack, *of(core.sims["auc"], seconds=seconds))))
        core.slow.set(delay=DELAY_MS)
        b, a, seen = beside(core, limit, offered, seconds)
        core.slow.set(delay=0)
        slow.append(b)
        all_a.append(a)
        outstanding.append(seen)
        fast.append(rate_of(beside(core, limit, rate_of(a), seconds)[0]))
        say(f"  round {n + 1}/{rounds}, in_flight_max {limit}: B alone {alone[-1]:.0f}/s, beside A with {seen:.0f} outstanding {rate_of(b):.0f}/s, "
            f"beside A as often at once {fast[-1]:.0f}/s; A {rate_of(a):.0f}/s; failed of B {failed_of(b):.3f}, of A {failed_of(a):.3f}")
    results.add(f"tenant B, own AuC, alone (beside {limit})", "authentications/s", alone)
    results.add(f"tenant B, tenant A's HSS takes {DELAY_MS} ms, in_flight_max {limit}", "authentications/s", map(rate_of, slow))
    results.add("  failed", "share", map(failed_of, slow))
    results.add("  against B alone", "ratio", (rate_of(a) / b for a, b in zip(slow, alone)))
    results.add("  against B beside A as often, answered at once", "ratio", (rate_of(a) / b for a, b in zip(slow, fast)))
    results.add("  tenant A meanwhile", "authentications/s", map(rate_of, all_a), note=f"offered {offered:.0f}/s")
    results.add("  questions outstanding, median of a round", "questions", outstanding)


def bench_limits(core, results, rounds, seconds):
    """Tenant A alone, with as many phones at once as it may ask questions, and with twice the load that this allows."""
    core.slow.set(delay=DELAY_MS)
    for limit in LIMITS:
        full, over = [], []
        for _ in range(rounds):
            full.append(phone(core.stack, *of(core.slow_sims[limit], connections=limit, seconds=seconds)))
            most = limit * 1000 // DELAY_MS
            over.append(phone(core.stack, *of(core.slow_sims[limit], connections=2 * limit, seconds=seconds), "--rate", 2 * most))
        say(f"  in_flight_max {limit}: {rate_of(full[-1]):.0f}/s, with twice the load {rate_of(over[-1]):.0f}/s, statuses {over[-1]['statuses']}")
        for name, reports in ((f"in_flight_max {limit}, as many phones", full), (f"in_flight_max {limit}, asked for twice what it allows", over)):
            results.add(f"HSS of {DELAY_MS} ms, {name}", "authentications/s", map(rate_of, reports), note=f"at most {most}")
            for quantile in ("p50", "p99"):
                results.add(f"  {quantile}", "ms", (r["auth"][quantile + "_us"] / 1000 for r in reports))
            results.add("  turned away or failed", "share", map(failed_of, reports))
    core.slow.set(delay=0)


def bench(folder, results, options):
    core = Core(folder / "core")
    try:
        core.start()
        say("sources of authentication")
        bench_sources(core, results, options.rounds, options.seconds)
        say("tenant B beside tenant A with a slow HSS")
        for limit in LIMITS[1:]:
            bench_neighbour(core, results, limit, options.rounds, options.seconds)
        say("outstanding questions and latency")
        bench_limits(core, results, options.rounds, options.seconds)
    finally:
        core.stop()

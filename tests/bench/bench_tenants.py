"""Whether tenants feel another's flood: three of one network, A and B split by range of IMSIs, C by GID1. B and C get a modest, even load;
A asks as fast as the machine can.

Quiet and flooded rounds alternate in one run. The flood's generator takes its share of the same cores: what that costs the neighbours is
in the figures, too. Latency is counted from the moment at which a request was due."""

import json

from bench_core import Sims
from measure import QUIET, Phones, say
from stack import ROOT, Stack

RATE = 100         # token requests of B, and as many of C, a second
CONNECTIONS = 8    # of each
FLOOD = 64         # phones of A at once
GID1 = "AB12"
SPLIT = {"a": {"imsi_ranges": ["001011"]}, "b": {"imsi_ranges": ["001012"]}, "c": {"gid1": [GID1]}}
PREFIXES = {"a": "001011", "b": "001012", "c": "001013"}
FLOODS = {"token requests": "token=1", "authentications": "auth=1", "both": "auth=1,token=4"}
LIMITS = {"no limit": {}, "limited": {"limits": {"requests_per_second": 200}, "authentication": {"challenges_per_second": 20}}}


class Tenants:
    def __init__(self, folder):
        folder.mkdir()
        self._folder = folder
        self.sims = {name: Sims(folder, prefix, 256, True) for name, prefix in PREFIXES.items()}
        self.stack = Stack(folder / "stack", overrides=QUIET).start()
        for name in SPLIT:
            self.set(name)
            self.stack.ctl("plan", "set", "--tenant", name, ROOT / "deploy/demo/plan-gold.json")
            self.stack.ctl("subscriber", "import", "--tenant", name, self.sims[name].known)

    def set(self, name, **more):
        document = json.loads((ROOT / "deploy/demo/tenant.json").read_text())
        document |= {"id": name, "plmns": ["00101"], "hosts": [], **SPLIT[name], **more}
        path = self._folder / f"tenant-{name}.json"
        path.write_text(json.dumps(document))
        self.stack.ctl("tenant", "set", path)

    def _phones(self, name, connections, mix, seconds, *more):
        gid1 = ["--param", f"GID1={GID1}"] if name == "c" else []
        return Phones(self.stack, "--subscribers", self.sims[name].phones, "--connections", connections, "--mix", mix, "--for", f"{seconds}s",
                      *gid1, *more)

    def quiet(self, seconds):
        """Both neighbours' reports."""
        both = [self._phones(name, CONNECTIONS, "token=1", seconds, "--rate", RATE) for name in "bc"]
        return dict(zip("bc", [phones.report()["token"] for phones in both]))

    def beside(self, mix, seconds):
        """Both neighbours' reports, and A's, which floods all the while."""
        flood = self._phones("a", FLOOD, mix, 600)
        try:
            quiet = self.quiet(seconds)
        finally:
            report = flood.end()
        return quiet, report


def bench_flood(tenants, results, kind, rounds, seconds):
    alone, beside, floods = ({limits: [] for limits in LIMITS} for _ in range(3))
    for n in range(rounds):
        for limits, settings in LIMITS.items():
            tenants.set("a", **settings)
            alone[limits].append(tenants.quiet(seconds))
            quiet, a = tenants.beside(FLOODS[kind], seconds)
            beside[limits].append(quiet)
            floods[limits].append(a)
            say(f"  round {n + 1}/{rounds}, {kind}, {limits}: " + ", ".join(
                f"{name} p99 {alone[limits][-1][name]['p99_us'] / 1000:.1f} ms, beside the flood {quiet[name]['p99_us'] / 1000:.1f} ms" for name in "bc")
                + f"; A {a['statuses']} in {a['seconds']:.1f} s")
    for limits in LIMITS:
        results.add(f"flood of {kind}, {limits}: answers to A", "requests/s", [sum(a["statuses"].values()) / a["seconds"] for a in floods[limits]])
        results.add("  of them 200", "requests/s", [a["statuses"].get("200", 0) / a["seconds"] for a in floods[limits]])
        for name in "bc":
            for quantile in ("p50", "p99"):
                quiet, flooded = ([r[name][quantile + "_us"] / 1000 for r in side[limits]] for side in (alone, beside))
                results.add(f"  tenant {name.upper()} alone, {quantile}", "ms", quiet)
                results.add("    beside the flood", "ms", flooded)
                results.add("    against alone", "ratio", [f / q for f, q in zip(flooded, quiet)],
                            "at most 2" if (limits, quantile) == ("limited", "p99") else None)
        results.add("  failed of B and C", "requests", [r["b"]["failed"] + r["c"]["failed"] for r in beside[limits]], "0")


def bench(folder, results, options):
    tenants = Tenants(folder / "tenants")
    try:
        for kind in FLOODS:
            bench_flood(tenants, results, kind, options.rounds, options.seconds)
    finally:
        tenants.stack.stop()

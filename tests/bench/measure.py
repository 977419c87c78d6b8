"""What every benchmark needs: processor time, the load of openes-phone, and a table of medians and ranges."""

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
os.environ.setdefault("OPENES_TEST_BIN", str(Path(__file__).resolve().parents[2] / "build/release/bin"))

from stack import BIN  # noqa: E402

CONNECTIONS = 64
TICKS = os.sysconf("SC_CLK_TCK")
SERVICES = ("gateway0", "auth0", "policy0", "esim0", "notify0")
QUIET = {s: {"log_level": "warn"} for s in ("gateway", "auth", "policy", "esim", "notify")}


def say(text):
    print(text, file=sys.stderr, flush=True)


def stat(pid):
    """The fields of /proc/PID/stat after the name: 0 is the state."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def cpu_seconds(pid):
    fields = stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_of(stack):
    return {name: cpu_seconds(stack[name].popen.pid) for name in SERVICES}


def children(pid):
    def parent(entry):
        try:
            return int(stat(entry.name)[1])
        except OSError:
            return 0  # it ended just now
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if parent(entry) == pid]


def resident_mb(pid):
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def wrk(url, seconds, script=None):
    more = ["-s", script] if script else []
    out = subprocess.run(["wrk", "-t", "2", "-c", str(CONNECTIONS), "-d", f"{seconds}s", *more, url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out:
        raise SystemExit("the load got other answers than 200:\n" + out)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


class Results:
    def __init__(self):
        self.rows = []

    def add(self, name, unit, values, goal=None, note=""):
        values = list(values)
        self.rows.append({"name": name, "unit": unit, "median": statistics.median(values), "min": min(values), "max": max(values),
                          "rounds": len(values), "goal": goal, "note": note})

    def table(self):
        width = max(len(r["name"]) for r in self.rows)
        print(f"\n{'figure':<{width}}  {'median':>10}  {'min':>10}  {'max':>10}  n   unit; goal")
        for r in self.rows:
            goal = f"; {r['goal']}" if r["goal"] else ""
            note = f" ({r['note']})" if r["note"] else ""
            print(f"{r['name']:<{width}}  {r['median']:>10.3f}  {r['min']:>10.3f}  {r['max']:>10.3f}  {r['rounds']:<3} {r['unit']}{goal}{note}")


class Phones:
    """openes-phone as load generator, until it is through or told to end."""

    def __init__(self, stack, *args):
        self._report = tempfile.NamedTemporaryFile(suffix=".json")
        self._popen = subprocess.Popen(
            [BIN / "openes-phone", "--url", f"https://127.0.0.1:{stack.port}/", "--ca", stack.ca, *map(str, args), "--json", self._report.name],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def end(self):
        """Ends it early; its report."""
        self._popen.send_signal(signal.SIGINT)
        return self.report()

    def report(self):
        out, _ = self._popen.communicate()
        if self._popen.returncode != 0:
            raise SystemExit(f"openes-phone: {out[-2000:]}")
        with self._report as file:
            return json.load(file)


def phone(stack, *args):
    return Phones(stack, *args).report()


def imsi_of(n):
    return f"001010{n:09}"


def keys_of(n):
    return f"{n:032x}", f"{n + 1:032x}"

"""Load on a stack while something is done to it: phones that work, judges that accept no wrong answer."""

import json
import signal
import subprocess
import threading

from stack import BIN, ROOT, wait_for
from ts43 import Client, authenticate, params
from usim import TEST_SETS, Usim

APPS = ["ap2003", "ap2004", "ap2005"]


class Absence:
    """Whether a process may be missed just now: from before its kill until it and the gateway say that they are ready."""

    def __init__(self, stack):
        self._stack, self.is_now, self.count = stack, False, 0

    def __enter__(self):
        self.is_now, self.count = True, self.count + 1
        return self

    def __exit__(self, *_):
        for process in self._stack.processes.values():
            process.wait_ready()
        self.is_now = False

    def mark(self):
        return self.is_now, self.count


class Judge(threading.Thread):
    """Asks by token without pause and judges every answer: it is the right one, or an error that the absence explains."""

    def __init__(self, stack, token, expected, absence):
        super().__init__(daemon=True)
        self._stack, self._token, self._expected, self._absence = stack, token, expected, absence
        self.good = self.away = 0
        self.wrong, self._end = [], threading.Event()
        self.start()

    def _ask(self, connection):
        answer = connection.get(params(token=self._token, app=APPS))
        if answer.status == 200 and judged(answer) == self._expected:
            return None
        if answer.status == 503 and int(answer.headers["Retry-After"]) > 0:
            return "503"
        self.wrong.append((answer.status, answer.body[:500]))
        return None

    def run(self):
        connection = Client(self._stack)
        while not self._end.is_set():
            before = self._absence.mark()
            try:
                error = self._ask(connection)
            except OSError as gone:
                error = repr(gone)
                connection.close()
                connection = Client(self._stack)
            if error is None:
                self.good += 1
                continue
            self.away += 1
            if before == self._absence.mark() and not before[0]:
                self.wrong.append((error, "and nobody was away"))
            self._end.wait(0.01)
        connection.close()

    def finish(self):
        self._end.set()
        self.join(60)
        assert not self.is_alive(), "an answer never came"
        assert not self.wrong, self.wrong[:3]


def judged(answer):
    """The answer's applications, without what is new in each: the web sheet's session."""
    apps = answer.apps()
    apps.get("ap2004", {}).pop("ServiceFlow_UserData", None)
    return apps


class Phones:
    """openes-phone as the load: full authentications and tokens, from the demo's active subscribers, at a rate that leaves room."""

    def __init__(self, stack):
        lines = (ROOT / "deploy/demo/subscribers.csv").read_text().splitlines()
        self._stack = stack
        subscribers = stack.dir / "phones.csv"
        subscribers.write_text("\n".join(lines[:5]) + "\n")
        self._popen = subprocess.Popen(
            [BIN / "openes-phone", "--url", f"https://127.0.0.1:{stack.port}/", "--ca", stack.ca, "--subscribers", subscribers,
             "--connections", "2", "--rate", "100", "--for", "10m", "--mix", "auth=1,token=2", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def finish(self):
        self._popen.send_signal(signal.SIGINT)
        out, _ = self._popen.communicate(timeout=60)
        assert self._popen.returncode == 0, out
        result = json.loads(out)
        ok = result["auth"]["ok"] + result["token"]["ok"]
        assert result["auth"]["ok"] > 0 and result["token"]["ok"] > 0
        assert result["statuses"]["200"] == ok, "each 200 was a document"
        # a challenge whose answer got lost is sent again, and the card has seen it
        resent = sum(p.log().count('"auth.challenge_resent"') for p in self._stack.processes.values() if p.service == "auth")
        assert result["resynchronisations"] <= resent, "each SQN was new to its card"
        return {status for status, n in result["statuses"].items() if n}


class Load:
    """Phones and judges on a stack; `with load.absence:` brackets what may be missed."""

    def __init__(self, stack):
        connection = Client(stack)
        first = authenticate(connection, Usim("001010000000005", *TEST_SETS[4]), app=APPS)
        connection.close()
        self.absence = Absence(stack)
        asked = self._auth_served(stack)
        self.phones = Phones(stack)
        self.judges = [Judge(stack, first.token(), judged(first), self.absence) for _ in range(2)]
        wait_for(lambda: self._auth_served(stack) > asked + 20, 60, "the phones' first authentications")
        self.more_good(20)

    @staticmethod
    def _auth_served(stack):
        return sum(served(p) for p in stack.processes.values() if p.service == "auth")

    def more_good(self, n):
        before = [j.good for j in self.judges]
        wait_for(lambda: all(j.good > g + n for j, g in zip(self.judges, before)), 60, f"{n} good answers")

    def more(self, n):
        before = [j.good + j.away for j in self.judges]
        wait_for(lambda: all(j.good + j.away > b + n for j, b in zip(self.judges, before)), 60, f"{n} answers")

    def finish(self):
        """The statuses that the phones saw, and how often a judge was sent away."""
        for judge in self.judges:
            judge.finish()
        return self.phones.finish(), sum(j.away for j in self.judges)


def served(process):
    return process.metric("openes_bus_served_total")

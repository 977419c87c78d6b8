"""What happens to authentications under load when the core network, or our way to it, dies at the worst moment."""

import contextlib
import json
import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from core_stack import CoreStack, other_nai
from stack import BIN, ROOT, wait_for
from ts43 import Client, authenticate
from usim import TEST_SETS, Usim

LANES = 4


@pytest.fixture
def core_of(tmp_path, ebin):
    """core_of(...): a core network of this test alone."""
    with contextlib.ExitStack() as ends:
        def make(**more):
            made = CoreStack(tmp_path / "core", ebin, peers_die=True, **more)
            ends.callback(made.stop)
            return made.start()
        yield make


@pytest.fixture
def phones_of(core_of):  # they end before what they ask
    """phones_of(core): Phones that authenticate already."""
    with contextlib.ExitStack() as ends:
        def make(core):
            made = Phones(core)
            ends.callback(made.end)
            made.more(40)
            return made
        yield make


class Phones:
    """openes-phone: full authentications of the demo's subscribers without a pause, LANES at a time."""

    def __init__(self, core):
        lines = (ROOT / "deploy/demo/subscribers.csv").read_text().splitlines()
        file = core.dir / "phones.csv"
        file.write_text("\n".join(lines[:9]) + "\n")
        self._core = core
        self._popen = subprocess.Popen(
            [BIN / "openes-phone", "--url", f"https://127.0.0.1:{core.stack.port}/", "--ca", core.stack.ca, "--subscribers", file,
             "--connections", str(LANES), "--rate", "80", "--for", "10m", "--mix", "auth=1", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def end(self):
        """Of a test that failed before finish()."""
        if self._popen.poll() is None:
            self._popen.kill()
            self._popen.wait()
        self._popen.stdout.close()

    def more(self, n, seconds=60):
        """Until n more have succeeded."""
        before = self._core.succeeded()
        wait_for(lambda: self._core.succeeded() >= before + n, seconds, f"{n} more authentications")

    def finish(self):
        self._popen.send_signal(signal.SIGINT)
        out, _ = self._popen.communicate(timeout=60)
        assert self._popen.returncode == 0, out
        result = json.loads(out)
        statuses = {int(status): n for status, n in result["statuses"].items() if n}
        print(f"statuses {statuses}, resynchronisations {result['resynchronisations']}, first failure {result['failure']}")
        assert set(statuses) <= {200, 503} and statuses[200] == result["auth"]["ok"], result
        # each HSS numbers for itself, and a challenge whose answer got lost is sent again: the card has seen that one
        assert result["resynchronisations"] <= len(self._core.events("auth.challenge_resent")), result
        return statuses


def test_kill_9_of_one_of_two_hss_under_load_loses_no_authentication(core_of, phones_of):
    """V12-AUTH-10: what was in flight there is asked of the other one, or answered 503; nothing else is noticed."""
    core = core_of(peers=("hss1", "hss2"), changes={"swx home": {"share": "yes"}})
    core.tenant(sources=["*: home"])
    phones = phones_of(core)
    assert core.hss1.count("MAR") > 0 and core.hss2.count("MAR") > 0, "both are asked"
    core.hss1.set(delay=30)  # so that some are in flight there
    phones.more(20)
    core.kill(core.hss1)
    served = core.hss2.count("MAR")
    phones.more(100)
    assert core.hss2.count("MAR") >= served + 100 - LANES
    statuses = phones.finish()
    assert statuses.get(503, 0) <= LANES, "at most one on each connection"


def test_an_hss_that_hangs_under_load_costs_time_and_no_authentication(core_of, phones_of):
    """V12-AUTH-10: SIGSTOP. The first choice is connected and silent: after `attempt` the second is asked."""
    core = core_of(peers=("hss1", "hss2"), changes={"swx home": {"attempt": "200ms"}})
    core.tenant(sources=["*: home"])
    phones = phones_of(core)
    repeats, asked = core.diameter_metric("openes_diameter_repeats_total"), core.hss2.count("MAR")
    core.hss1.popen.send_signal(signal.SIGSTOP)
    try:
        phones.more(40)
        assert core.diameter_metric("openes_diameter_repeats_total") >= repeats + 40 - LANES
        assert core.hss2.count("MAR") >= asked + 40 - LANES
    finally:
        core.hss1.popen.send_signal(signal.SIGCONT)
    phones.more(40)
    assert phones.finish().get(503, 0) <= LANES, "what the HSS had in hand when it stopped"


class Neighbour(threading.Thread):
    """Phones of the tenant with our own AuC, one after the other: none of them notices anything."""

    def __init__(self, core, usim):
        super().__init__(daemon=True)
        self._core, self._usim, self._end = core, usim, threading.Event()
        self.good, self.wrong = 0, []
        self.start()

    def run(self):
        client = Client(self._core.stack)
        while not self._end.is_set():
            answer = authenticate(client, self._usim, identity=other_nai())
            if answer.status == 200:
                self.good += 1
            else:
                self.wrong.append((answer.status, answer.body[:200]))
            self._end.wait(0.05)  # one card gets ten vectors a second and 600 on top, from our own AuC
        client.close()

    def more(self, n):
        before = self.good
        wait_for(lambda: self.good > before + n, 60, f"{n} more of the neighbour's")

    def finish(self):
        self._end.set()
        self.join(60)
        assert not self.is_alive() and self.good > 0 and self.wrong == []


def test_kill_9_of_openes_diameter_under_load_is_503_until_it_is_back(core_of, phones_of):
    """V12-AUTH-10: auth starts it again by itself; who has our own AuC is not concerned."""
    core = core_of(peers=("hss1", "hss2"))
    neighbour = Neighbour(core, core.other_tenant())
    core.tenant(sources=["*: home"])
    phones = phones_of(core)
    children = set()
    for _ in range(2):
        child = core.child()
        assert child not in children
        children.add(child)
        ended = len(core.events("auth.diameter_ended"))
        os.kill(child, signal.SIGKILL)
        core.wait_event("auth.diameter_ended", more_than=ended, signal=9)
        neighbour.more(3)
        wait_for(lambda: core.child() not in (None, child), 30, "another openes-diameter")
        phones.more(40)
        neighbour.more(3)
    statuses = phones.finish()
    neighbour.finish()
    assert statuses.get(503, 0) > 0, "it was missed"
    assert core.auth.popen.poll() is None and core.auth.metric("openes_auth_diameter_starts_total") == 3


def test_a_udm_takes_over_from_hss_that_are_gone_until_they_are_back(core_of):
    """V12-AUTH-10: sources of different kinds; the one that does not answer rests, and one question finds out that it is back."""
    core = core_of(peers=("hss1",), changes={"swx home": {"peers": "hss1"}}, udm={})
    core.tenant(sources=["*: home udm1"])
    client, usim = core.client(), Usim("001010000000001", *TEST_SETS[0])
    assert authenticate(client, usim).status == 200 and core.udm.seen("/nudm") == []
    core.kill(core.hss1)
    for _ in range(10):
        if core.events("auth.source_rests", source="home"):
            break
        assert authenticate(client, usim).status == 200
        assert len(core.events("auth.source_away", source="home")) <= 3, "it rests after the third"
    else:
        pytest.fail("it never rests")
    asked = len(core.events("auth.source_away", source="home"))
    assert authenticate(client, usim).status == 200
    assert len(core.events("auth.source_away", source="home")) == asked, "one that rests is not asked"
    assert core.authentications(usim.imsi)[0]["source"] == "udm1"
    core.revive(core.hss1)

    def is_back():
        assert authenticate(client, usim).status == 200
        return core.events("auth.source_is_back", source="home")
    wait_for(is_back, 30, "the HSS is asked again")
    assert authenticate(client, usim).status == 200 and core.authentications(usim.imsi)[0]["source"] == "home"
    assert core.auth.metric("openes_auth_sources_resting") == 0
    client.close()


def test_openes_diameter_ends_with_auth(core_of):
    core = core_of(peers=("hss1",))
    child = core.child()
    core.auth.kill()
    wait_for(lambda: not Path(f"/proc/{child}").exists(), 20, "openes-diameter ended")
    core.auth.start()
    wait_for(lambda: core.child() is not None, what="a new openes-diameter")

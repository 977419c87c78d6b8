"""A slow HSS takes what its section allows, and nothing of what others need (docs/core-network.md)."""

import json

import pytest
from core import Peer
from stack import ROOT, Threads, wait_for
from ts43 import EAP_RELAY, Client, authenticate, nai, params
from usim import TEST_SETS, Usim

CALLS, IN_FLIGHT = 8, 24


def ask(stack, imsi, answers):
    client = Client(stack)
    answers.append(client.get(params(EAP_ID=nai(imsi)), accept=EAP_RELAY).status)
    client.close()


@pytest.fixture
def hss(tmp_path, ebin):
    made = Peer(tmp_path, ebin, "slow", "hss")
    try:
        yield made.start()
    finally:
        made.stop()


def test_questions_that_wait_for_a_slow_hss_take_no_place_from_others(hss, own_stack, tmp_path):
    core = tmp_path / "core.conf"
    core.write_text("[diameter]\nidentity = %i.ecs.example.net\nrealm = ecs.example.net\nreconnect = 1s\n"
                    f"[peer slow]\nhost = {hss.host}\naddress = 127.0.0.1\nport = {hss.port}\ntls = no\n"
                    f"[swx slow]\nrealm = example.org\npeers = slow\nin_flight_max = {IN_FLIGHT}\n")
    stack = own_stack(overrides={"auth": {"core_file": core, "calls_max": CALLS}})
    tenant = json.loads((ROOT / "deploy/demo/tenant.json").read_text())
    (tmp_path / "tenant.json").write_text(json.dumps({**tenant, "authentication": {"sources": ["001011: slow", "*: auc"]}}))
    stack.ctl("tenant", "set", tmp_path / "tenant.json")

    def refused():  # the HSS does not know him: connected, and the tenant's sources are known
        answers = []
        ask(stack, "001011000000000", answers)
        return answers == [403]
    wait_for(refused, 40, "the HSS's first answer")
    hss.set(delay=2000)
    before, answers = hss.count("MAR"), []
    waiting = Threads(*(lambda n=n: ask(stack, f"001011{n:09}", answers) for n in range(1, IN_FLIGHT + 1)))
    wait_for(lambda: hss.count("MAR") == before + IN_FLIGHT, 20, "as many questions as the section allows")
    client = Client(stack)
    assert authenticate(client, Usim("001010000000001", *TEST_SETS[0])).status == 200
    client.close()
    waiting.join(30)
    assert answers == [403] * IN_FLIGHT

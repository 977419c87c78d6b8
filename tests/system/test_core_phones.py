"""Phones, the whole server, and a core network behind it: HSSs over SWx and an AAA over SWm (docs/core-network.md)."""

import json
import os
import signal
import sqlite3
import subprocess
import threading

import pytest
from core import SUBSCRIBERS, Peer, build, documented
from stack import ROOT, Stack, wait_for
from ts43 import Client, authenticate, nai, params
from usim import Usim


class Network:
    """hss1, hss2, aaa1 and the server, whose auth starts openes-diameter."""

    def __init__(self, folder):
        self.folder, self.routed = folder, None
        ebin = build(folder / "ebin")
        self.peers = {name: Peer(folder, ebin, name, role).start() for name, role in (("hss1", "hss"), ("hss2", "hss"), ("aaa1", "aaa"))}
        self.hss1, self.hss2, self.aaa1 = self.peers.values()
        core = folder / "core.conf"
        core.write_text(documented({name: peer.port for name, peer in self.peers.items()}))
        self.stack = Stack(folder / "stack", overrides={"auth": {"core_file": core}}, peers_die=True)
        self.stack.start().load_demo()
        with sqlite3.connect(folder / "stack/auth.db", timeout=10) as db:
            db.execute("delete from auc_key")  # no key of any SIM is on our side
        self.wait_open()

    def route(self, **authentication):
        """How the tenant's subscribers are authenticated from now on."""
        if authentication == self.routed:
            return
        self.routed = authentication
        tenant = json.loads((ROOT / "deploy/demo/tenant.json").read_text())
        (self.folder / "tenant.json").write_text(json.dumps({**tenant, "authentication": authentication}))
        before = self.stack["auth0"].log().count('"auth.tenants"')
        self.stack.ctl("tenant", "set", self.folder / "tenant.json")
        wait_for(lambda: self.stack["auth0"].log().count('"auth.tenants"') > before, what="auth heard of the tenant")

    def child(self):
        """Process id of openes-diameter, None while there is none."""
        pid = self.stack["auth0"].popen.pid
        found = subprocess.run(["pgrep", "-P", str(pid), "openes-diameter"], capture_output=True, text=True).stdout.split()
        return int(found[0]) if found else None

    def wait_open(self):
        def is_open():
            log = self.stack["auth0"].log()
            last = log.rfind('"service":"diameter","instance":"auth0","event":"service.started"')
            return last >= 0 and all(f'"diameter.peer_open","peer":"{peer.host}"' in log[max(0, last - 4000):] for peer in self.peers.values())
        wait_for(is_open, 40, "peers open")

    def stop(self):
        try:
            self.stack.stop()
        finally:
            for peer in self.peers.values():
                peer.stop()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    network = Network(tmp_path_factory.mktemp("network"))
    try:
        yield network
    finally:
        network.stop()


@pytest.fixture
def network(made):
    for peer in made.peers.values():
        peer.do("reset")
    return made


@pytest.fixture
def client(made):
    connection = Client(made.stack)
    yield connection
    connection.close()


def card(n, sqn=0):
    imsi, k, opc, *_ = SUBSCRIBERS[n - 1]
    return Usim(imsi, k, opc, sqn)


def test_a_phone_is_authenticated_with_vectors_of_the_hss(network, client):
    network.route(sources=["*: home"])
    answer = authenticate(client, card(1))
    assert answer.status == 200 and answer.token()
    assert network.hss1.count("MAR") == 1


def test_auts_of_a_phone_reaches_the_hss(network, client):
    network.route(sources=["*: home"])
    answer = authenticate(client, card(2, sqn=1 << 40))
    assert answer.status == 200 and answer.token()
    assert network.hss1.count("MAR") == 2


def test_what_the_hss_refuses_is_refused_and_what_it_cannot_say_is_asked_again(network, client):
    network.route(sources=["*: home"])
    for code, status in ((5001, 403), (5450, 403), (5012, 503)):
        network.hss1.set(experimental=code)
        answer = authenticate(client, card(3))
        assert answer.status == status, code
        assert (answer.headers.get("Retry-After") is not None) == (status == 503)


def test_a_phone_is_authenticated_through_the_aaa_without_a_key_on_our_side(network, client):
    """V12-AUTH-12: 1001 and 2001; the AAA's session is ended."""
    network.route(sources=["*: relay"])
    answer = authenticate(client, card(4))
    assert answer.status == 200 and answer.token()
    assert (network.hss1.count("MAR"), network.aaa1.count("DER")) == (0, 2)
    wait_for(lambda: network.aaa1.count("STR") == 1, what="the session ended")


@pytest.mark.parametrize("kind", ["result", "experimental"])
@pytest.mark.parametrize("code, status", [(3001, 503), (3004, 503), (3010, 503), (4001, 403), (5001, 403), (5002, 503), (5003, 403), (5004, 503),
                                          (5012, 503), (5017, 503), (5018, 503), (4002, 503)])
def test_codes_of_the_aaa_become_what_ts43_says(network, client, kind, code, status):
    """V12-AUTH-12: no other method is configured, so what is not a refusal is 503."""
    network.route(sources=["*: relay"])
    network.aaa1.set(**{kind: code})
    answer = authenticate(client, card(5))
    assert answer.status == status
    assert (answer.headers.get("Retry-After") is not None) == (status == 503)


def test_a_wrong_card_is_refused_by_the_aaa(network, client):
    network.route(sources=["*: relay"])
    network.aaa1.set(fault="none")
    imsi, _, opc, *_ = SUBSCRIBERS[5]
    answer = client.get(params(EAP_ID=nai(imsi)), accept="application/vnd.gsma.eap-relay.v1.0+json")
    assert answer.status == 200
    impostor = Usim(imsi, "00" * 16, opc)
    assert authenticate(client, impostor).status == 403


def test_killing_an_hss_under_load_loses_no_authentication(network):
    """Two HSSs, one dies while eight phones authenticate again and again: every answer is a token, or 503 and then a token."""
    network.route(sources=["*: home"])
    network.hss1.set(delay=10)
    wrong, done, killed = [], [], threading.Event()

    def phone(n):
        connection, usim = Client(network.stack), card(n)
        for _ in range(15):
            answer = authenticate(connection, usim)
            tries = 0
            while answer.status == 503 and tries < 100:  # a phone comes again
                answer, tries = authenticate(connection, usim), tries + 1
            (done if answer.status == 200 and answer.token() else wrong).append(answer.status)
            if len(done) > 30 and not killed.is_set():
                killed.set()
                network.hss1.kill()
        connection.close()
    phones = [threading.Thread(target=phone, args=(n,)) for n in range(1, 9)]
    for thread in phones:
        thread.start()
    for thread in phones:
        thread.join()
    network.hss1.start()
    assert killed.is_set() and not wrong and len(done) == 120


def test_openes_diameter_that_is_killed_comes_back_and_auth_stays(network, client):
    network.route(sources=["*: home"])
    first, auth = network.child(), network.stack["auth0"].popen.pid
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: network.child() not in (None, first), what="a new openes-diameter")

    def is_served():
        answer = authenticate(client, card(7))
        assert answer.status in (200, 503)
        return answer.status == 200
    wait_for(is_served, 40, "phones are served again")
    assert network.stack["auth0"].popen.pid == auth and network.stack["auth0"].popen.poll() is None


def test_openes_diameter_ends_with_auth(network):
    child = network.child()
    network.stack["auth0"].kill()
    wait_for(lambda: not os.path.exists(f"/proc/{child}"), 20, "openes-diameter ended")
    network.stack["auth0"].start()
    wait_for(lambda: network.child() is not None, what="a new openes-diameter")

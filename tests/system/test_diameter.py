"""openes-diameter against HSSs and an AAA on another Diameter stack (Erlang's), with the configuration of docs/core-network.md.

No test here judges a phone: dia_probe plays auth. V12-AUTH-12 is about the codes, which must arrive as they were sent."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time

import pytest
from core import PEERS, SUBSCRIBERS, Diameter, Peer, Pki, documented, has_sctp
from stack import ROOT, Threads, wait_for
from ts43 import answer_challenge, nai
from usim import Milenage, Usim

IMSI = SUBSCRIBERS[0][0]
MS = 10000


class Core:
    """hss1, hss2, aaa1 and an openes-diameter that knows them."""

    def __init__(self, folder, ebin, **changes):
        self.peers = {name: Peer(folder, ebin, name, role) for name, role in (("hss1", "hss"), ("hss2", "hss"), ("aaa1", "aaa"))}
        self.hss1, self.hss2, self.aaa1 = self.peers.values()
        self.dir, self.changes = folder, changes
        self.diameter = Diameter(folder, self.text())

    def text(self):
        return documented({name: peer.port for name, peer in self.peers.items()}, **self.changes)

    def start(self):
        self.lost = False
        for peer in self.peers.values():
            peer.start()
        self.diameter.start(self.peers)
        return self

    def ask(self, *words):
        return self.diameter.ask(*words)

    def vector(self, imsi=IMSI, method="aka", name="-", ms=MS, *resync):
        return self.ask("vector", "home", imsi, method, name, ms, *resync)

    def renew(self):
        """As at the start, for the next test. A peer that was lost is trusted again after three watchdogs (RFC 3539): not waited for."""
        if self.lost or any(peer.popen.poll() is not None for peer in self.peers.values()):
            self.stop()
            self.diameter = Diameter(self.dir, self.text())
            self.start()
        for peer in self.peers.values():
            peer.do("reset")
        self.ask("events", "known")
        self.diameter.wait_open(*self.peers)

    def stop(self):
        try:
            self.diameter.stop()
        finally:
            for peer in self.peers.values():
                peer.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory, ebin):
    made = Core(tmp_path_factory.mktemp("core"), ebin)
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture
def core(shared):
    shared.renew()
    yield shared
    if all(peer.popen.poll() is None for peer in shared.peers.values()):
        # Erlang's stack checks each of our requests against a dictionary of its own
        assert [peer.count("errors") for peer in shared.peers.values()] == [0, 0, 0]


@pytest.fixture
def own_core(tmp_path, ebin):
    """own_core(**{"swx home": {...}}): for tests that want another configuration."""
    with contextlib.ExitStack() as ends:
        def make(**changes):
            made = Core(tmp_path, ebin, **changes)
            ends.callback(made.stop)
            return made.start()
        yield make


@pytest.fixture
def peer_of(tmp_path, ebin):
    """peer_of("hss1", "hss", ...): a peer of this test alone, running."""
    with contextlib.ExitStack() as ends:
        def make(name, role, **more):
            made = Peer(tmp_path, ebin, name, role, **more)
            ends.callback(made.stop)
            return made.start()
        yield make


@pytest.fixture
def diameter_of(tmp_path, peer_of):  # ends before the peers
    """diameter_of(core file, ...): an openes-diameter of this test alone, connected to those peers."""
    with contextlib.ExitStack() as ends:
        def make(text, *open_peers):
            made = Diameter(tmp_path, text)
            ends.callback(made.stop)
            return made.start(open_peers)
        yield make


def card(n=1):
    imsi, k, opc, sqn, *_ = SUBSCRIBERS[n - 1]
    return Usim(imsi, k, opc, sqn)


def opened(answer):
    return tuple(bytes.fromhex(answer[key]) for key in ("rand", "autn", "xres", "ck", "ik"))


# ---- vectors ----

def test_a_vector_of_the_hss_is_one_that_the_card_accepts(core):
    answer = core.vector()
    rand, autn, xres, ck, ik = opened(answer)
    assert (answer["code"], answer["experimental"], answer["peer"]) == (2001, False, "hss1.example.org")
    assert card().authenticate(rand, autn) == ("ok", xres, ck, ik)


def test_keys_of_aka_prime_are_made_with_the_network_name(core):
    import hashlib
    import hmac

    rand, autn, xres, ck, ik = opened(core.vector(method="prime", name="WLAN"))
    _, res, raw_ck, raw_ik = card().authenticate(rand, autn)
    both = hmac.new(raw_ck + raw_ik, b"\x20WLAN" + b"\0\4" + autn[:6] + b"\0\6", hashlib.sha256).digest()
    assert (xres, ck, ik) == (res, both[:16], both[16:])


def test_auts_moves_the_hss_to_the_number_of_the_card(core):
    usim = Usim(SUBSCRIBERS[1][0], *SUBSCRIBERS[1][1:3], sqn=1 << 40)
    rand, autn, *_ = opened(core.vector(usim.imsi))
    kind, auts = usim.authenticate(rand, autn)
    assert kind == "auts"
    rand, autn, xres, ck, ik = opened(core.vector(usim.imsi, "aka", "-", MS, rand.hex(), auts.hex()))
    assert usim.authenticate(rand, autn) == ("ok", xres, ck, ik)


def test_a_forged_auts_is_the_hss_s_refusal(core):
    answer = core.vector(IMSI, "aka", "-", MS, "00" * 16, "00" * 14)
    assert (answer["code"], answer["experimental"], answer["rand"]) == (5012, False, "")


def test_of_several_items_the_lowest_number_is_the_vector(core):
    core.hss1.set(fault="order")
    answer = core.vector()
    rand, autn, xres, ck, ik = opened(answer)
    assert answer["code"] == 2001 and card().authenticate(rand, autn) == ("ok", xres, ck, ik)


def test_an_unknown_subscriber_is_an_experimental_5001(core):
    answer = core.vector("001019999999999")
    assert (answer["code"], answer["experimental"], answer["rand"]) == (5001, True, "")


@pytest.mark.parametrize("kind", ["result", "experimental"])
@pytest.mark.parametrize("code", [4001, 4181, 5003, 5004, 5012, 5450, 5999])
def test_codes_arrive_as_they_were_sent(core, kind, code):
    """V12-AUTH-12: Result-Code or Experimental-Result, and which of them."""
    core.hss1.set(**{kind: code})
    answer = core.vector()
    assert (answer["code"], answer["experimental"], answer["peer"], answer["rand"]) == (code, kind == "experimental", "hss1.example.org", "")


@pytest.mark.parametrize("code", [3002, 3004])
def test_a_peer_that_cannot_deliver_or_is_too_busy_is_passed_over(core, code):
    core.hss1.set(result=code)
    answer = core.vector()
    assert (answer["code"], answer["peer"]) == (2001, "hss2.example.org")
    core.hss2.set(result=code)
    assert core.vector()["code"] == code


# ---- answers that are wrong ----

@pytest.mark.parametrize("fault", ["short_rand", "long_xres", "short_ck", "no_ik", "scheme", "no_result", "extra", "first", "size"])
def test_a_malformed_answer_is_no_answer(core, fault):
    core.hss1.set(fault=fault)
    answer = core.vector()
    assert (answer["status"], answer["code"], answer["why"], answer["rand"]) == ("ok", 0, "malformed answer", "")
    core.hss1.set(fault="none")
    assert core.vector()["code"] == 2001


def test_success_without_a_vector_is_told_apart(core):
    core.hss1.set(fault="no_vector")
    answer = core.vector()
    assert (answer["code"], answer["why"]) == (0, "success without a vector")


def test_an_answer_given_twice_counts_once(core):
    core.hss1.set(fault="twice")
    answers = [core.vector() for _ in range(20)]
    assert {answer["code"] for answer in answers} == {2001}
    assert len({answer["rand"] for answer in answers}) == 20


@pytest.mark.parametrize("fault", ["cut", "garbage"])
def test_octets_that_are_no_answer_end_the_connection_and_not_the_process(core, fault):
    core.hss1.set(fault=fault)
    pid = core.diameter.popen.pid
    answer = core.vector()
    assert (answer["code"], answer["peer"]) in ((2001, "hss2.example.org"), (0, ""))
    core.hss1.set(fault="none")
    core.diameter.wait_open("hss1", "hss2")
    assert core.vector()["code"] == 2001 and core.diameter.popen.pid == pid and core.diameter.popen.poll() is None


# ---- time ----

def test_a_silent_peer_costs_an_attempt_and_then_the_next_is_asked(core):
    core.hss1.set(fault="drop")
    repeats = core.diameter.metric("openes_diameter_repeats_total")
    assert core.vector()["peer"] == "hss2.example.org"
    assert core.diameter.metric("openes_diameter_repeats_total") == repeats + 1


def test_a_delay_past_the_deadline_is_a_timeout_and_the_late_answer_harmless(core):
    core.hss1.set(delay=3500)
    core.hss2.set(delay=3500)
    answer = core.vector()
    assert (answer["code"], answer["why"]) == (0, "timeout")
    core.hss1.set(delay=0)
    core.hss2.set(delay=0)
    assert core.vector()["code"] == 2001


def test_the_caller_s_deadline_stands_over_the_source_s(core):
    core.hss1.set(delay=8000)
    core.hss2.set(delay=8000)
    begun = core.diameter.begin("vector", "home", IMSI, "aka", "-", 400)
    # the bus ends the call when openes-diameter does not, at the same moment
    answer = core.diameter.end(begun)
    assert answer["status"] == "timeout" or answer["why"] == "timeout"
    wait_for(lambda: core.diameter.metric("openes_diameter_in_flight") == 0, what="nothing in flight")


def test_a_slow_source_fills_its_own_places_and_no_others(own_core):
    core = own_core(**{"swx home": {"in_flight_max": 4, "timeout": "20s", "attempt": "20s"}})
    core.hss1.set(delay=4000)
    slow = [core.diameter.begin("vector", "home", IMSI, "aka", "-", 30000) for _ in range(8)]
    for _ in range(20):
        assert core.ask("eap", "relay", "-", "-", nai(IMSI), identity_packet(nai(IMSI)), "-", MS)["code"] == 1001
    assert core.diameter.metric("openes_diameter_in_flight") == 4
    answers = [core.diameter.end(tag) for tag in slow]
    assert sorted((answer["code"], answer["why"]) for answer in answers) == [(0, "too many in flight")] * 4 + [(2001, "")] * 4


# ---- failover ----

def test_killing_a_peer_under_load_loses_nothing(own_core):
    """In flight at the dead peer: asked again of the other one, or an honest "away"."""
    core = own_core(**{"swx home": {"share": "yes"}})
    core.hss1.set(delay=20)
    core.hss2.set(delay=20)
    tags = []
    for i in range(400):
        tags.append(core.diameter.begin("vector", "home", SUBSCRIBERS[i % 12][0], "aka", "-", MS))
        if i == 200:
            core.hss1.kill()
        while i - sum(1 for tag in tags if tag in core.diameter._answers) > 40:
            time.sleep(0.002)
    answers = [core.diameter.end(tag) for tag in tags]
    assert all(answer["status"] == "ok" for answer in answers)
    lost = [answer for answer in answers if answer["code"] != 2001]
    assert {answer["why"] for answer in lost} <= {"timeout", "no peer"} and len(lost) <= 40, lost
    assert {answer["peer"] for answer in answers[-100:]} == {"hss2.example.org"}
    vectors = [answer["rand"] for answer in answers if answer["rand"]]
    assert len(set(vectors)) == len(vectors)
    core.hss1.start()
    core.diameter.wait_open("hss1")
    assert {core.vector()["peer"] for _ in range(4)} == {"hss1.example.org", "hss2.example.org"}


def test_without_any_peer_the_answer_is_immediate(core):
    core.hss1.kill()
    core.hss2.kill()
    wait_for(lambda: not any(core.ask("status", MS)["peers"][name] for name in ("hss1", "hss2")), what="both seen as gone")
    answer = core.vector()
    assert (answer["code"], answer["why"]) == (0, "no peer")


def test_a_hung_peer_is_noticed_by_the_watchdog(core):
    core.hss1.popen.send_signal(signal.SIGSTOP)
    core.lost = True
    try:
        assert core.vector()["peer"] == "hss2.example.org"
        wait_for(lambda: not core.ask("status", MS)["peers"]["hss1"], 30, "hss1 suspected")
        repeats = core.diameter.metric("openes_diameter_repeats_total")
        assert core.vector()["peer"] == "hss2.example.org"
        assert core.diameter.metric("openes_diameter_repeats_total") == repeats
    finally:
        core.hss1.popen.send_signal(signal.SIGCONT)


# ---- the profile, and what the HSS says unasked ----

def test_the_profile_has_number_and_access(core):
    barred, free = core.ask("profile", "home", SUBSCRIBERS[0][0], MS), core.ask("profile", "home", SUBSCRIBERS[1][0], MS)
    assert (barred["msisdn"], barred["has_access"], barred["barred"]) == ("+491700000001", True, True)
    assert (free["msisdn"], free["has_access"], free["barred"]) == ("+491700000002", True, False)
    assert core.ask("profile", "home", "001019999999999", MS)["code"] == 5001
    seen = core.hss1.do("seen")
    assert "'Server-Assignment-Type' => 12" in seen


def test_a_pushed_profile_is_answered_with_auth_s_word(core):
    assert core.hss1.do(f"ppr {IMSI} 491701234567 1") == "result 2001"
    event = core.diameter.events.get(timeout=5)
    assert event == {"event": 2, "source": "home", "imsi": IMSI, "reason": "", "msisdn": "+491701234567", "barred": True}
    core.ask("events", "unknown")
    assert core.hss1.do(f"ppr {IMSI} 491701234567 0") == "experimental 5001"
    core.diameter.events.get(timeout=5)


def test_a_deregistration_is_told_and_answered(core):
    assert core.hss2.do(f"rtr {IMSI}") == "result 2001"
    assert core.diameter.events.get(timeout=5) == {"event": 1, "source": "home", "imsi": IMSI, "reason": "0 gone"}
    core.ask("events", "away")
    assert core.hss2.do(f"rtr {IMSI}") == "result 5012"
    core.diameter.events.get(timeout=5)


def test_what_an_hss_says_until_the_last_moment_does_the_end_no_harm(own_core):
    """Answered, turned away, or not heard any more; the process ends as it should while auth is there and four of them push."""
    core = own_core()

    def push():
        while core.diameter.popen.poll() is None:
            core.hss1.do(f"ppr {IMSI} 491701234567 1")
    pushing = Threads(push, push, push, push)
    wait_for(lambda: core.diameter.metric("openes_diameter_events_total") >= 50, what="events")
    core.diameter.popen.send_signal(signal.SIGTERM)
    core.diameter.popen.wait(30)
    pushing.join()


def test_a_name_that_is_no_imsi_is_refused_without_asking_auth(core):
    assert core.hss1.do("rtr alice") == "result 5004"
    assert core.diameter.events.empty()


# ---- the relay ----

def identity_packet(name):
    data = b"\1" + name.encode()
    return (b"\2\0" + (4 + len(data)).to_bytes(2, "big") + data).hex()


def first_round(core, imsi=IMSI):
    return core.ask("eap", "relay", "-", "-", nai(imsi), identity_packet(nai(imsi)), "-", MS)


def next_round(core, before, packet, imsi=IMSI):
    return core.ask("eap", "relay", before["session"], before["host"], nai(imsi), packet.hex(), before["state"] or "-", MS)


@pytest.mark.parametrize("keep", [1, 0])
def test_an_exchange_through_the_aaa_ends_in_success(core, keep):
    """V12-AUTH-12: 1001 is another round, 2001 the end."""
    core.aaa1.set(keep=keep)
    usim = card()
    challenge = first_round(core)
    assert (challenge["code"], challenge["host"], challenge["state"] != "") == (1001, "aaa1.example.org", True)
    packet = answer_challenge(usim, bytes.fromhex(challenge["packet"]), nai(IMSI))
    done = next_round(core, challenge, packet)
    assert (done["code"], done["packet"], done["keeps"]) == (2001, "03010004", keep == 1)
    assert done["session"] == challenge["session"]
    seen = core.aaa1.do("seen")
    assert "aaa1.example.org" in seen and "'State'" in seen
    if keep:
        end = core.ask("end", "relay", done["session"], done["host"], nai(IMSI), MS)
        assert end["code"] == 2001
        assert core.aaa1.count("STR") == 1


def test_auts_goes_to_the_aaa_and_a_new_challenge_comes_back(core):
    usim = Usim(SUBSCRIBERS[2][0], *SUBSCRIBERS[2][1:3], sqn=1 << 40)
    name = nai(usim.imsi)
    challenge = first_round(core, usim.imsi)
    again = next_round(core, challenge, answer_challenge(usim, bytes.fromhex(challenge["packet"]), name), usim.imsi)
    assert again["code"] == 1001
    done = next_round(core, again, answer_challenge(usim, bytes.fromhex(again["packet"]), name), usim.imsi)
    assert done["code"] == 2001


def test_a_wrong_card_is_rejected_by_the_aaa(core):
    challenge = first_round(core)
    packet = bytearray(answer_challenge(card(), bytes.fromhex(challenge["packet"]), nai(IMSI)))
    packet[-1] ^= 1
    refused = next_round(core, challenge, bytes(packet))
    assert (refused["code"], refused["packet"][:2], refused["keeps"]) == (4001, "04", False)


@pytest.mark.parametrize("code", [3001, 3010, 4001, 5001, 5002, 5003, 5004, 5017, 5018])
def test_an_experimental_result_of_the_aaa_arrives_as_it_was_sent(core, code):
    """V12-AUTH-12"""
    core.aaa1.set(experimental=code)
    assert (first_round(core)["code"], first_round(core)["experimental"]) == (code, True)


def test_an_exchange_never_goes_to_a_second_aaa(peer_of, diameter_of):
    first, second = (peer_of(name, "aaa") for name in ("aaa1", "aaa2"))
    extra = f"[peer aaa2]\nhost = aaa2.example.org\naddress = 127.0.0.1\nport = {second.port}\ntls = no\n"
    diameter = diameter_of(documented({"aaa1": first.port}, **{"aaa relay": {"peers": "aaa1, aaa2"}}) + extra, "aaa1", "aaa2")
    challenge = diameter.ask("eap", "relay", "-", "-", nai(IMSI), identity_packet(nai(IMSI)), "-", MS)
    assert challenge["host"] == "aaa1.example.org"
    first.kill()
    wait_for(lambda: not diameter.ask("status", MS)["peers"]["aaa1"], what="aaa1 seen as gone")
    packet = answer_challenge(card(), bytes.fromhex(challenge["packet"]), nai(IMSI)).hex()
    answer = diameter.ask("eap", "relay", challenge["session"], challenge["host"], nai(IMSI), packet, challenge["state"], MS)
    assert (answer["code"], answer["why"]) == (0, "no peer")
    assert second.count("DER") == 0
    fresh = diameter.ask("eap", "relay", "-", "-", nai(IMSI), identity_packet(nai(IMSI)), "-", MS)
    assert (fresh["code"], fresh["host"]) == (1001, "aaa2.example.org")


def test_sessions_are_known_while_they_are_kept(core):
    usim = card(4)
    imsi = usim.imsi
    challenge = first_round(core, imsi)
    done = next_round(core, challenge, answer_challenge(usim, bytes.fromhex(challenge["packet"]), nai(imsi)), imsi)
    assert done["keeps"]
    assert core.aaa1.do(f"rar {done['session']}") == "result 2001"
    assert core.aaa1.do(f"asr {done['session']}") == "result 2001"
    assert core.aaa1.do(f"asr {done['session']}") == "result 5002"
    assert core.aaa1.do("rar somebody;1;2") == "result 5002"


# ---- transports ----

OURS = "auth0.ecs.example.net"


def with_tls(folder, port):
    """The documented core file with hss1 over TLS, and what is ours to show and to trust."""
    files = {"tls_cert_file": folder / "core.pem", "tls_key_file": folder / "core.key", "tls_ca_file": folder / "core-ca.pem"}
    return documented({"hss1": port}, **{"diameter": files, "peer hss1": {"tls": "yes"}})


def shown_and_trusted(cert, ca):
    """What an Erlang peer is told: its own certificate and key, and whom it trusts."""
    return f'{{"{cert}.pem", "{cert}.key", "{ca}"}}'


def test_a_peer_over_tls(tmp_path, peer_of, diameter_of):
    pki = Pki(tmp_path).issue("core", OURS).issue("hss", "hss1.example.org")
    hss = peer_of("hss1", "hss", tls=shown_and_trusted(tmp_path / "hss", pki.file("core-ca.pem")))
    diameter = diameter_of(with_tls(tmp_path, hss.port), "hss1")
    assert diameter.ask("vector", "home", IMSI, "aka", "-", MS)["code"] == 2001


@pytest.mark.parametrize("stranger,name", [("another authority", "hss1.example.org"), ("our authority", "hss2.example.org")],
                         ids=["of another authority", "of another name"])
def test_a_peer_with_the_wrong_certificate_is_never_open(tmp_path, peer_of, diameter_of, stranger, name):
    """RFC 6733 13.1: the certificate is of an authority that we trust, and issued to the peer that we called."""
    pki = Pki(tmp_path).issue("core", OURS)
    issuer = pki if stranger == "our authority" else Pki(tmp_path / "another")
    issuer.issue("hss", name)
    hss = peer_of("hss1", "hss", tls=shown_and_trusted(issuer.file("hss"), pki.file("core-ca.pem")))
    diameter = diameter_of(with_tls(tmp_path, hss.port))
    wait_for(lambda: '"diameter.peer_lost","peer":"hss1.example.org"' in diameter.log(), what="it was called in vain")
    assert not diameter.ask("status", MS)["peers"]["hss1"] and "diameter.peer_open" not in diameter.log()
    answer = diameter.ask("vector", "home", IMSI, "aka", "-", MS)
    assert (answer["code"], answer["why"]) == (0, "no peer")


@pytest.mark.skipif(not has_sctp(), reason="this kernel has no SCTP")
def test_a_peer_over_sctp(peer_of, diameter_of):
    hss = peer_of("hss1", "hss", transport="sctp")
    diameter = diameter_of(documented({"hss1": hss.port}, **{"peer hss1": {"transport": "sctp"}}), "hss1")
    assert diameter.ask("vector", "home", IMSI, "aka", "-", MS)["code"] == 2001


# ---- what is on the wire, and in the log ----

def test_tshark_finds_no_malformed_message(core, tmp_path):
    if os.geteuid() != 0 or shutil.which("dumpcap") is None:
        pytest.skip("capturing on lo needs root and dumpcap")
    ports = [peer.port for peer in core.peers.values()]
    pcap = tmp_path / "diameter.pcapng"
    said = tmp_path / "dumpcap.log"
    with said.open("wb") as log:
        capture = subprocess.Popen(["dumpcap", "-q", "-i", "lo", "-w", pcap, "-f", " or ".join(f"tcp port {port}" for port in ports)], stderr=log)
    try:
        wait_for(lambda: "File:" in said.read_text() or capture.poll() is not None, what="it captures")
        if capture.poll() is not None:
            pytest.skip(f"capturing is not permitted here: {said.read_text()}")
        core.vector()
        core.vector(method="prime", name="WLAN")
        core.vector(IMSI, "aka", "-", MS, "00" * 16, "00" * 14)
        core.ask("profile", "home", IMSI, MS)
        core.hss1.do(f"ppr {IMSI} 491701234567 1")
        core.hss1.do(f"rtr {IMSI}")
        usim = card(5)
        challenge = first_round(core, usim.imsi)
        done = next_round(core, challenge, answer_challenge(usim, bytes.fromhex(challenge["packet"]), nai(usim.imsi)), usim.imsi)
        core.aaa1.do(f"rar {done['session']}")
        core.ask("end", "relay", done["session"], done["host"], nai(usim.imsi), MS)

        def shown(*args):
            decode = [word for port in ports for word in ("-d", f"tcp.port=={port},diameter")]
            return subprocess.run(["tshark", "-r", pcap, *decode, *args], capture_output=True, text=True, timeout=60, check=True).stdout
        wanted = {"268", "275", "258", "301", "303", "304", "305"}
        codes = lambda: set(re.split(r"[\s,]+", shown("-T", "fields", "-e", "diameter.cmd.code")))  # noqa: E731
        wait_for(lambda: wanted <= codes(), 20, "all commands captured")
    finally:
        capture.terminate()
        capture.wait(20)
    wrong = '_ws.malformed or diameter.avp.invalid-data or diameter.avp.pad.non_zero or _ws.expert.severity >= "Error"'
    assert shown("-Y", f"diameter and ({wrong})") == ""


def test_neither_identities_nor_keys_are_in_the_log(core):
    answer = core.vector()
    core.hss1.set(fault="extra")
    core.vector()
    core.hss1.kill()
    core.hss2.kill()
    wait_for(lambda: not any(core.ask("status", MS)["peers"][name] for name in ("hss1", "hss2")), what="both seen as gone")
    core.vector()
    log = core.diameter.log()
    assert "diameter.answer" in log and "diameter.malformed" in log
    for secret in (*[row[0] for row in SUBSCRIBERS], *[row[4] for row in SUBSCRIBERS], answer["rand"], answer["ck"], answer["xres"]):
        assert secret not in log


# ---- life ----

def test_it_ends_with_the_process_that_started_it(core, tmp_path):
    """A parent killed without a word takes its child along."""
    env = dict(core.diameter.env, OPENES_DIAMETER_BUS_LISTEN=f"ipc://{core.diameter.sock}/orphan", OPENES_DIAMETER_OPS_LISTEN="")
    program = core.diameter.popen.args[0]
    code = ("import os,subprocess,sys,time\n"
            f"env = dict(os.environ, OPENES_DIAMETER_PARENT=str(os.getpid()))\n"
            f"child = subprocess.Popen(['{program}'], env=env, stderr=open('{tmp_path}/log', 'wb'))\n"
            "print(child.pid, flush=True)\ntime.sleep(600)\n")
    parent = subprocess.Popen(["python3", "-c", code], env=env, stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    wait_for(lambda: "service.started" in (tmp_path / "log").read_text(), what="the child runs")
    parent.kill()
    parent.wait()

    def is_gone():
        try:
            return open(f"/proc/{pid}/stat").read().split()[2] == "Z"
        except OSError:
            return True
    wait_for(is_gone, 20, "the child ended")


@pytest.mark.parametrize("text, says", [
    ("", "is missing"),
    ("[diameter]\nidentity = a.b\nrealm = b.c\n", "neither [swx] nor [aaa]"),
    ("[nonsense]\n", "no section of this file"),
])
def test_a_core_file_that_cannot_work_stops_the_start_with_a_sentence(core, tmp_path, text, says):
    (tmp_path / "core.conf").write_text(text or "[peer a]\nhost = a.b\naddress = ::1\ntls = no\n")
    env = dict(core.diameter.env, OPENES_DIAMETER_CORE_FILE=str(tmp_path / "core.conf"), OPENES_DIAMETER_OPS_LISTEN="",
               OPENES_DIAMETER_BUS_LISTEN=f"ipc://{core.diameter.sock}/other")
    done = subprocess.run([core.diameter.popen.args[0]], env=env, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and says in done.stderr


def test_the_page_documents_every_key():
    text = (ROOT / "docs/core-network.md").read_text()
    source = (ROOT / "services/auth/diameter/dia_config.c").read_text()
    keys = set(re.findall(r"\b(?:NODE|PEER|SWX|AAA|ROW)\((\w+), ES_CONF", source)) | {"peers"}
    assert len(keys) > 20
    assert not [key for key in keys if f"`{key}`" not in text]
    assert PEERS.is_dir() and Milenage

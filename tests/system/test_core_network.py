"""Vectors from the operator's core network: HSSs over SWx and a UDM over HTTP/2, through all five processes.

The HSSs run on Erlang's Diameter stack, the UDM on Python's HTTP/2. test_core_relay.py has the AAA, test_core_faults.py what dies under load."""

import json
import subprocess
import threading

import pytest
from core import documented_udm
from core_stack import IDENTITY, KEYLESS, CoreStack, other_nai
from stack import BIN, free_port, wait_for
from ts43 import EAP_RELAY, answer_challenge, authenticate, begin, eap_response, nai, nai_prime, params
from usim import TEST_SETS, Usim

AHEAD = 1 << 36
BOTH = ["aka", "aka_prime"]
METHODS = pytest.mark.parametrize("method,name_of", [("AKA", nai), ("AKA'", nai_prime)])


@pytest.fixture(scope="module")
def shared(tmp_path_factory, ebin):
    made = CoreStack(tmp_path_factory.mktemp("core"), ebin, peers=("hss1", "hss2"), udm={})
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture
def core(shared):
    shared.renew()
    yield shared
    # Erlang's stack checks each of our requests against a dictionary of its own
    assert [peer.count("errors") for peer in shared.peers.values()] == [0, 0]


@pytest.fixture
def client(core):
    connection = core.client()
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def other_card(shared):
    return shared.other_tenant()


def last_record(core, imsi, result):
    """The newest of the subscriber's record, once it says that; a refusal is there within a second."""
    found = []
    wait_for(lambda: found.extend(core.authentications(imsi)[:1]) or (found and found[-1]["result"] == result), what=f"{result} on record")
    return found[-1]


# ---- an HSS ----

@METHODS
def test_a_sim_authenticates_with_a_vector_of_the_hss(core, client, method, name_of):
    """V12-AUTH-01, V12-AUTH-06, V12-AUTH-07, V12-AUTH-19: one question, and for EAP-AKA' with the name that CK' and IK' depend on."""
    core.tenant(sources=["*: home"], methods=BOTH)
    answer = authenticate(client, core.card(1), identity=name_of(core.card(1).imsi))
    assert answer.status == 200 and answer.token() and answer.apps()["ap2004"]["EntitlementStatus"]
    assert (core.hss1.count("MAR"), core.hss2.count("MAR"), core.hss1.count("SAR")) == (1, 0, 0)
    assert ("'ANID'" in core.hss1.do("seen")) == (method == "AKA'")
    assert client.get(params(token=answer.token())).status == 200 and core.hss1.count("MAR") == 1


@METHODS
def test_eapol_test_authenticates_with_vectors_of_the_hss(core, supplicant, method, name_of):
    """V12-AUTH-06, V12-AUTH-19: an independent peer and an independent HSS agree about every key."""
    core.tenant(sources=["*: home"], methods=BOTH)
    code, relay, card, output = supplicant(core.card(2), method=method, identity=name_of(core.card(2).imsi), on=core.stack)
    assert code == 0, output
    assert card.results == ["ok"] and relay.statuses == [200, 200] and relay.document.token()
    assert core.hss1.count("MAR") == 1


@METHODS
def test_the_hss_resynchronises_a_sim_that_is_ahead(core, supplicant, method, name_of):
    """V12-AUTH-05, V12-AUTH-13: RAND and AUTS go to the HSS, and its next vector is the second challenge."""
    core.tenant(sources=["*: home"], methods=BOTH)
    usim = core.card(3)
    usim.seq = [max(usim.seq) + AHEAD] * 32
    code, relay, card, output = supplicant(usim, method=method, identity=name_of(usim.imsi), on=core.stack)
    assert code == 0, output
    assert card.results == ["auts", "ok"] and relay.statuses == [200, 200, 200]
    assert core.hss1.count("MAR") == 2 and "'SIP-Authorization'" in core.hss1.do("seen")


def test_a_wrong_auts_that_the_hss_refuses_is_403(core, client):
    """V12-AUTH-14: MAC-S is the HSS's to judge; none of its words about the subscriber is a reason to ask another source."""
    core.tenant(sources=["*: home udm1"])
    usim = core.card(4)
    challenge = begin(client, usim)
    core.hss1.set(experimental=5006)
    answer = client.relay(eap_response(challenge.packet()[1], 4, [(4, bytes(14))]), challenge.cookie())
    assert answer.status == 403 and core.udm.seen("/nudm") == []
    assert last_record(core, usim.imsi, "auts_invalid")["source"] == "home"


def test_a_wrong_answer_to_the_hss_s_challenge_is_403(core, client):
    """V12-AUTH-14"""
    core.tenant(sources=["*: home"])
    usim = core.card(4)
    challenge = begin(client, usim)
    packet = bytearray(answer_challenge(usim, challenge.packet(), nai(usim.imsi)))
    packet[-1] ^= 1
    assert client.relay(bytes(packet), challenge.cookie()).status == 403


def test_a_subscriber_whom_the_hss_does_not_know_is_refused_at_once(core, client):
    """V12-AUTH-08, settled: Experimental-Result 5001 is 403, and no other source is asked."""
    core.tenant(sources=["*: home udm1"])
    answer = begin(client, Usim("001010999999999", *TEST_SETS[0]))
    assert answer.status == 403 and core.hss1.count("MAR") == 1 and core.udm.seen("/nudm") == []
    last_record(core, "001010999999999", "unknown_imsi")


@pytest.mark.parametrize("kind,code", [("result", 4001), ("result", 5003)] + [("experimental", c) for c in (5003, 5004, 5006, 5450, 5451, 5452)])
def test_a_refusal_of_the_hss_is_403(core, client, kind, code):
    """V12-AUTH-08, V12-AUTH-12: whatever the attribute is that it stands in."""
    core.tenant(sources=["*: home udm1"])
    usim = core.card(5)
    core.hss1.set(**{kind: code})
    assert begin(client, usim).status == 403 and core.udm.seen("/nudm") == []
    core.hss1.do("reset")
    assert last_record(core, usim.imsi, "network_refused")["source"] == "home"


@pytest.mark.parametrize("kind,codes", [("result", (3002, 3004, 4181, 5001, 5012)), ("experimental", (3002, 4181, 5012, 5999))])
def test_a_result_that_says_nothing_about_the_subscriber_is_503(core, client, kind, codes):
    """V12-AUTH-10, V12-AUTH-12: Result-Code 5001 is about an attribute, Experimental-Result 5001 about the subscriber."""
    core.tenant(sources=["*: home"])
    usim = core.card(6)
    for code in codes:
        for peer in core.peers.values():
            peer.set(**{kind: code})
        assert begin(client, usim).waits(), code
        core.renew()
        assert authenticate(client, usim).status == 200, f"after {code}"


def test_an_hss_that_is_away_is_503_with_retry_after(core, client):
    """V12-AUTH-10: no other method, so the phone comes back."""
    core.tenant(sources=["*: gone"])
    assert begin(client, core.card(1)).waits()
    assert core.events("auth.source_away", source="gone")


def test_an_hss_that_is_away_is_511_where_the_tenant_has_a_login(core, client):
    """V12-AUTH-09: the phone comes again without EAP_ID and is sent to the provider."""
    core.tenant(sources=["*: gone"], oidc="login")
    answer = begin(client, core.card(1))
    assert answer.status == 511 and not answer.body.startswith(b"<?xml")
    assert client.get(params()).status == 302
    core.tenant(sources=["*: home"], oidc="login")
    assert authenticate(client, core.card(1)).status == 200, "the login does not stand in the way of a SIM"


def test_an_hss_that_is_away_is_503_when_a_token_came_along(core, client):
    """V12-AUTH-09, V12-AUTH-10: a token that is not good is a token all the same."""
    core.tenant(sources=["*: gone"], oidc="login")
    assert begin(client, core.card(1), token="stale").waits()


def test_an_hss_that_is_away_in_the_middle_leaves_the_exchange_where_it_was(core, client):
    """V12-AUTH-10, V12-AUTH-13: AUTS is answered 503, and the same packet again goes on."""
    core.tenant(sources=["*: home"])
    usim = core.card(7)
    usim.seq = [max(usim.seq) + AHEAD] * 32
    challenge = begin(client, usim)
    auts = answer_challenge(usim, challenge.packet(), nai(usim.imsi))
    for peer in core.peers.values():
        peer.set(result=5012)
    assert client.relay(auts, challenge.cookie()).waits()
    core.renew()
    again = client.relay(auts, challenge.cookie())
    assert again.status == 200 and again.type == EAP_RELAY
    assert client.relay(answer_challenge(usim, again.packet(), nai(usim.imsi)), again.cookie()).token()


def test_a_subscriber_of_the_hss_who_is_not_a_customer_gets_no_document(core, client):
    """V12-AUTH-14: the SIM is genuine and policy has nobody: 403 and no token."""
    core.tenant(sources=["*: home"])
    answer = authenticate(client, Usim(KEYLESS, "00112233445566778899aabbccddeeff", "d1d2d3d4d5d6d7d8d9dadbdcdddedff0"))
    assert answer.status == 403 and last_record(core, KEYLESS, "not_a_subscriber")


# ---- a UDM ----

@METHODS
def test_a_sim_authenticates_with_a_vector_of_the_udm(core, supplicant, method, name_of):
    """V12-AUTH-06, V12-AUTH-19"""
    core.tenant(sources=["*: udm1"], methods=BOTH)
    usim = Usim("001010000000002", *TEST_SETS[1])
    code, relay, card, output = supplicant(usim, method=method, identity=name_of(usim.imsi), on=core.stack)
    assert code == 0, output
    assert card.results == ["ok"] and relay.statuses == [200, 200] and relay.document.token()
    assert len(core.udm.seen("/nudm-ueau")) == 1 and core.udm.seen("/nudm-ueau")[0]["protocol"] == "2"
    assert core.hss1.count("MAR") == 0


@METHODS
def test_the_udm_resynchronises_a_sim_that_is_ahead(core, supplicant, method, name_of):
    """V12-AUTH-05, V12-AUTH-13"""
    core.tenant(sources=["*: udm1"], methods=BOTH)
    usim = Usim("001010000000003", *TEST_SETS[2])
    usim.seq = [AHEAD << (1 if method == "AKA" else 2)] * 32
    code, relay, card, output = supplicant(usim, method=method, identity=name_of(usim.imsi), on=core.stack)
    assert code == 0, output
    assert card.results == ["auts", "ok"] and relay.statuses == [200, 200, 200]
    assert ["resynchronizationInfo" in ask["body"] for ask in core.udm.seen("/nudm-ueau")] == [False, True]


def test_the_udm_and_the_nrf_see_our_certificate_and_the_udm_the_nrf_s_token(core, client):
    """docs/core-network.md, "The token": one is fetched, by mutual TLS and for our instance, and serves until shortly before its end."""
    core.tenant(sources=["*: udm1"])
    core.udm.control(forget_tokens=True)
    usim = Usim("001010000000005", *TEST_SETS[4])
    assert authenticate(client, usim).status == 200 and authenticate(client, usim).status == 200
    (asked,), vectors = core.udm.seen("/oauth2/token"), core.udm.seen("/nudm-ueau")
    assert "nfInstanceId=" + documented_udm("", core.pki).split("nf_instance_id = ")[1].split()[0] in asked["body"]
    # the first one carries a token that the UDM has just forgotten, or none was there yet and it is the first with one
    assert len(vectors) in (2, 3) and all(ask["headers"]["authorization"].startswith("Bearer ") for ask in vectors)
    assert {ask["client"] for ask in (asked, *vectors)} == {IDENTITY}


def test_a_subscriber_whom_the_udm_does_not_know_is_refused_at_once(core, client):
    """V12-AUTH-08"""
    core.tenant(sources=["*: udm1 home"])
    assert begin(client, Usim("001010999999999", *TEST_SETS[0])).status == 403
    assert len(core.udm.seen("/nudm-ueau")) == 1 and core.hss1.count("MAR") == 0


def test_a_udm_that_is_silent_is_503_in_time_and_nobody_else_s_affair(core, client, other_card):
    """V12-AUTH-10: while one phone waits for it, phones of another tenant and of another source are served."""
    core.tenant(sources=["*: udm1", "001010000000001: home"])
    core.udm.control(delay=True)
    slow, answers = core.client(), []
    waiting = threading.Thread(target=lambda: answers.append(begin(slow, core.card(2))))
    waiting.start()
    wait_for(lambda: core.udm.seen("/nudm-ueau"), what="the UDM is asked")
    own = core.client()
    assert authenticate(own, other_card, identity=other_nai()).status == 200
    assert authenticate(client, core.card(1)).status == 200
    own.close()
    waiting.join(30)
    slow.close()
    assert len(answers) == 1 and answers[0].waits()
    core.udm.control()
    assert authenticate(client, Usim("001010000000004", *TEST_SETS[3])).status == 200


# ---- the profile ----

def test_what_the_hss_says_of_a_subscriber_stands_before_the_document(core, client):
    """V12-VWF-05: number and access are policy's before it decides, and the trail names who said so."""
    core.tenant(sources=["*: home"], hss_profile=True)
    barred, free = core.card(1), core.card(2)
    before = core.subscriber(barred.imsi)
    assert before["vowifi"]["provisioning"] == "provisioned"
    answer = authenticate(client, barred)
    assert answer.status == 200 and answer.apps()["ap2004"]["ProvStatus"] == "0", "this document, not the next"
    after = core.subscriber(barred.imsi)
    assert (after["msisdn"], after["vowifi"]["provisioning"]) == ("+491700000001", "not_provisioned")
    assert core.hss1.count("SAR") == 1
    answer = authenticate(client, free)
    assert answer.apps()["ap2004"]["ProvStatus"] == "1" and core.subscriber(free.imsi)["msisdn"] == "+491700000002"
    assert client.get(params(token=answer.token())).status == 200 and core.hss1.count("SAR") == 2, "a token asks nobody"
    trail = json.loads(core.stack.ctl("audit", "--tenant", "demo", "--json", "--limit", "20").stdout)
    assert any("core:home" in json.dumps(entry) and barred.imsi in json.dumps(entry) for entry in trail)
    again = core.subscriber(barred.imsi)["version"]
    assert authenticate(client, barred).status == 200 and core.subscriber(barred.imsi)["version"] == again, "nothing new, nothing stored"


def test_a_profile_that_does_not_come_keeps_nobody_out(core, client):
    core.tenant(sources=["*: home"], hss_profile=True)
    usim = core.card(3)
    challenge = begin(client, usim)
    packet = answer_challenge(usim, challenge.packet(), nai(usim.imsi))
    core.hss1.set(result=5012)
    before = len(core.events("auth.profile_not_told"))
    answer = client.relay(packet, challenge.cookie())
    assert answer.status == 200 and answer.token()
    assert len(core.events("auth.profile_not_told")) == before + 1


def test_a_profile_that_the_hss_pushes_changes_the_subscriber(core, client):
    """TS 29.273 8.1.2.3: PPR is answered 2001 when policy has it, 5001 for who is nobody's."""
    core.tenant(sources=["*: home"])
    usim = core.card(4)
    token = authenticate(client, usim).token()
    assert core.hss1.do(f"ppr {usim.imsi} 491709999999 1") == "result 2001"
    after = core.subscriber(usim.imsi)
    assert (after["msisdn"], after["vowifi"]["provisioning"]) == ("+491709999999", "not_provisioned")
    assert client.get(params(token=token)).apps()["ap2004"]["ProvStatus"] == "0"
    assert core.hss1.do(f"ppr {usim.imsi} 491709999999 0") == "result 2001"
    assert client.get(params(token=token)).apps()["ap2004"]["ProvStatus"] == "1"
    assert core.hss1.do("ppr 001010888888888 491709999998 1") == "experimental 5001"


def test_a_subscriber_whom_the_hss_deregisters_has_to_authenticate_again(core, client):
    """TS 29.273 8.1.2.4: RTR voids every token of the subscriber, and of nobody else."""
    core.tenant(sources=["*: home"])
    gone, stays = authenticate(client, core.card(5)).token(), authenticate(client, core.card(6)).token()
    assert core.hss2.do(f"rtr {core.card(5).imsi}") == "result 2001"
    assert client.get(params(token=gone)).status == 511
    assert client.get(params(token=stays)).status == 200
    assert authenticate(client, core.card(5)).status == 200
    assert core.hss2.do("rtr 001010888888888") == "experimental 5001"


def test_an_hss_changes_nothing_of_a_tenant_that_does_not_route_to_it(core, client, other_card):
    core.tenant(sources=["*: udm1"])
    assert core.hss1.do(f"rtr {other_card.imsi}") == "experimental 5001"
    assert core.hss1.do(f"ppr {core.card(1).imsi} 491705555555 0") == "experimental 5001"
    assert core.subscriber(core.card(1).imsi)["msisdn"] != "+491705555555"


# ---- protection, and what the operator sees ----

def test_a_challenge_that_nobody_answered_is_sent_again_and_costs_no_vector(core, client):
    """One MAR however often a stranger asks in the subscriber's name; the SIM's answer still counts."""
    core.tenant(sources=["*: home"])
    usim = core.card(7)
    first, *others = [begin(client, usim) for _ in range(5)]
    rand = first.packet()[12:28]
    assert {answer.packet()[12:28] for answer in others} == {rand} and core.hss1.count("MAR") == 1
    last = others[-1]
    assert client.relay(answer_challenge(usim, last.packet(), nai(usim.imsi)), last.cookie()).token()
    assert begin(client, usim).packet()[12:28] != rand and core.hss1.count("MAR") == 2, "once answered it is used up"


def test_the_operator_sees_how_the_authentications_of_a_sim_went(core, client):
    core.tenant(sources=["*: home", "001010000000008: udm1"], methods=BOTH)
    usim = core.card(8)
    core.udm.subscribers({usim.imsi: TEST_SETS[1]})
    assert authenticate(client, usim, identity=nai_prime(usim.imsi)).status == 200
    core.udm.control(status=403, cause="AUTHENTICATION_REJECTED")
    assert begin(client, usim).status == 403
    records = []

    def recorded():  # a refusal within a second, a success with its document
        records[:] = [(r["result"], r["method"], r["source"]) for r in core.authentications(usim.imsi)]
        return len(records) == 2
    wait_for(recorded, what="both in the record")
    assert records == [("network_refused", "eap-aka", "udm1"), ("success", "eap-aka-prime", "udm1")]


def test_a_tenant_that_names_a_source_nobody_configured_gets_503_and_the_log_says_so(core, client):
    core.tenant(sources=["*: nowhere"])
    assert begin(client, core.card(1)).waits()
    assert core.events("auth.source_unknown", source="nowhere", tenant="demo")
    core.tenant(sources=["*: nowhere home"])
    assert authenticate(client, core.card(1)).status == 200


@pytest.mark.parametrize("text,says", [
    ("[swx home]\nrealm = example.org\nflavour = mild\n", "flavour"), ("[hlr old]\nrealm = example.org\n", "hlr"),
    ("[udm home]\nurl = http://127.0.0.1\nflavour = mild\n", "flavour"), ("[udm home]\nurl = http://127.0.0.1\ntimeout = soon\n", "timeout")])
def test_a_core_file_that_auth_does_not_understand_stops_it_with_a_sentence(core, tmp_path, text, says):
    """The file, the line and the word."""
    file, config = tmp_path / "core.conf", tmp_path / "auth.conf"
    file.write_text("; a comment\n" + text)
    line = 2 + next(i for i, word in enumerate(text.splitlines()) if says in word)
    settings = dict(row.split(" = ") for row in core.auth.config.read_text().splitlines()[1:])
    settings.update(core_file=file, ops_listen=f"127.0.0.1:{free_port()}", bus_listen=f"ipc://{tmp_path}/auth", db=f"sqlite:{tmp_path}/auth.db")
    config.write_text("[auth]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items()))
    done = subprocess.run([BIN / "openes-auth", "--config", config], capture_output=True, text=True, timeout=20)
    assert done.returncode != 0 and f"{file}:{line}" in done.stderr and says in done.stderr, done.stderr


# ---- limits ----

@pytest.fixture(scope="module")
def limited(tmp_path_factory, ebin):
    """Each limit is a small one, each test takes a subscriber of its own."""
    settings = {"imsi_challenges_per_minute": 2, "imsi_resyncs_per_hour": 1, "failures_per_hour": 1}
    made = CoreStack(tmp_path_factory.mktemp("limited"), ebin, peers=("hss1",), overrides={"auth": settings})
    try:
        made.start().tenant(sources=["*: home"])
        yield made
    finally:
        made.stop()


def limited_by(core, limit):
    return core.auth.metric(f'openes_auth_limited_total{{limit="{limit}"}}')


def test_vectors_of_one_subscriber_are_limited_and_nobody_else_s(limited):
    """V12-HTTP-08: 503 with Retry-After, one in the metric, no question to the HSS; the record has it."""
    client, usim = limited.client(), limited.card(1)
    for _ in range(2):
        assert authenticate(client, usim).status == 200
    asked, before = limited.hss1.count("MAR"), limited_by(limited, "challenges_imsi")
    assert authenticate(client, usim).waits() and limited_by(limited, "challenges_imsi") == before + 1 and limited.hss1.count("MAR") == asked
    assert authenticate(client, limited.card(2)).status == 200
    record = last_record(limited, usim.imsi, "limited")
    assert (record["method"], record["app"]) == ("eap-aka", "ap2003")
    assert [r["result"] for r in limited.authentications(usim.imsi)] == ["limited", "success", "success"]
    client.close()


def test_resynchronisations_of_one_subscriber_are_limited(limited):
    """V12-AUTH-13: each costs the HSS a vector, and anybody can pretend to be a SIM that is ahead."""
    client, usim = limited.client(), limited.card(3)
    usim.seq = [AHEAD] * 32
    assert authenticate(client, usim).status == 200
    usim.seq = [2 * AHEAD] * 32
    challenge = begin(client, usim)
    asked, before = limited.hss1.count("MAR"), limited_by(limited, "resyncs_imsi")
    assert client.relay(answer_challenge(usim, challenge.packet(), nai(usim.imsi)), challenge.cookie()).waits()
    assert limited_by(limited, "resyncs_imsi") == before + 1 and limited.hss1.count("MAR") == asked
    client.close()


def test_guesses_at_one_subscriber_from_one_address_are_limited(limited):
    """V12-AUTH-14: after a wrong answer the next exchange has to wait."""
    client, usim = limited.client(), limited.card(4)
    challenge = begin(client, usim)
    packet = bytearray(answer_challenge(usim, challenge.packet(), nai(usim.imsi)))
    packet[-1] ^= 1
    assert client.relay(bytes(packet), challenge.cookie()).status == 403
    before = limited_by(limited, "failures")
    assert begin(client, usim).waits() and limited_by(limited, "failures") == before + 1
    client.close()


def test_challenges_of_one_tenant_are_limited_by_its_own_setting(limited):
    """A tenant that floods is turned away, the other one is not."""
    limited.tenant(sources=["*: home"], challenges_per_second=1)
    client, other = limited.client(), limited.other_tenant()
    before = limited_by(limited, "challenges_tenant")
    wait_for(lambda: begin(client, limited.card(5)).waits(), what="more than one in a second")
    assert limited_by(limited, "challenges_tenant") > before
    assert authenticate(client, other, identity=other_nai()).status == 200
    client.close()

"""The relay to a 3GPP AAA (SWm, on Erlang's Diameter stack): TS.43 2.8.1 with its table, end to end, without a key on our side."""

import base64
import json
import sqlite3

import pytest
from core_stack import KEYLESS, KEYLESS_KEYS, CoreStack
from stack import wait_for
from ts43 import answer_challenge, authenticate, begin, nai, params
from usim import TEST_SETS, Usim

REFUSALS = (4001, 5001, 5003)
NO_ANSWERS = (*range(3001, 3011), 5002, *range(5004, 5018))
OTHERS = (3011, 4002, 5018, 5999)  # in no row of the table


@pytest.fixture(scope="module")
def shared(tmp_path_factory, ebin):
    made = CoreStack(tmp_path_factory.mktemp("core"), ebin, peers=("aaa1",), changes={"aaa relay": {"timeout": "2s"}})
    try:
        made.start()
        made.stack.ctl("subscriber", "add", "--tenant", "demo", "--imsi", KEYLESS, "--plan", "gold", "--msisdn", "+15550000050")
        yield made
    finally:
        made.stop()


@pytest.fixture
def core(shared):
    shared.renew()
    yield shared
    assert shared.aaa1.popen.poll() is not None or shared.aaa1.count("errors") == 0, shared.aaa1.log_path.read_text()[-2000:]


@pytest.fixture
def client(core):
    connection = core.client()
    yield connection
    connection.close()


class Diary(Usim):
    """A card that remembers what it said, so that the test knows what nobody may have kept."""

    def __init__(self, *of):
        super().__init__(*of)
        self.secrets = []

    def authenticate(self, rand, autn):
        result = super().authenticate(rand, autn)
        self.secrets += [part for part in result[1:] if result[0] == "ok"]
        return result


@pytest.fixture(scope="module")
def keyless():
    return Diary(KEYLESS, *KEYLESS_KEYS)


def test_a_sim_whose_keys_we_do_not_have_authenticates_through_the_aaa(core, client, keyless):
    """V12-AUTH-01, V12-AUTH-06, V12-AUTH-07: 1001 is 200 with the AAA's packet, 2001 is 200 with a document."""
    core.tenant(sources=["*: relay"])
    status = core.stack.ctl("keys", "status", "--tenant", "demo", "--imsi", KEYLESS, "--json")
    assert json.loads(status.stdout) == {"exists": False}
    answer = authenticate(client, keyless)
    assert answer.status == 200 and answer.token() and answer.apps()["ap2004"]["EntitlementStatus"]
    assert core.aaa1.count("DER") == 2
    record = core.authentications(KEYLESS)[0]
    assert (record["result"], record["method"], record["source"]) == ("success", "relay", "relay")
    assert client.get(params(token=answer.token())).status == 200 and core.aaa1.count("DER") == 2


def test_eapol_test_authenticates_through_the_aaa(core, supplicant, keyless):
    """V12-AUTH-06, V12-AUTH-19: peer and AAA agree about the keys; we see packets."""
    core.tenant(sources=["*: relay"])
    code, relay, card, output = supplicant(keyless, on=core.stack)
    assert code == 0, output
    assert card.results == ["ok"] and relay.statuses == [200, 200] and relay.document.token()


def test_the_aaa_resynchronises_a_sim_that_is_ahead(core, supplicant, keyless):
    """V12-AUTH-05, V12-AUTH-13: another 1001 is another 200 with a packet."""
    core.tenant(sources=["*: relay"])
    keyless.seq = [max(keyless.seq) + (1 << 36)] * 32
    code, relay, card, output = supplicant(keyless, on=core.stack)
    assert code == 0, output
    assert card.results == ["auts", "ok"] and relay.statuses == [200, 200, 200] and core.aaa1.count("DER") == 3


def test_a_session_that_the_aaa_keeps_is_ended_after_success(core, client, keyless):
    """RFC 4072 2.2, TS 29.273 7.1.2.3: STR where the AAA holds state, none where it says that it does not."""
    core.tenant(sources=["*: relay"])
    core.aaa1.set(keep=0)
    assert authenticate(client, keyless).status == 200
    core.aaa1.set(keep=1)
    assert authenticate(client, keyless).status == 200
    wait_for(lambda: core.aaa1.count("STR") > 0, what="STR")
    assert core.aaa1.count("STR") == 1 and core.aaa1.count("DER") == 4


def test_a_session_that_the_aaa_keeps_is_ended_when_policy_turns_the_subscriber_down(core, client):
    """The AAA's word is not the last: a terminated subscriber gets 403, and the AAA forgets him all the same."""
    core.tenant(sources=["*: relay"])
    terminated = core.card(11)
    assert authenticate(client, terminated).status == 403
    assert core.authentications(terminated.imsi)[0]["result"] == "terminated"
    wait_for(lambda: core.aaa1.count("STR") == 1, what="STR")


def test_a_wrong_sim_is_refused_by_the_aaa(core, client):
    """V12-AUTH-08, V12-AUTH-14"""
    core.tenant(sources=["*: relay"])
    usim = core.card(1)
    challenge = begin(client, usim)
    packet = bytearray(answer_challenge(usim, challenge.packet(), nai(usim.imsi)))
    packet[-1] ^= 1
    assert client.relay(bytes(packet), challenge.cookie()).status == 403
    assert core.authentications(usim.imsi)[0]["result"] == "aaa_rejected"
    assert begin(client, Usim("001010999999999", *TEST_SETS[0])).status == 403, "an identity that the AAA does not know"


KINDS = pytest.mark.parametrize("kind", ["result", "experimental"])


def statuses(core, kind, codes, ask):
    """What the phone gets at the start of an exchange, by what the AAA says."""
    out = {}
    for code in codes:
        core.aaa1.set(**{kind: code})
        out[code] = ask()
    core.aaa1.do("reset")
    return out


@KINDS
def test_refusals_of_the_aaa_are_403_whatever_other_method_there_is(core, client, kind):
    """V12-AUTH-08, V12-AUTH-12"""
    for oidc in ("", "login"):
        core.tenant(sources=["*: relay"], oidc=oidc)
        assert set(statuses(core, kind, REFUSALS, lambda: begin(client, core.card(2)).status).values()) == {403}


@KINDS
def test_other_results_of_the_aaa_are_511_where_the_tenant_has_another_method(core, client, kind):
    """V12-AUTH-09, V12-AUTH-12: every code of the table, in either attribute."""
    core.tenant(sources=["*: relay"], oidc="login")
    seen = statuses(core, kind, (*NO_ANSWERS, *OTHERS), lambda: begin(client, core.card(2)).status)
    assert {code: status for code, status in seen.items() if status != 511} == {}


@KINDS
def test_other_results_of_the_aaa_are_503_when_a_token_came_along(core, client, kind):
    """V12-AUTH-10, V12-AUTH-12"""
    core.tenant(sources=["*: relay"], oidc="login")
    seen = statuses(core, kind, (*NO_ANSWERS, *OTHERS), lambda: begin(client, core.card(2), token="stale").waits())
    assert {code for code, waited in seen.items() if not waited} == set()


@KINDS
def test_other_results_of_the_aaa_are_503_where_there_is_no_other_method(core, client, kind):
    """V12-AUTH-10, V12-AUTH-12"""
    core.tenant(sources=["*: relay"])
    seen = statuses(core, kind, (*NO_ANSWERS, *OTHERS), lambda: begin(client, core.card(2)).waits())
    assert {code for code, waited in seen.items() if not waited} == set()


@KINDS
@pytest.mark.parametrize("oidc,token,status", [("login", None, 511), ("login", "stale", 503), ("", None, 503)])
def test_the_table_holds_in_a_later_round_too(core, client, kind, oidc, token, status):
    """V12-AUTH-08, V12-AUTH-09, V12-AUTH-10, V12-AUTH-12: what came with the first request counts in the second."""
    core.tenant(sources=["*: relay"], oidc=oidc)
    usim = core.card(3)
    for code, expected in ((5004, status), (3002, status), (4001, 403)):
        challenge = begin(client, usim, token=token)
        assert challenge.status == 200
        packet = answer_challenge(usim, challenge.packet(), nai(usim.imsi))
        core.aaa1.set(**{kind: code})
        assert client.relay(packet, challenge.cookie()).status == expected, code
        core.aaa1.do("reset")


@pytest.mark.parametrize("kind,code", [("experimental", 1001), ("experimental", 2001), ("result", 2001)])
def test_a_success_that_proves_nothing_lets_nobody_in(core, client, kind, code):
    """V12-AUTH-14: 1001 and 2001 are Result-Codes, and no SIM was asked yet."""
    core.tenant(sources=["*: relay"])
    core.aaa1.set(**{kind: code})
    assert begin(client, core.card(4)).waits()


@pytest.mark.parametrize("fault", ["no_result", "drop"])
def test_an_aaa_that_says_nothing_is_503(core, client, fault):
    """V12-AUTH-10"""
    core.tenant(sources=["*: relay"])
    core.aaa1.set(fault=fault)
    name = 'openes_auth_exchanges_total{result="nobody_answered"}'
    before = core.auth.metric(name)
    assert begin(client, core.card(4)).waits()
    assert core.auth.metric(name) == before + 1 and core.events("auth.relay_away", source="relay")


def test_an_aaa_that_ends_the_session_itself_is_answered(core, client, keyless):
    """TS 29.273 7.1.2.4: ASR for a session that is over already is 5002."""
    core.tenant(sources=["*: relay"])
    assert authenticate(client, keyless).status == 200
    assert core.aaa1.do("asr somebody;1;2") == "result 5002"


def places(secret):
    """The octets as they are, in hexadecimal digits, and in base64 at each of its three alignments."""
    out = {secret, secret.hex().encode(), secret.hex().upper().encode()}
    for pad in range(3):
        text = base64.b64encode(bytes(pad) + secret)
        out.add(text[4 if pad else 0:len(text) - 4])
    return out


def test_neither_key_nor_vector_of_that_sim_is_anywhere_on_our_side(core, client, keyless):
    """Databases with their journals and every log at debug, after authentications that ended well and one that did not end."""
    core.tenant(sources=["*: relay"])
    assert authenticate(client, keyless).status == 200
    assert begin(client, keyless).status == 200
    assert len(keyless.secrets) >= 3, "RES, CK, IK at least"
    secrets = [bytes.fromhex(part) for part in KEYLESS_KEYS] + keyless.secrets
    folder, found, read = core.stack.dir, [], 0
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_relative_to(core.stack.keys):
            data = file.read_bytes()
            read += len(data)
            found += [file.name for secret in secrets for place in places(secret) if place in data]
    assert found == [] and read > 10000
    db = sqlite3.connect(f"file:{folder}/auth.db?mode=ro", uri=True)
    assert db.execute("select count(*) from exchange").fetchone()[0] > 0, "what was searched is where they would be"
    db.close()


def test_an_aaa_that_dies_between_two_rounds_is_503_and_the_phone_starts_over(core, client, keyless):
    """V12-AUTH-10, RFC 4072 2.2: an exchange stays with its AAA; when that is gone the phone begins another."""
    core.tenant(sources=["*: relay"])
    challenge = begin(client, keyless)
    packet = answer_challenge(keyless, challenge.packet(), nai(KEYLESS))
    core.kill(core.aaa1)
    assert client.relay(packet, challenge.cookie()).waits()
    assert begin(client, keyless).waits()
    core.revive(core.aaa1)
    answer = authenticate(client, keyless)
    assert answer.status == 200 and answer.token()

"""Embedded EAP-AKA over HTTPS, with an EAP peer of the tests' own (TS.43 2.8.1, RFC 4187)."""

import base64
import subprocess

import pytest
from ts43 import EAP_RELAY, XML, answer_challenge, authenticate, eap_response, nai, params
from usim import TEST_SETS, Usim


def challenge(client, imsi, **more):
    return client.get(params(EAP_ID=nai(imsi), **more), accept=EAP_RELAY)


def test_the_first_answer_to_an_eap_id_is_a_challenge_with_a_cookie(client, sim):
    """V12-AUTH-01, V12-AUTH-02, V12-AUTH-04, V12-AUTH-07"""
    answer = challenge(client, sim(1).imsi)
    assert (answer.status, answer.type) == (200, EAP_RELAY)
    packet = answer.packet()
    assert packet[0] == 1 and packet[4] == 23 and packet[5] == 1, "EAP-Request/AKA-Challenge: Android's peer refuses all else"
    cookie = answer.headers["Set-Cookie"]
    assert "Max-Age" not in cookie and "Expires" not in cookie and "Secure" in cookie
    assert answer.headers["Date"] and "Location" not in answer.headers


def test_a_right_answer_gets_the_document_of_the_first_request(client, sim):
    """V12-AUTH-03, V12-AUTH-06, V12-AUTH-18, V12-DOC-01, V12-DOC-02, V12-DOC-12"""
    answer = authenticate(client, sim(1), app=["ap2004", "ap2003"])
    assert (answer.status, answer.type) == (200, XML)
    assert set(answer.apps()) == {"ap2003", "ap2004"}
    vers, token = answer.characteristic("VERS"), answer.characteristic("TOKEN")
    assert int(vers["version"]) > 0 and int(vers["validity"]) > 0
    assert token["token"] and int(token["validity"]) > 0 and len(token["token"]) <= 512


def test_a_first_request_by_post_is_challenged_too(client, sim):
    """V12-REQ-02, V12-AUTH-01"""
    answer = client.post(params(EAP_ID=nai(sim(1).imsi)), accept=EAP_RELAY)
    assert (answer.status, answer.type) == (200, EAP_RELAY)
    final = client.relay(answer_challenge(sim(1), answer.packet(), nai(sim(1).imsi)), answer.cookie())
    assert final.status == 200 and final.token()


def test_auts_leads_to_a_new_challenge_under_the_same_cookie(client, sim):
    """V12-AUTH-05, V12-AUTH-13: one resynchronisation; a second AUTS is 403 (RFC 4187 6.3.1)."""
    usim, identity = sim(3), nai(sim(3).imsi)
    usim.move_ahead()
    first = challenge(client, usim.imsi)
    auts = answer_challenge(usim, first.packet(), identity)
    assert auts[5] == 4, "the USIM finds the SQN out of range"
    second = client.relay(auts, first.cookie(), accept=EAP_RELAY)
    assert (second.status, second.type) == (200, EAP_RELAY)
    assert second.cookie() == first.cookie(), "Android keeps the first cookie only"
    assert second.packet()[8:] != first.packet()[8:] and second.packet()[1] != first.packet()[1]
    final = client.relay(answer_challenge(usim, second.packet(), identity), first.cookie())
    assert final.status == 200 and final.token()


def test_a_second_auts_in_one_exchange_is_refused(client, sim):
    usim, identity = sim(3), nai(sim(3).imsi)
    usim.move_ahead()
    first = challenge(client, usim.imsi)
    second = client.relay(answer_challenge(usim, first.packet(), identity), first.cookie())
    usim.move_ahead()
    answer = client.relay(answer_challenge(usim, second.packet(), identity), first.cookie())
    assert answer.status == 403


def test_a_forged_auts_is_refused(client, sim):
    first = challenge(client, sim(1).imsi)
    answer = client.relay(eap_response(first.packet()[1], 4, [(4, bytes(14))]), first.cookie())
    assert answer.status == 403


@pytest.mark.parametrize("damage", ["res", "mac", "reject", "client-error"])
def test_a_failed_exchange_ends_in_403_without_a_token(client, sim, damage):
    """V12-AUTH-14, V12-AUTH-08"""
    first = challenge(client, sim(1).imsi)
    identifier = first.packet()[1]
    response = answer_challenge(sim(1), first.packet(), nai(sim(1).imsi))
    packet = {
        "res": eap_response(identifier, 1, [(3, b"\0\x40" + bytes(8))], bytes(16)),
        "mac": response[:-1] + bytes([response[-1] ^ 1]),
        "reject": eap_response(identifier, 2, []),
        "client-error": eap_response(identifier, 14, [(22, b"\0\0")]),
    }[damage]
    answer = client.relay(packet, first.cookie())
    assert answer.status == 403 and b"token" not in answer.body
    again = client.relay(response, first.cookie())
    assert again.status in (400, 403, 511), "the exchange is over, the right answer comes too late"


@pytest.mark.parametrize("body", [
    b"{", b"[]", b'{"eap-relay-packet":5}', b'{"eap-relay-packet":"%%%"}', b'{"eap-relay-packet":""}',
    b'{"eap-relay-packet":"AgEABBc="}', b'{"eap-relay-packet":"' + base64.b64encode(bytes(5000)) + b'"}',
])
def test_a_packet_that_does_not_parse_is_400(client, sim, body):
    """V12-AUTH-15"""
    first = challenge(client, sim(1).imsi)
    answer = client.send("POST", "/", body=body, headers={"Cookie": first.cookie(), "Content-Type": EAP_RELAY, "Accept": EAP_RELAY + ", " + XML})
    assert answer.status == 400


def test_a_packet_with_another_identifier_leaves_the_exchange_as_it_was(client, sim):
    first = challenge(client, sim(1).imsi)
    response = answer_challenge(sim(1), first.packet(), nai(sim(1).imsi))
    wrong = bytes([response[0], (response[1] + 1) % 256]) + response[2:]
    assert client.relay(wrong, first.cookie()).status == 400
    assert client.relay(response, first.cookie()).status == 200


@pytest.mark.parametrize("cookie", ["ecs=AAAA", "ecs=", "other=1", "ecs=" + "A" * 3000])
def test_an_unknown_cookie_never_gets_data(client, cookie):
    """V12-AUTH-16"""
    answer = client.relay(eap_response(1, 1, [(3, b"\0\x40" + bytes(8))], bytes(16)), cookie)
    assert answer.status in (400, 511) and b"APPLICATION" not in answer.body


def test_the_identical_answer_repeated_gets_the_same_outcome_and_any_other_is_refused(client, sim):
    """V12-AUTH-17"""
    first = challenge(client, sim(1).imsi)
    response = answer_challenge(sim(1), first.packet(), nai(sim(1).imsi))
    one, two = client.relay(response, first.cookie()), client.relay(response, first.cookie())
    assert one.status == two.status == 200 and two.token() == one.token()
    other = response[:-1] + bytes([response[-1] ^ 1])
    answer = client.relay(other, first.cookie())
    assert answer.status in (400, 403, 511) and b"TOKEN" not in answer.body


@pytest.mark.parametrize("echo", [
    "{0}; Path=/; Secure; HttpOnly", 'ecs="{1}"', "$Version=1; {0}; $Path=/", "other=2; {0}",
])
def test_cookies_come_back_in_the_forms_real_clients_send(client, sim, echo):
    first = challenge(client, sim(1).imsi)
    cookie = first.cookie()
    answer = client.relay(answer_challenge(sim(1), first.packet(), nai(sim(1).imsi)), echo.format(cookie, cookie.split("=", 1)[1]))
    assert answer.status == 200, echo


@pytest.mark.parametrize("identity,status", [
    ("0001010999999999@nai.epc.mnc001.mcc001.3gppnetwork.org", 403),    # unknown IMSI
    ("0999990000000001@nai.epc.mnc099.mcc999.3gppnetwork.org", 403),    # not our network
    ("hello", 400), ("0abc@nai.epc.mnc001.mcc001.3gppnetwork.org", 400), ("0" * 400, 400),
])
def test_an_identity_that_cannot_be_used_is_never_challenged(client, identity, status):
    """V12-AUTH-08"""
    assert client.get(params(EAP_ID=identity), accept=EAP_RELAY).status == status


def test_wlan_realms_are_accepted(client, sim):
    identity = f"0{sim(1).imsi}@wlan.mnc001.mcc001.3gppnetwork.org"
    assert authenticate(client, sim(1), identity=identity).status == 200


def test_eap_with_a_valid_token_takes_the_token(client, sim):
    """V12-AUTH-11"""
    token = authenticate(client, sim(1)).token()
    answer = client.get(params(EAP_ID=nai(sim(1).imsi), token=token), accept=EAP_RELAY + ", " + XML)
    assert answer.status == 200 and answer.type.startswith(XML) and answer.token() == token


def test_a_phone_without_its_imei_is_served(client, sim):
    answer = authenticate(client, sim(1), terminal_id="null")
    assert answer.status == 200 and answer.token()


def test_a_large_first_request_is_remembered(client, sim):
    """The original request over 3 KB is kept as a row, not in the cookie."""
    answer = authenticate(client, sim(1), terminal_model="M" * 3500, app=["ap2003", "ap2005"])
    assert answer.status == 200 and set(answer.apps()) == {"ap2003", "ap2005"}


def test_curl_authenticates_with_hand_made_packets(stack, sim, tmp_path):
    """V12-AUTH-18: EAP_ID percent-encoded by curl; nothing but curl touches the wire."""
    url, usim, jar = f"https://127.0.0.1:{stack.port}/", sim(1), tmp_path / "jar"
    common = ["curl", "-sS", "--fail-with-body", "--cacert", stack.ca, "-b", jar, "-c", jar]
    query = [x for k, v in params(EAP_ID=nai(usim.imsi)).items() for x in ("--data-urlencode", f"{k}={v}")]
    out = subprocess.run([*common, "-G", url, "-H", f"Accept: {EAP_RELAY}", *query], capture_output=True, text=True, check=True).stdout
    packet = base64.b64decode(out.split('"')[3])
    body = base64.b64encode(answer_challenge(usim, packet, nai(usim.imsi))).decode()
    out = subprocess.run([*common, url, "-H", f"Accept: {EAP_RELAY}, {XML}", "-H", f"Content-Type: {EAP_RELAY}", "-d", '{"eap-relay-packet":"%s"}' % body],
                         capture_output=True, text=True, check=True).stdout
    assert '<characteristic type="TOKEN">' in out


def test_a_key_the_network_does_not_have_is_refused_by_the_card_itself(client):
    wrong = Usim("001010000000001", "00" * 16, TEST_SETS[0][1])
    assert authenticate(client, wrong).status == 403

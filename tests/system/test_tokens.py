"""Fast authentication by token (TS.43 2.8.5, 2.9.6) and what ends a token."""

import json
import time

import pytest
from stack import ROOT, wait_for
from ts43 import Client, authenticate, params


@pytest.fixture
def token(client, sim):
    return authenticate(client, sim(1)).token()


def test_a_token_is_enough_and_is_repeated(client, token):
    """V12-TOK-01, V12-TOK-02, V12-TOK-03, V12-TOK-08"""
    answer = client.get(params(token=token))
    assert answer.status == 200
    assert answer.token() == token and 0 < int(answer.characteristic("TOKEN")["validity"]) <= 604800


def test_a_token_of_any_voice_application_serves_all_three(client, sim, token):
    """Android shares one token between ap2003, ap2004 and ap2005."""
    assert set(client.get(params(token=token, app=["ap2003", "ap2005"])).apps()) == {"ap2003", "ap2005"}
    assert client.get(params(token=token, app="ap2006", operation="CheckEligibility")).status == 511


@pytest.mark.parametrize("change", [
    {"IMSI": "001010000000002"}, {"terminal_id": "490154203237518"}, {"app_name": "com.other.app"},
], ids=str)
def test_a_token_serves_only_what_it_was_made_for(client, token, change):
    """V12-TOK-06, V12-TOK-11"""
    assert client.get(params(token=token, **change)).status == 511


def test_a_token_is_good_for_a_client_that_was_started_anew(stack, token):
    """V12-TOK-09: another connection and no cookie; the token is all that it kept."""
    connection = Client(stack)
    answer = connection.get(params(token=token))
    connection.close()
    assert answer.status == 200 and answer.token() == token


def test_a_token_of_any_length_is_judged_by_what_it_says(client, token):
    """V12-TOK-10: neither too short nor too long to be looked at, and none of them is an error of the request."""
    for length in (1, 2, 20, len(token) - 1, len(token), len(token) + 1, 1000):
        assert client.get(params(token="A" * length)).status == 511, length


def test_a_damaged_token_is_511(client, token):
    for damaged in (token[:-1] + ("A" if token[-1] != "A" else "B"), token[:20], "x", "%00", token + "A"):
        assert client.get(params(token=damaged)).status == 511


def test_clients_of_one_phone_do_not_kill_each_others_tokens(client, sim):
    """V12-TOK-06"""
    one = authenticate(client, sim(1), app_name="com.one").token()
    two = authenticate(client, sim(1), app_name="com.two").token()
    assert client.get(params(token=one, app_name="com.one")).status == 200
    assert client.get(params(token=two, app_name="com.two")).status == 200


@pytest.mark.long
def test_an_expired_token_is_511_and_one_near_its_end_is_renewed(own_stack, sim):
    """V12-TOK-03, V12-TOK-04, V12-TOK-05: with the shortest life a tenant may give, one minute."""
    running = own_stack()
    tenant = running.dir / "tenant.json"
    tenant.write_text(json.dumps({**json.loads((ROOT / "deploy/demo/tenant.json").read_text()), "token_ttl": 60}))
    running.ctl("tenant", "set", tenant)
    connection = Client(running)
    fresh = {}

    def short_lived():
        # Not more often: one card gets only so many vectors a second (TS 33.102 C.1.1.3).
        time.sleep(0.2)
        fresh["answer"] = authenticate(connection, sim(2))
        return int(fresh["answer"].characteristic("TOKEN")["validity"]) <= 60
    wait_for(short_lived, 40, "auth to hear of the new token lifetime")
    token = fresh["answer"].token()
    renewed = set()

    def expired():
        answer = connection.get(params(token=token))
        if answer.status == 200:
            renewed.add(answer.token())
        return answer.status == 511
    wait_for(expired, 90, "the token's end")
    assert renewed - {token}, "near its end it was renewed while it still worked"
    assert connection.get(params(token=max(renewed - {token}))).status == 200


@pytest.mark.parametrize("command", ["reset-tokens", "suspend", "swap-sim"])
def test_what_ends_a_subscribers_tokens_ends_them_at_the_next_request(own_stack, command):
    from usim import TEST_SETS, Usim
    running = own_stack()
    connection = Client(running)
    usim = Usim("001010000000002", *TEST_SETS[1])
    token = authenticate(connection, usim).token()
    assert connection.get(params(token=token)).status == 200
    running.ctl("subscriber", command, "--tenant", "demo", "--imsi", usim.imsi)
    assert connection.get(params(token=token)).status == 511

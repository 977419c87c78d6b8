"""Firebase Cloud Messaging with its token endpoint, and Windows' service with its own: assertions and messages checked by others' code, each row of
their tables played."""

import json
import time

import pytest
from stack import wait_for


@pytest.fixture
def phone(push):
    made = push.line().phone()
    assert made.register("fcm") == ["0"]
    return made


@pytest.fixture
def pc(push):
    made = push.line().phone()
    assert made.register("wns") == ["0"]
    return made


def is_put_off(push, phone):
    return any(row["attempts"] and not row["lease"] for row in push.waking(phone.line))


# ---- FCM

def test_a_message_to_android_has_strings_alone_and_wakes_it_at_once(push, phone):
    """V12-NOTIF-05, V12-NOTIF-06"""
    phone.line.stir()
    taken, = phone.peer.wait_taken(phone.target)
    message = taken["message"]
    assert set(message) <= {"data", "android"} and set(message["data"]) == {"app", "timestamp"}
    assert message["android"]["priority"].upper() == "HIGH" and 0 < float(message["android"]["ttl"].rstrip("s")) <= 2419200
    assert taken["protocol"] == "2"


def test_an_access_token_is_asked_for_once_and_again_when_it_is_not_taken_any_more(push, phone):
    phone.line.stir()
    phone.peer.wait_taken(phone.target)
    tokens = push.fcm.state()["tokens"]
    phone.line.stir()
    phone.peer.wait_taken(phone.target, 2)
    push.wait_quiet(phone.line)
    assert push.fcm.state()["tokens"] == tokens
    push.fcm.ask("forget_tokens")
    phone.line.stir()
    phone.peer.wait_taken(phone.target, 3)
    push.wait_quiet(phone.line)
    assert push.fcm.state()["tokens"] == tokens + 1 and not push.dead(phone.line)


@pytest.mark.rows
@pytest.mark.parametrize("play", [{"code": "UNREGISTERED"}, {"code": "SENDER_ID_MISMATCH"}, {"code": "INVALID_ARGUMENT", "field": "message.token"}],
                         ids=["UNREGISTERED", "SENDER_ID_MISMATCH", "INVALID_ARGUMENT-of-the-token"])
def test_a_token_that_google_does_not_know_is_withdrawn(push, phone, play):
    phone.say(play)
    phone.line.stir()
    wait_for(lambda: not push.registered(phone), what="the token to be withdrawn")
    wait_for(lambda: not push.waking(phone.line), what="nothing to wait for")


def test_a_token_that_was_renewed_while_it_was_refused_is_not_withdrawn(push, phone):
    """The answer is about the token that was sent, not the one that has taken its place."""
    phone.say({"delay_ms": 1, "hang": True, "times": 1})
    phone.line.stir()
    wait_for(lambda: push.fcm.state()["requests"] > 0 and any(row["lease"] for row in push.waking(phone.line)), what="the push to be under way")
    old = phone.target
    phone.register("fcm")
    push.fcm.say(old, {"code": "UNREGISTERED"})
    push.fcm.ask("release")
    push.wait_quiet(phone.line)
    assert push.registered(phone) == {"ap2004"}


@pytest.mark.rows
@pytest.mark.parametrize("code", ["INVALID_ARGUMENT", "THIRD_PARTY_AUTH_ERROR", "APNS_AUTH_ERROR"])
def test_a_message_that_google_never_takes_is_a_dead_letter_and_the_token_stays(push, phone, code):
    """Malformed; or for an iPhone whose APNs key the Firebase project lacks."""
    phone.say({"code": code})
    phone.line.stir()
    wait_for(lambda: push.dead(phone.line), what="a dead letter")
    assert push.registered(phone) == {"ap2004"} and code in push.dead(phone.line)[0]["detail"]


@pytest.mark.rows
@pytest.mark.parametrize("play", [{"code": "UNAVAILABLE", "retry_after": 1}, {"code": "INTERNAL", "retry_after": 1}, {"cut": True},
                                  {"raw": "<html>", "status": 502}, {"status": 401, "rpc": "UNAUTHENTICATED"}],
                         ids=["UNAVAILABLE", "INTERNAL", "cut", "html", "UNAUTHENTICATED"])
def test_a_message_that_google_could_not_take_is_sent_again(push, phone, play):
    phone.say({**play, "times": 1})
    phone.line.stir()
    phone.peer.wait_taken(phone.target, seconds=60)
    push.wait_quiet(phone.line)
    assert push.registered(phone) and not push.dead(phone.line)


@pytest.mark.rows
@pytest.mark.parametrize("play,least", [({"code": "QUOTA_EXCEEDED"}, 50), ({"code": "QUOTA_EXCEEDED", "retry_after": 120}, 110),
                                        ({"code": "UNAVAILABLE", "retry_after": 90}, 80), ({"code": "UNAVAILABLE"}, 5)])
def test_google_says_how_long_to_wait(push, phone, play, least):
    phone.say(play)
    phone.line.stir()
    push.wait_answered(phone, 1)
    wait_for(lambda: is_put_off(push, phone), what="the push to be put off")
    row, = push.waking(phone.line)
    assert row["due_ms"] / 1000 > time.time() + least - 3
    phone.say()
    push.restart_notify()  # a quota rests the whole account


@pytest.mark.rows
@pytest.mark.parametrize("play", [{"status": 403, "rpc": "PERMISSION_DENIED"}, {"status": 404, "rpc": "NOT_FOUND"}],
                         ids=["PERMISSION_DENIED", "unknown-project"])
def test_no_message_is_lost_while_our_account_is_not_set_up(push, phone, play):
    phone.say(play)
    phone.line.stir()
    push.wait_answered(phone, 1)
    wait_for(lambda: is_put_off(push, phone) or push.dead(phone.line), what="what became of it")
    assert push.registered(phone) and not push.dead(phone.line)
    phone.say()
    push.restart_notify()
    phone.peer.wait_taken(phone.target)


@pytest.mark.rows
@pytest.mark.parametrize("play", [{"status": 400, "error": "invalid_grant"}, {"status": 401, "error": "unauthorized_client"}, {"status": 503, "error": "later"},
                                  {"raw": "no json"}, {"raw": '{"access_token":""}'}])
def test_no_message_is_lost_while_there_is_no_access_token(push, phone, play):
    """And the token endpoint is not stormed."""
    push.fcm.ask("forget_tokens")
    push.restart_notify(forget="fcm")
    push.fcm.say("token", play)
    before = push.fcm.state()["requests"]
    phone.line.stir()
    push.wait_followed()
    wait_for(lambda: push.fcm.state()["requests"] > before, what="the token endpoint to be asked")
    assert push.registered(phone) and not push.dead(phone.line) and not phone.pushes()
    push.fcm.say("token")
    push.restart_notify()
    phone.peer.wait_taken(phone.target)
    assert push.fcm.state()["requests"] < before + 50


# ---- WNS

def test_a_message_to_windows_is_raw_and_its_access_token_is_kept(push, pc):
    pc.line.stir()
    taken, = pc.peer.wait_taken(pc.target)
    assert taken["headers"]["x-wns-type"] == "wns/raw"
    tokens = push.wns.state()["tokens"]
    pc.line.stir()
    pc.peer.wait_taken(pc.target, 2)
    assert push.wns.state()["tokens"] == tokens
    push.wait_quiet(pc.line)


@pytest.mark.rows
@pytest.mark.parametrize("status", [404, 410])
def test_a_channel_that_windows_does_not_know_is_withdrawn(push, pc, status):
    pc.say({"status": status})
    pc.line.stir()
    wait_for(lambda: not push.registered(pc), what="the channel to be withdrawn")


@pytest.mark.rows
@pytest.mark.parametrize("status", [400, 403, 405, 413])
def test_a_message_that_windows_never_takes_is_a_dead_letter(push, pc, status):
    pc.say({"status": status, "reason": "told so"})
    pc.line.stir()
    wait_for(lambda: push.dead(pc.line), what="a dead letter")
    assert str(status) in push.dead(pc.line)[0]["detail"] and push.registered(pc)


@pytest.mark.rows
@pytest.mark.parametrize("play", [{"status": 401}, {"status": 500}, {"status": 503, "retry_after": 1}, {"cut": True}], ids=["401", "500", "503", "cut"])
def test_a_message_that_windows_could_not_take_is_sent_again(push, pc, play):
    pc.say({**play, "times": 1})
    pc.line.stir()
    pc.peer.wait_taken(pc.target, seconds=60)
    push.wait_quiet(pc.line)
    assert push.registered(pc) and not push.dead(pc.line)


@pytest.mark.rows
@pytest.mark.parametrize("play", [{"status": 406}, {"status": 200, "wns": "channelthrottled"}], ids=["406", "channelthrottled"])
def test_a_throttled_channel_is_left_alone_for_a_while(push, pc, play):
    pc.say(play)
    pc.line.stir()
    push.wait_answered(pc, 1)
    wait_for(lambda: is_put_off(push, pc), what="the push to be put off")
    pc.say()
    push.restart_notify()


def test_a_channel_that_is_nobodys_host_is_never_asked(push):
    """A phone says where its pushes go: to Windows' hosts they do, and to no others."""
    phone = push.line().phone()
    assert phone.register("wns", address="https://127.0.0.1:1/w/?token=x") in (["0"], ["1"])
    phone.line.stir()
    push.wait_followed()
    wait_for(lambda: not any(row["attempts"] == 0 for row in push.waking(phone.line)), what="it to be looked at")
    assert "127.0.0.1:1/" not in json.dumps(push.wns.entries())

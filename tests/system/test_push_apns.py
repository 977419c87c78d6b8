"""Apple's push service: what it is sent, and each reason of its table played by a service that checks tokens, headers and payloads itself."""

import re
import time

import pytest
from push import Providers
from stack import wait_for

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
# What becomes of the push when a reason was answered.
GONE = ["BadDeviceToken", "Unregistered", "ExpiredToken"]
DEAD = ["BadCollapseId", "BadExpirationDate", "BadMessageId", "BadPriority", "InvalidPushType", "PayloadEmpty", "DuplicateHeaders", "MissingDeviceToken",
        "DeviceTokenNotForTopic", "PayloadTooLarge", "BadPath", "MethodNotAllowed"]
STOPS = ["InvalidProviderToken", "MissingProviderToken", "Forbidden", "BadCertificate", "BadCertificateEnvironment", "UnrelatedKeyIdInToken",
         "BadEnvironmentKeyInToken", "InvalidSigningKey"]
AGAIN = ["IdleTimeout", "InternalServerError", "ServiceUnavailable", "Shutdown"]


@pytest.fixture
def phone(push):
    made = push.line().phone()
    assert made.register("apns") == ["0"]
    return made


def test_a_push_says_what_apple_wants_to_know_and_keeps_its_connection(push, phone):
    phone.line.stir()
    first, = phone.peer.wait_taken(phone.target)
    push.wait_quiet(phone.line)
    phone.line.stir()
    second = phone.peer.wait_taken(phone.target, 2)[1]
    headers = first["headers"]
    assert headers["apns-topic"] == Providers.TOPIC and headers["apns-push-type"] == "background" and headers["apns-priority"] == "5"
    assert UUID.fullmatch(headers["apns-id"]) and headers["apns-id"] != second["headers"]["apns-id"]
    assert int(headers["apns-expiration"]) > time.time() and len(headers["apns-collapse-id"]) <= 64
    assert headers["apns-collapse-id"] == second["headers"]["apns-collapse-id"]
    assert first["connection"] == second["connection"]


@pytest.mark.rows
@pytest.mark.parametrize("reason", GONE)
def test_a_token_that_apple_does_not_know_is_withdrawn(push, phone, reason):
    more = {"timestamp": int(time.time() * 1000) + 60_000} if reason != "BadDeviceToken" else {}
    phone.say({"reason": reason, **more})
    phone.line.stir()
    wait_for(lambda: not push.registered(phone), what="the token to be withdrawn")
    wait_for(lambda: not push.waking(phone.line), what="nothing to wait for")
    assert phone.register("apns") == ["0"]
    phone.line.stir()
    phone.peer.wait_taken(phone.target)


@pytest.mark.rows
@pytest.mark.parametrize("reason", ["Unregistered", "ExpiredToken"])
def test_a_token_that_was_renewed_since_is_not_withdrawn(push, phone, reason):
    """410 says since when the token is none; a phone that registered later knows better."""
    phone.say({"reason": reason, "timestamp": int(time.time() * 1000) - 3_600_000, "times": 1})
    phone.line.stir()
    push.wait_answered(phone, 1)
    push.wait_followed()
    assert push.registered(phone) == {"ap2004"}
    phone.say()
    phone.line.stir()
    phone.peer.wait_taken(phone.target)


@pytest.mark.rows
@pytest.mark.parametrize("reason", DEAD)
def test_a_push_that_apple_never_takes_is_a_dead_letter(push, phone, reason):
    phone.say({"reason": reason})
    phone.line.stir()
    wait_for(lambda: push.dead(phone.line), what="a dead letter")
    letter, = push.dead(phone.line)
    assert letter["app"] == "ap2004" and letter["channel"] == 4 and reason in letter["detail"]
    assert letter["attempts"] == 1 and letter["reason"] in ("message", "sender", "token")
    assert push.registered(phone) == {"ap2004"} and not push.waking(phone.line, channel=4)
    phone.say()
    phone.line.stir()
    phone.peer.wait_taken(phone.target)


@pytest.mark.rows
@pytest.mark.parametrize("reason", AGAIN)
def test_a_push_that_apple_could_not_take_is_sent_again(push, phone, reason):
    phone.say({"reason": reason, "times": 1})
    phone.line.stir()
    phone.peer.wait_taken(phone.target)
    push.wait_quiet(phone.line)
    assert len(phone.pushes()) == 1 and push.registered(phone) and not push.dead(phone.line)


@pytest.mark.rows
@pytest.mark.parametrize("play", [{"cut": True}, {"goaway": "Shutdown", "unread": True}, {"reset": "NGHTTP2_REFUSED_STREAM"},
                                  {"reset": "NGHTTP2_INTERNAL_ERROR"}, {"raw": "<html>busy</html>", "status": 502}, {"raw": "{}", "status": 599},
                                  {"raw": '{"reason":17}', "status": 500}, {"delay_ms": 1500}],
                         ids=["cut", "goaway", "refused-stream", "broken-stream", "html", "strange-status", "strange-reason", "slow"])
def test_a_push_whose_answer_is_none_is_sent_again(push, phone, play):
    phone.say({**play, "times": 1})
    phone.line.stir()
    phone.peer.wait_taken(phone.target, seconds=60)
    push.wait_quiet(phone.line, 60)
    assert push.registered(phone) and not push.dead(phone.line)


def test_a_push_that_was_taken_and_not_answered_is_sent_again_as_the_same_for_the_phone(push, phone):
    phone.say({"accept_and_cut": True, "times": 1})
    phone.line.stir()
    first, second = phone.peer.wait_taken(phone.target, 2)
    assert first["headers"]["apns-collapse-id"] == second["headers"]["apns-collapse-id"]
    push.wait_quiet(phone.line)


def test_too_many_to_one_device_wait_for_a_minute_at_least_and_others_do_not(push, phone):
    phone.say({"reason": "TooManyRequests"})
    phone.line.stir()
    push.wait_answered(phone, 1)
    wait_for(lambda: push.waking(phone.line) and push.waking(phone.line)[0]["lease"] == 0, what="the push to be put off")
    row, = push.waking(phone.line)
    assert row["attempts"] == 1 and row["due_ms"] / 1000 > time.time() + 50
    other = push.line().phone()
    other.register("apns")
    other.line.stir()
    other.peer.wait_taken(other.target)


def test_an_expired_provider_token_that_is_young_is_no_reason_for_a_new_one(push, phone):
    """The clocks differ, or Apple errs: minting each time would only bring TooManyProviderTokenUpdates."""
    before = push.apns.state()["tokens"]
    phone.say({"reason": "ExpiredProviderToken", "times": 1})
    phone.line.stir()
    wait_for(lambda: phone.pushes() or any(row["attempts"] for row in push.waking(phone.line)), what="what became of it")
    assert push.apns.state()["tokens"] <= max(before, 1)
    assert push.registered(phone) and not push.dead(phone.line)
    push.restart_notify()
    phone.peer.wait_taken(phone.target)


@pytest.mark.rows
@pytest.mark.parametrize("reason", STOPS + ["TooManyProviderTokenUpdates"])
def test_no_push_is_lost_while_apple_refuses_our_key(push, phone, reason):
    """It waits, the account stops, nothing is withdrawn; once Apple takes the key again it goes out."""
    phone.say({"reason": reason})
    phone.line.stir()
    push.wait_answered(phone, 1)
    wait_for(lambda: any(row["attempts"] and not row["lease"] for row in push.waking(phone.line)), what="the push to be put off")
    assert push.registered(phone) and not push.dead(phone.line)
    phone.say()
    push.restart_notify()  # or after a minute
    phone.peer.wait_taken(phone.target)
    push.wait_quiet(phone.line)


@pytest.mark.rows
@pytest.mark.parametrize("reason", ["BadTopic", "MissingTopic", "TopicDisallowed"])
def test_no_push_is_lost_for_a_topic_that_apple_refuses(push, phone, reason):
    phone.say({"reason": reason})
    phone.line.stir()
    push.wait_answered(phone, 1)
    wait_for(lambda: push.dead(phone.line) or any(row["attempts"] and not row["lease"] for row in push.waking(phone.line)), what="what became of it")
    assert push.registered(phone), "a phone has no part in it"
    phone.say()
    push.restart_notify()


def test_a_hanging_service_keeps_no_other_push_waiting(push, phone):
    phone.say({"hang": True})
    phone.line.stir()
    wait_for(lambda: push.apns.state()["hung"] == 1, what="the push to hang")
    others = [push.line().phone() for _ in range(3)]
    for other in others:
        other.register("apns", wait=False)
    push.wait_noted(others, ["ap2004"])
    for other in others:
        other.line.stir()
    for other in others:
        other.peer.wait_taken(other.target)

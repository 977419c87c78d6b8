"""Wake-ups and texts by SMS: npm's smpp as the SMS centre, over TLS, with throttling, disconnects, receipts and every status that matters."""

import json

import pytest
from push import Providers
from stack import ROOT, wait_for

UDH = "0605041f9f0000"  # ports 8095 and 0
PATIENCE = 60


@pytest.fixture
def line(push):
    """A line whose phone asked for ap2004 once and has no push token."""
    made = push.line()
    made.phone().ask("ap2004")
    push.wait_told([made], ["ap2004"])
    return made


def sms(push, line, count=1, since=0):
    return push.smsc.wait_taken(line.msisdn.lstrip("+"), count, since, PATIENCE)


def say(push, line, *plays):
    push.smsc.say(line.msisdn.lstrip("+"), *plays)


def test_a_line_without_a_push_token_is_woken_by_a_port_addressed_sms(push, line):
    """V12-NOTIF-08, V12-NOTIF-09, V12-NOTIF-10"""
    line.stir()
    text, = sms(push, line)
    assert text["esm_class"] & 0x40 and text["octets"].startswith(UDH) and text["data_coding"] in (4, 0xF5)
    assert bytes.fromhex(text["octets"])[7:].decode() == f"{line.imsi}-aescfg,ap2004"
    assert len(text["octets"]) // 2 <= 140 and not text["tlvs"] and text["validity_period"]
    push.wait_quiet(line)
    assert len(push.smsc.taken(line.msisdn.lstrip("+"))) == 1
    assert "-rcscfg" not in json.dumps(push.smsc.taken())


def test_a_phone_with_a_push_token_gets_no_sms(push):
    phone = push.line().phone()
    phone.register("apns")
    phone.line.stir()
    phone.peer.wait_taken(phone.target)
    push.wait_quiet(phone.line)
    assert not push.smsc.taken(phone.line.msisdn.lstrip("+"))


@pytest.mark.rows
@pytest.mark.parametrize("channel,play", [("apns", {"reason": "BadDeviceToken"}), ("apns", {"reason": "PayloadTooLarge"}), ("fcm", {"code": "UNREGISTERED"}),
                                          ("wns", {"status": 410})])
def test_a_push_that_came_to_nothing_is_followed_by_an_sms(push, channel, play):
    phone = push.line().phone()
    phone.register(channel)
    phone.say(play)
    phone.line.stir()
    text, = sms(push, phone.line)
    assert bytes.fromhex(text["octets"])[7:].decode() == f"{phone.line.imsi}-aescfg,ap2004"
    push.wait_quiet(phone.line)
    assert len(push.smsc.taken(phone.line.msisdn.lstrip("+"))) == 1


@pytest.mark.rows
@pytest.mark.parametrize("status", ["ESME_RTHROTTLED", "ESME_RMSGQFUL", "ESME_RSYSERR", "ESME_RSUBMITFAIL"])
def test_a_text_that_the_centre_could_not_take_is_sent_again(push, line, status):
    say(push, line, {"status": status, "times": 1})
    line.stir()
    sms(push, line)
    push.wait_quiet(line, PATIENCE)
    assert not push.dead(line)


@pytest.mark.rows
@pytest.mark.parametrize("status", ["ESME_RINVDSTADR", "ESME_RINVSRCADR", "ESME_RX_P_APPN", "ESME_RINVTLVSTREAM"])
def test_a_text_that_the_centre_never_takes_is_a_dead_letter(push, line, status):
    say(push, line, {"status": status})
    line.stir()
    wait_for(lambda: push.dead(line), PATIENCE, "a dead letter")
    letter, = push.dead(line)
    assert letter["channel"] == 5 and letter["attempts"] == 1
    assert not push.waking(line)


@pytest.mark.rows
@pytest.mark.parametrize("play", [{"cut": True}, {"accept_and_cut": True}, {"raw": "00000008ffffffff"}, {"hang": True}],
                         ids=["cut", "taken-and-cut", "no-pdu", "no-answer"])
def test_what_was_under_way_when_the_connection_ended_is_sent_again(push, line, play):
    binds = push.smsc.state()["binds"]
    say(push, line, {**play, "times": 1})
    line.stir()
    wanted = 2 if "accept_and_cut" in play else 1
    sms(push, line, wanted)
    push.wait_quiet(line, PATIENCE)
    assert not push.dead(line) and push.smsc.state()["binds"] >= binds


def test_a_centre_that_unbinds_is_bound_again(push, line):
    line.stir()
    sms(push, line)
    binds = push.smsc.state()["binds"]
    push.smsc.ask("unbind")
    wait_for(lambda: push.smsc.state()["binds"] > binds and push.smsc.state()["bound"] > 0, PATIENCE, "another bind")
    line.stir()
    sms(push, line, 2)


def test_a_centre_that_asks_whether_we_are_there_is_answered(push):
    wait_for(lambda: push.smsc.state()["bound"] > 0, PATIENCE, "a bind")
    since = push.smsc.position()
    asked = push.smsc.ask("enquire")
    wait_for(lambda: len([e for e in push.smsc.entries(since) if "enquired" in e]) == asked, what="answers")
    assert all(e["enquired"] == 0 for e in push.smsc.entries(since) if "enquired" in e)


def test_a_text_from_a_phone_is_answered_and_harms_nobody(push, line):
    wait_for(lambda: push.smsc.state()["bound"] > 0, PATIENCE, "a bind")
    since = push.smsc.position()
    assert push.smsc.ask("deliver", {"source_addr": "15550000001", "destination_addr": "8095", "short_message": "hello?"}) == 1
    wait_for(lambda: [e for e in push.smsc.entries(since) if "delivered" in e], what="an answer")
    line.stir()
    sms(push, line)


def test_a_throttled_bind_slows_down_and_all_texts_arrive(own_push):
    push = own_push("smsc", settings={"smsc": {"rate": 20}}, channels=("sms",))
    lines = [push.line() for _ in range(30)]
    for line in lines:
        line.phone().ask("ap2004")
    push.wait_told(lines, ["ap2004"])
    for line in lines:
        line.stir()
    for line in lines:
        sms(push, line)
    for line in lines:
        push.wait_quiet(line, PATIENCE)
        assert not push.dead(line)
    state = push.smsc.state()
    print(f"{state['throttled']} of {state['submitted']} throttled")
    push.check()


@pytest.mark.rows
@pytest.mark.parametrize("what", ["password", "system_id"])
def test_a_bind_that_is_refused_loses_nothing(own_push, what):
    push = own_push("smsc", settings={"smsc": {what: "another"}}, channels=("sms",))
    line = push.line()
    line.phone().ask("ap2004")
    push.wait_told([line], ["ap2004"])
    line.stir()
    wait_for(lambda: push.smsc.state()["refused"] > 0, PATIENCE, "a refused bind")
    push.wait_followed()
    refused = push.smsc.state()["refused"]
    assert push.waking(line) and not push.dead(line) and refused < 5, "it is not stormed"
    push.smsc.ask("set", {"password": Providers.PASSWORD, "system_id": Providers.SYSTEM_ID})
    push.restart_notify()
    sms(push, line)


def test_a_one_time_code_goes_as_text_over_the_same_bind(push):
    """A code by SMS, through the SMS centre: plain text, in an alphabet that a phone shows."""
    number = "+15550000003"
    tenant = json.loads((ROOT / "deploy/demo/tenant.json").read_text())
    push.settings(hosts=[*tenant["hosts"], "127.0.0.1"], authentication={"sms_code": True})
    try:
        wait_for(lambda: push.asks_for_code(number), what="auth to know that codes are on")
        text = push.smsc.wait_taken(number.lstrip("+"), 1, 0, PATIENCE)[0]
        assert text["udh"] is None and not text["esm_class"] & 0x40
        assert any(word.isdigit() and len(word) == 6 for word in text["text"].replace(".", " ").replace(":", " ").split())
    finally:
        push.settings()

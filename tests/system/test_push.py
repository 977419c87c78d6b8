"""A change of a line reaches exactly the devices it concerns, over the channel each registered with: five processes, real HTTP/2 and OAuth, and
services that refuse what Apple, Google and Microsoft would."""

import json
import re
import subprocess
import time

import pytest
from push import apps_of
from stack import free_port, wait_for

CHANNELS = ("apns", "fcm", "gcm", "wns")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")


def peer_of(push, channel):
    return getattr(push, "fcm" if channel == "gcm" else channel)


# ---- who is told, where and what

@pytest.mark.parametrize("channel", CHANNELS)
def test_a_change_wakes_the_phone_once_over_the_channel_it_registered_with(push, channel):
    """V12-NOTIF-01, V12-NOTIF-04, V12-NOTIF-05, V12-NOTIF-06: a string for one application; V12-NOTIF-07"""
    phone, bystander = push.line().phone(), push.line().phone()
    assert phone.register(channel) == ["0"]
    bystander.register(channel)
    before = {name: peer_of(push, name).position() for name in CHANNELS}
    began = time.time()
    phone.line.stir()
    message, = phone.peer.wait_taken(phone.target)
    push.wait_quiet(phone.line)
    assert len(phone.pushes()) == 1 and not bystander.pushes()
    others = {peer_of(push, name) for name in CHANNELS} - {phone.peer}
    assert not any(other.taken(since=before[name]) for name in CHANNELS for other in others & {peer_of(push, name)})
    data = message["payload"]["data"]
    assert set(data) == {"app", "timestamp"} and data["app"] == "ap2004" and TIMESTAMP.fullmatch(data["timestamp"])
    told = time.mktime(time.strptime(data["timestamp"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
    assert data["timestamp"].endswith(("Z", "+00:00")) and began - 2 < told < time.time() + 2
    assert phone.line.imsi not in json.dumps(message["payload"]) and phone.line.msisdn[1:] not in json.dumps(message)


@pytest.mark.parametrize("channel", ("apns", "fcm", "wns"))
def test_several_applications_are_named_in_one_push(push, channel):
    """V12-NOTIF-06: an array of strings for several."""
    phone = push.line().phone()
    assert phone.register(channel, apps=["ap2003", "ap2004", "ap2005"]) == ["0", "0", "0"]
    phone.line.patch(plan="basic")
    message, = phone.peer.wait_taken(phone.target)
    push.wait_quiet(phone.line)
    assert len(phone.pushes()) == 1
    app = message["payload"]["data"]["app"]
    assert (json.loads(app) if channel == "fcm" else app) == ["ap2003", "ap2004", "ap2005"]


def test_a_disabled_token_is_pushed_to_no_more_and_others_of_the_line_are(push):
    """V12-NOTIF-03"""
    line = push.line()
    leaves, stays = line.phone(), line.phone()
    for phone in (leaves, stays):
        phone.register("apns")
    line.stir()
    for phone in (leaves, stays):
        phone.peer.wait_taken(phone.target)
    assert leaves.unregister() == ["0"]
    line.stir()
    stays.peer.wait_taken(stays.target, 2)
    push.wait_quiet(line)
    assert len(leaves.pushes()) == 1 and len(stays.pushes()) == 2


def test_an_invalid_and_a_known_token_are_answered_as_such(push):
    """V12-NOTIF-02"""
    phone = push.line().phone()
    assert phone.register("apns", address="no token at all") == ["1"]
    assert phone.register("apns") == ["0"]
    assert phone.register("apns", address=phone.address) == ["2"]


def test_a_token_that_moves_to_another_phone_wakes_that_one(push):
    first, second = push.line().phone(), push.line().phone()
    first.register("fcm")
    second.register("fcm", address=first.address)
    first.line.stir()
    second.line.stir()
    second.peer.wait_taken(second.target)
    push.wait_quiet(first.line)
    push.wait_quiet(second.line)
    assert len(second.pushes()) == 1


CHANGES = [
    ("ap2003", {"voice": {"provisioning": "in_progress"}}), ("ap2004", {"vowifi": {"provisioning": "in_progress"}}),
    ("ap2005", {"sms": {"provisioning": "in_progress"}}), ("ap2010", {"plan": "basic"}), ("ap2012", {"billing": {"barred": True}}),
    ("ap2013", {"opt_outs": ["private_identity"]}), ("ap2016", {"satellite": {"provisioning": "in_progress"}}),
]


@pytest.mark.parametrize("app,change", CHANGES, ids=[app for app, _ in CHANGES])
def test_a_change_of_each_application_wakes_who_is_registered_for_it(push, app, change):
    """V12-NOTIF-11: ap2003, ap2004, ap2005, ap2010, ap2012, ap2013, ap2016; what the phone then asks for is another answer than it had."""
    phone = push.line().phone()
    phone.register("apns", apps=[app])
    before = phone.ask(app)
    phone.line.patch(**change)
    message, = phone.peer.wait_taken(phone.target)
    assert apps_of(message) == [app]
    assert phone.ask(app) != before


def test_what_alters_no_answer_wakes_nobody(push):
    line = push.line()
    phone = line.phone()
    phone.register("apns", apps=["ap2003", "ap2004", "ap2005"])
    line.patch(facts={"shoe_size": 42})
    line.patch(msisdn=line.msisdn)
    push.wait_quiet(line)
    assert not phone.pushes()


# ---- many events, one push

def test_many_changes_of_a_moment_are_one_push(own_push):
    push = own_push("apns", rules={"coalesce": "3s"}, channels=("apns",))
    phone = push.line().phone()
    phone.register("apns", apps=["ap2003", "ap2004", "ap2005"])
    for _ in range(5):
        phone.line.stir()
    phone.line.patch(sms={"provisioning": "in_progress"})
    message = phone.peer.wait_taken(phone.target)[0]
    push.wait_quiet(phone.line)
    assert len(phone.pushes()) == 1 and apps_of(message) == ["ap2004", "ap2005"]
    push.check()


def test_a_change_while_a_push_is_under_way_is_pushed_again_and_only_then(push):
    phone = push.line().phone()
    phone.register("apns")
    phone.say({"hang": True, "times": 1})
    phone.line.stir()
    wait_for(lambda: push.apns.state()["hung"] == 1, what="the push to be under way")
    phone.line.stir()
    phone.line.stir()
    push.wait_followed()
    push.apns.ask("release")
    phone.peer.wait_taken(phone.target, 2)
    push.wait_quiet(phone.line)
    assert len(phone.pushes()) == 2


def test_a_device_is_not_woken_more_often_than_its_tenant_allows(own_push):
    """The second change waits until the interval is over; the marks that are left say so, not a clock."""
    push = own_push("apns", rules={"device_interval": "1h"}, channels=("apns",))
    phone = push.line().phone()
    phone.register("apns")
    phone.line.stir()
    phone.peer.wait_taken(phone.target)
    push.wait_quiet(phone.line)
    phone.line.stir()
    push.wait_followed()
    row, = push.waking(phone.line)
    assert len(phone.pushes()) == 1 and row["attempts"] == 0
    assert 3500 < row["due_ms"] / 1000 - time.time() < 3601


# ---- whoever it is at the other end

def test_a_change_of_a_token_after_the_event_is_heeded(push):
    """The row that waits has no token: it is read when it is sent."""
    phone = push.line().phone()
    phone.register("apns")
    old = phone.target
    phone.say({"reason": "ServiceUnavailable"})
    phone.line.stir()
    wait_for(lambda: any(row["attempts"] for row in push.waking(phone.line)), what="a first try")
    phone.register("apns")
    phone.peer.wait_taken(phone.target)
    push.wait_quiet(phone.line)
    assert not phone.peer.taken(old)


def test_one_trace_leads_from_the_operators_call_to_the_push(push):
    phone = push.line().phone()
    phone.register("fcm")
    _, headers, _ = push.api.raw("PATCH", phone.line.path, json.dumps({"vowifi": {"provisioning": "in_progress"}}).encode(),
                                 {"Content-Type": "application/json"})
    trace = headers["Openes-Trace"]
    message, = phone.peer.wait_taken(phone.target)
    assert message["headers"].get("traceparent", "").split("-")[1:2] == [trace] or trace in push.notify.log()
    assert trace in push.stack["gateway0"].log() and trace in push.stack["policy0"].log() and trace in push.notify.log()


def test_no_push_token_is_in_a_log_and_no_identity_in_clear(push):
    phone = push.line().phone()
    phone.register("apns")
    phone.say({"reason": "BadDeviceToken"})
    phone.line.stir()
    wait_for(lambda: not push.registered(phone), what="the token to be withdrawn")
    log = push.notify.log()
    assert phone.address not in log and phone.line.imsi not in log


def test_another_implementation_of_http2_takes_the_pushes_too(own_push, tmp_path):
    """nghttpd: 200 for a file of that path, 404 with a body that is not Apple's for any other."""
    port, root = free_port(), tmp_path / "www"
    (root / "3/device").mkdir(parents=True)
    push = own_push("apns", sections={"apns apple": {"production_url": f"https://127.0.0.1:{port}"}}, channels=("apns",))
    files = push.providers.dir
    there, absent = push.line().phone(), push.line().phone()
    for phone in (there, absent):
        phone.register("apns")
    (root / "3/device" / there.address).write_text("")
    log = tmp_path / "nghttpd.log"
    with open(log, "wb") as out:
        server = subprocess.Popen(["nghttpd", "-v", "-a", "127.0.0.1", "-d", root, str(port), files / "provider.key", files / "provider.pem"],
                                  stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    try:
        there.line.stir()
        push.wait_quiet(there.line)
        wait_for(lambda: f"/3/device/{there.address}" in log.read_text(), what="the push at nghttpd")
        assert push.outcome(there).startswith("accepted") or not push.dead(there.line)
        absent.line.stir()
        wait_for(lambda: f"/3/device/{absent.address}" in log.read_text(), what="the other push at nghttpd")
        wait_for(lambda: push.dead(absent.line) or any(row["attempts"] for row in push.waking(absent.line)), what="what became of it")
        assert push.registered(absent), "a 404 of nobody Apple knows says nothing of the token"
    finally:
        server.terminate()
        server.wait()


# ---- several processes

def test_several_processes_on_postgresql_share_the_work_and_one_provider_token(own_push, postgresql):
    push = own_push("apns", "fcm", replicas={"notify": 3}, postgresql=postgresql, channels=("apns", "fcm"))
    phones = [push.line().phone() for _ in range(12)]
    for n, phone in enumerate(phones):
        phone.register(("apns", "fcm")[n % 2], wait=False)
    push.wait_noted(phones, ["ap2004"])
    for round_ in range(1, 6):
        for phone in phones:
            phone.line.stir()
        for phone in phones:
            phone.peer.wait_taken(phone.target, round_)
    for phone in phones:
        push.wait_quiet(phone.line)
    assert [len(phone.pushes()) for phone in phones] == [5] * len(phones)
    assert push.apns.state()["tokens"] == 1, "all processes share one provider token"
    push.check()


def test_the_file_of_the_page_for_operators_is_what_runs_here(push):
    """docs/notifications.md: push.py takes it from there. Its accounts are those that are shown, and they work."""
    def states():
        shown = json.loads(push.stack.ctl("notify", "channels", "--tenant", "demo", "--json").stdout)
        return {account["name"]: (account["kind"], account["state"]) for account in shown["accounts"]}
    wait_for(lambda: states() == {"apple": ("apns", "works"), "firebase": ("fcm", "works"), "windows": ("wns", "works"), "smsc-1": ("smsc", "works")}, 30,
             f"all accounts to work: {states()}")


def test_an_operator_wakes_a_phone_by_hand_and_hears_what_the_provider_says(push):
    phone = push.line().phone()
    assert phone.register("fcm") == ["0"]
    told = push.stack.ctl("notify", "test", "--tenant", "demo", phone.line.imsi)
    assert "accepted" in told.stdout and len(phone.pushes()) == 1
    phone.say({"code": "INVALID_ARGUMENT"})
    assert push.stack.ctl("notify", "test", "--tenant", "demo", phone.line.imsi, check=False).returncode == 1

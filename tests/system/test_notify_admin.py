"""The operator's view of who is woken (docs/operators-api.md): devices of a line, a wake-up as a test, failures, accounts, mass changes."""

import json
import re

import pytest
from push_stack import DEMO, started
from stack import wait_for

SAFE = re.compile(r"^[0-9a-f]{12}$")


@pytest.fixture(scope="module")
def notify_stack(tmp_path_factory):
    with started(tmp_path_factory.mktemp("notify"), "fcm", channels=("fcm",), rules={"mass_hold": "yes"}) as push:
        yield push


@pytest.fixture
def push(notify_stack):
    yield notify_stack
    notify_stack.check()


@pytest.fixture
def phone(push):
    made = push.line().phone()
    made.register("fcm")
    return made


def ctl(push, *words, code=0):
    done = push.stack.ctl(*words, "--tenant", "demo", "--json", check=False)
    assert done.returncode == code, (done.stdout, done.stderr)
    return json.loads(done.stdout)


def of_line(push, phone):
    status, body = push.api("GET", f"{phone.line.path}/notifications")
    assert status == 200
    return body


def failures(push, phone, **query):
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return push.api("GET", f"{DEMO}/notification-failures?imsi={phone.line.imsi}{more}")[1]["items"]


def test_a_line_shows_its_devices_and_never_a_push_token(push, phone):
    registration, = of_line(push, phone)["registrations"]
    assert (registration["app"], registration["channel"], registration["terminal_id"], registration["account"]) == \
        ("ap2004", "fcm", phone.terminal_id, "firebase")
    assert SAFE.match(registration["token"]) and "told" not in registration
    assert phone.address not in push.stack.ctl("notify", "show", "--tenant", "demo", phone.line.imsi).stdout
    before = registration["token"]
    phone.register("fcm")
    assert of_line(push, phone)["registrations"][0]["token"] != before, "another push token has another fingerprint"


def test_a_test_wakes_the_device_and_tells_that_its_provider_took_it(push, phone):
    tested, = ctl(push, "notify", "test", phone.line.imsi)["items"]
    assert tested["woken"] and tested["outcome"] == "accepted" and tested["terminal_id"] == phone.terminal_id
    pushed, = phone.pushes()
    assert set(pushed["message"]["data"]) == {"app", "timestamp"}, "what a test says is what a change would say"
    registration, = of_line(push, phone)["registrations"]
    assert registration["told"] and registration["outcome_at"] and of_line(push, phone)["due"] == []


def test_a_test_tells_the_providers_own_word_when_it_is_refused(push, phone):
    phone.say({"code": "INVALID_ARGUMENT"})
    tested, = ctl(push, "notify", "test", phone.line.imsi, "--apps", "ap2004", code=1)["items"]
    assert not tested["woken"] and "INVALID_ARGUMENT" in tested["outcome"]
    phone.say({"code": "UNREGISTERED"})
    tested, = ctl(push, "notify", "test", phone.line.imsi, code=1)["items"]
    assert "withdrawn" in tested["outcome"] and of_line(push, phone)["registrations"] == []


def test_a_test_waits_no_longer_than_it_was_told_and_says_why_it_is_not_taken(push, phone):
    phone.say({"status": 503, "rpc": "UNAVAILABLE"})
    done = push.stack.ctl("notify", "test", "--tenant", "demo", phone.line.imsi, "--wait", "1", check=False)
    assert done.returncode == 1 and "not taken yet" in done.stdout
    assert "waiting for the providers' word on 1 of 1" in done.stderr
    assert of_line(push, phone)["due"][0]["app"] == "ap2004"
    phone.say()
    assert ctl(push, "notify", "test", phone.line.imsi)["items"][0]["woken"], "it goes at once, whatever back-off was due"


def test_nobody_to_wake_is_said_before_anything_is_waited_for(push):
    line = push.line()
    done = push.stack.ctl("notify", "test", "--tenant", "demo", line.imsi, check=False)
    assert done.returncode == 1 and "no device of the line has registered" in done.stderr
    assert push.api("POST", f"{line.path}/notifications:test", {"channel": "sms", "apps": ["ap2004"]})[0] == 409, "no account for SMS"
    assert push.api("POST", f"{line.path}/notifications:test", {"channel": "pigeon"})[0] == 422
    assert push.api("POST", f"{DEMO}/subscribers/001010999999999/notifications:test", {})[0] == 404


def test_a_failure_is_looked_at_and_tried_again_when_it_is_mended(push, phone):
    phone.say({"code": "INVALID_ARGUMENT"})
    phone.line.stir()
    wait_for(lambda: failures(push, phone), what="it is given up")
    assert "Openes-Audit-Id" not in push.api.headers, "who looks leaves no record"
    failure, = failures(push, phone, reason="message", channel="fcm")
    assert failure["app"] == "ap2004" and "INVALID_ARGUMENT" in failure["detail"] and re.fullmatch("[0-9a-f]{32}", failure["trace"])
    assert failures(push, phone, reason="credential") == []
    assert ctl(push, "notify", "failure", failure["id"]) == failure
    phone.say()
    assert ctl(push, "notify", "replay", failure["id"])["items"][0]["terminal_id"] == phone.terminal_id
    phone.peer.wait_taken(phone.target)
    assert push.api("GET", f"{DEMO}/notification-failures/{failure['id']}")[0] == 404


def test_failures_that_match_are_tried_again_together(push, phone):
    phone.say({"code": "INVALID_ARGUMENT"})
    for n in range(2):
        phone.line.stir()
        wait_for(lambda n=n: len(failures(push, phone)) == n + 1, what="it is given up")
    phone.say()
    assert ctl(push, "notify", "replay", "--imsi", phone.line.imsi, "--reason", "message") == {"replayed": 2, "passed_over": 0}
    phone.peer.wait_taken(phone.target)
    assert failures(push, phone) == []
    assert push.stack.ctl("notify", "replay", "--tenant", "demo", check=False).returncode == 2, "all is said, not meant by nothing"


def test_a_failure_whose_device_went_away_stays_until_it_is_let_go(push, phone):
    phone.say({"code": "INVALID_ARGUMENT"})
    phone.line.stir()
    wait_for(lambda: failures(push, phone), what="it is given up")
    phone.unregister()
    failure, = failures(push, phone)
    status, body = push.api("POST", f"{DEMO}/notification-failures/{failure['id']}:replay")
    assert status == 409 and "not registered" in body["error"]
    assert push.api("DELETE", f"{DEMO}/notification-failures/{failure['id']}")[0] == 200
    audit = push.api.headers["Openes-Audit-Id"]
    entry = next(e for e in push.api("GET", "/v1/audit?limit=20")[1]["items"] if e["id"] == audit)
    assert (entry["resource"], entry["outcome"]) == (f"notification-failure/{failure['id']}", "done")
    assert failures(push, phone) == []


def test_channels_show_the_rules_the_accounts_and_what_waits(push, phone):
    shown = ctl(push, "notify", "channels")
    assert shown["rules"]["fcm"] == "firebase" and shown["rules"]["apns"] == "" and shown["rules"]["retry_first_ms"] == 100
    account, = shown["accounts"]
    assert (account["name"], account["kind"]) == ("firebase", "fcm") and account["state"] in ("works", "rests")
    phone.say({"status": 503, "rpc": "UNAVAILABLE"})
    phone.line.stir()
    wait_for(lambda: ctl(push, "notify", "channels")["accounts"][0]["queued"] == 1, what="it waits for the account")
    assert ctl(push, "notify", "channels")["accounts"][0]["oldest"]
    table = push.stack.ctl("notify", "channels", "--tenant", "demo").stdout
    assert "firebase" in table and "QUEUED" in table


def change_plan(push):
    """Another offer to all lines that have gold: a mass change, which waits for a person here."""
    plan = push.api("GET", f"{DEMO}/plans/gold")[1]
    push.plan("gold", **{**{k: v for k, v in plan.items() if k != "id"}, "smsoip": not plan["smsoip"]})
    push.wait_followed()
    return next(m for m in ctl(push, "mass", "list") if m["plan"] == "gold" and m["state"] == "paused")


def test_a_mass_change_is_started_and_followed_until_it_ends(push):
    phones = [push.line().phone() for _ in range(3)]
    for phone in phones:
        phone.register("fcm", apps=["ap2005"])
    change = change_plan(push)
    assert change["kind"].startswith("plan.") and "ap2005" in change["apps"] and change["woken"] == 0
    assert not any(phone.pushes() for phone in phones), "nobody has resumed it"
    assert ctl(push, "mass", "rate", change["id"], "--rate", "500")["rate"] == 500
    assert push.api("PATCH", f"{DEMO}/mass-changes/{change['id']}", {"rate": 0})[0] == 422
    assert ctl(push, "mass", "resume", change["id"])["state"] in ("waiting", "running")
    done = push.stack.ctl("mass", "show", "--tenant", "demo", change["id"], "--watch", "--json")
    shown = json.loads(done.stdout)
    assert (shown["state"], shown["percent"], shown["lines"]) == ("done", 100, shown["total"]) and shown["woken"] >= 3
    assert "[##############################] 100 %  done" in done.stderr
    for phone in phones:
        phone.peer.wait_taken(phone.target)
    for verb in ("pause", "resume", "cancel"):
        assert push.api("POST", f"{DEMO}/mass-changes/{change['id']}:{verb}")[0] == 409
    assert push.api("GET", f"{DEMO}/mass-changes/{change['id']}")[1] == shown


def test_a_mass_change_that_is_cancelled_wakes_nobody(push, phone):
    phone.register("fcm", apps=["ap2004", "ap2005"])
    change = change_plan(push)
    assert ctl(push, "mass", "pause", change["id"])["state"] == "paused", "the same again is the same"
    assert ctl(push, "mass", "cancel", change["id"])["state"] == "cancelled"
    assert push.api("GET", f"{DEMO}/mass-changes/{change['id']}")[1]["ended"]
    phone.line.stir()
    phone.peer.wait_taken(phone.target)
    assert len(phone.pushes()) == 1, "of its own change alone"
    entry = next(e for e in push.api("GET", "/v1/audit?limit=20")[1]["items"] if e["action"] == "notify.mass.cancel")
    assert (entry["resource"], entry["outcome"]) == (f"mass-change/{change['id']}", "done")


def test_support_looks_and_operators_act(push, phone):
    made = {role: push.api("PUT", f"/v1/credentials/notify-{role}", {"role": role, "tenant": "demo"})[1]["token"]
            for role in ("readonly", "support", "operator")}
    as_ = {role: push.api.as_(token) for role, token in made.items()}
    for path in (f"/subscribers/{phone.line.imsi}/notifications", "/notification-failures", "/mass-changes", "/notification-channels"):
        assert as_["readonly"]("GET", DEMO + path)[0] == 403 and as_["support"]("GET", DEMO + path)[0] == 200
    for method, path, body in (("POST", f"/subscribers/{phone.line.imsi}/notifications:test", {}), ("POST", "/notification-failures:replay", None),
                               ("POST", "/mass-changes/999:pause", None), ("PATCH", "/mass-changes/999", {"rate": 5})):
        assert as_["support"](method, DEMO + path, body)[0] == 403
        assert as_["operator"](method, DEMO + path, body)[0] in (200, 404)
    assert as_["operator"]("GET", "/v1/tenants/other/mass-changes")[0] == 403

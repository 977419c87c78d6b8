"""Events of the operator's own systems: signed, once, in order, kept when they cannot be applied, and what they do."""

import datetime
import itertools
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from bss_stack import DEMO, Bss, BssStack, product
from stack import wait_for

_ids = itertools.count(1)
EVENTS = "crm/events"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with Bss() as bss:
        made = BssStack(tmp_path_factory.mktemp("events"), bss, settings={"mode": "off", "events_from": ["activation"]},
                        more="[bss activation]\nwebhook_secret_file = " + str(_secret(tmp_path_factory.mktemp("secret"))) + "\n[bss stranger]\n")
        try:
            yield made
        finally:
            made.stop()


def _secret(folder):
    file = folder / "secret"
    file.write_text("the-secret-of-the-other-system\n")
    file.chmod(0o600)
    return file


@pytest.fixture
def line(running):
    one = running.line("silver")
    assert one.authenticate().status == 200
    return one


def at(seconds=0, form="%Y-%m-%dT%H:%M:%SZ"):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime(form)


def event(line, type_, seconds=0, **more):
    return {"id": f"e-{next(_ids)}", "time": at(seconds), "type": type_, "imsi": line.imsi, **more}


def tell(running, line, type_, seconds=0, path=EVENTS, **more):
    return running.post(path, event(line, type_, seconds, **more))


def tmf(resource, kind="product", seconds=0, **more):
    return {"eventId": f"t-{next(_ids)}", "eventTime": at(seconds, "%Y-%m-%dT%H:%M:%S.000Z"), "eventType": "X", "event": {kind: resource}, **more}


def letters(running):
    return running.api("GET", f"{DEMO}/bss/dead-letters?limit=500")[1]["items"]


# ---- what they do


def test_a_change_of_plan_is_in_the_next_answer_and_wakes_that_line_alone(running, line):
    other = running.line("silver")
    before = len(running.events())
    assert line.sms() == "1"
    assert tell(running, line, "plan.changed", change={"plan": "basic"}) == (200, {"outcome": "applied"})
    assert line.sms() == "2"
    assert [(kind, imsi) for kind, imsi, _ in running.events()[before:]] == [("subscriber.changed", line.imsi)]
    assert other.row()["plan"] == "silver"
    trail = running.api("GET", "/v1/audit?limit=1")[1]["items"][0]
    assert trail["who"] == "bss:crm" and trail["action"] == "bss.event" and trail["resource"] == f"subscriber/{line.imsi}"


def test_the_event_names_the_applications_it_touches_and_no_others(running, line):
    before = len(running.events())
    assert tell(running, line, "service.changed", change={"vowifi": {"provisioning": "provisioned"}})[0] == 200
    assert [apps for _, _, apps in running.events()[before:]] == ["ap2004"]
    assert tell(running, line, "service.changed", change={"vowifi": {"provisioning": "provisioned"}}) == (200, {"outcome": "unchanged"})
    assert len(running.events()) == before + 1


def test_the_life_of_a_line_as_its_events_tell_it(running, line):
    assert tell(running, line, "line.suspended")[0] == 200
    assert line.ask().status == 511
    assert tell(running, line, "line.resumed")[0] == 200
    assert line.authenticate().status == 200
    assert tell(running, line, "number.changed", change={"msisdn": "+491701112223"})[0] == 200
    assert line.row()["msisdn"] == "+491701112223"
    assert tell(running, line, "address.validated", change={"vowifi": {"address_id": "a-7"}})[0] == 200
    assert (line.row()["vowifi"]["address"], line.row()["vowifi"]["address_id"]) == ("available", "a-7")
    assert tell(running, line, "address.expired")[0] == 200
    assert line.row()["vowifi"]["address"] == "not_available"
    assert tell(running, line, "consent.changed", change={"opt_outs": ["smsoip"]})[0] == 200
    assert line.sms() == "2"
    assert tell(running, line, "device.blocked")[0] == 200
    assert line.ask().status == 511
    assert tell(running, line, "line.terminated")[0] == 200
    assert line.row()["status"] == "terminated"
    assert tell(running, line, "line.erased")[0] == 200
    assert running.api("GET", line.path)[0] == 404
    assert tell(running, line, "line.erased") == (200, {"outcome": "unchanged"})


def test_a_swapped_sim_takes_the_line_along_and_ends_its_tokens(running, line):
    new = f"00101900000{int(line.imsi[-4:]):04}"
    assert tell(running, line, "sim.swapped", new_imsi=new) == (200, {"outcome": "applied"})
    assert line.ask().status == 511
    assert running.api("GET", line.path)[0] == 404
    assert running.api("GET", f"{DEMO}/subscribers/{new}")[1]["plan"] == "silver"


def test_a_line_is_found_by_its_number_where_only_one_has_it(running, line):
    line.patch(msisdn="+491709998887")
    told = {"id": f"e-{next(_ids)}", "time": at(), "type": "plan.changed", "msisdn": "+491709998887", "change": {"plan": "basic"}}
    assert running.post(EVENTS, told) == (200, {"outcome": "applied"})
    assert line.row()["plan"] == "basic"
    running.line("silver").patch(msisdn="+491709998887")
    status, answer = running.post(EVENTS, {**told, "id": f"e-{next(_ids)}"})
    assert status == 202 and answer["reason"] == "msisdn: two lines have this number"


# ---- once, and in order


def test_the_same_event_again_does_nothing(running, line):
    told = event(line, "plan.changed", change={"plan": "gold"})
    assert running.post(EVENTS, told) == (200, {"outcome": "applied"})
    line.patch(plan="silver")
    for _ in range(3):
        assert running.post(EVENTS, told) == (202, {"outcome": "duplicate"})
    assert line.row()["plan"] == "silver"


def test_one_event_sent_many_times_at_once_is_applied_once(running, line):
    told, before = event(line, "device.blocked"), len(running.events())
    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(answer["outcome"] for _, answer in pool.map(lambda _: running.post(EVENTS, told), range(8)))
    assert outcomes == ["applied"] + ["duplicate"] * 7
    assert len(running.events()) == before + 1


def test_what_is_older_than_the_last_event_of_its_source_is_passed_over(running, line):
    assert tell(running, line, "plan.changed", seconds=-5, change={"plan": "gold"})[0] == 200
    assert tell(running, line, "plan.changed", seconds=-60, change={"plan": "basic"}) == (202, {"outcome": "outdated"})
    assert line.row()["plan"] == "gold"
    status, answer = running.post("activation/events", event(line, "plan.changed", -60, change={"plan": "basic"}),
                                  headers=_signed_by_the_other(running))
    assert status == 401  # its own signature is needed
    body = json.dumps(event(line, "plan.changed", -60, change={"plan": "basic"})).encode()
    assert running.post("activation/events", body, running.sign(body, "the-secret-of-the-other-system")) == (200, {"outcome": "applied"})


def _signed_by_the_other(running):
    return {"Content-Type": "application/json", "Openes-Signature": running.sign(b"{}")}


def test_a_clock_that_is_ahead_does_not_shut_out_what_follows(running, line):
    assert tell(running, line, "plan.changed", seconds=10 * 24 * 3600, change={"plan": "gold"})[0] == 200
    assert tell(running, line, "plan.changed", seconds=400, change={"plan": "basic"}) == (200, {"outcome": "applied"})


# ---- who may


def test_only_what_the_source_signed_a_moment_ago_is_heard(running, line):
    body = json.dumps(event(line, "line.suspended")).encode()
    good = running.sign(body)
    now = int(time.time())
    for bad in (good[:-1] + ("0" if good[-1] != "0" else "1"), running.sign(body, "another-secret-of-16"), running.sign(body + b" "),
                running.sign(body, at=now - 3600), running.sign(body, at=now + 3600), good.replace("v1=", "v0="), good.split(",")[1], "t=1,v1=", "x"):
        assert running.post(EVENTS, body, bad)[0] == 401, bad
    assert line.row()["status"] == "active"
    assert running.post(EVENTS, body, good)[0] == 200


def test_a_signature_opens_nothing_but_the_events_of_its_tenants_sources(running, line):
    body = json.dumps(event(line, "line.suspended")).encode()
    assert running.post("stranger/events", body)[0] == 401  # no secret
    assert running.post("nobody/events", body)[0] == 401
    api, headers = running.api, {"Content-Type": "application/json", "Openes-Signature": running.sign(body), "Authorization": ""}
    assert api.raw("PATCH", line.path, body, headers)[0] == 401
    assert api.raw("POST", "/v1/tenants/other/bss/crm/events", body, headers)[0] == 404
    assert line.row()["status"] == "active"


def test_an_operators_credential_will_do_as_well(running, line):
    operator = running.stack.ctl("credential", "add", f"bss-{line.imsi}", "--role", "operator", "--tenant", "demo").stdout.split()[-1]
    support = running.stack.ctl("credential", "add", f"care-{line.imsi}", "--role", "support", "--tenant", "demo").stdout.split()[-1]
    told = event(line, "plan.changed", change={"plan": "gold"})
    assert running.api.as_(support)("POST", f"{DEMO}/bss/{EVENTS}", told)[0] == 403
    assert running.api.as_(operator)("POST", f"{DEMO}/bss/{EVENTS}", told) == (200, {"outcome": "applied"})
    assert running.api.as_(operator)("POST", f"{DEMO}/bss/stranger/events", {**told, "id": "n"})[0] == 404


# ---- TM Forum's hub


def test_a_product_of_tm_forum_changes_its_line(running, line):
    for more in ({}, {"timeOcurred": at(3)}, {"timeOccurred": at(4)}):
        plan = {"silver": "gold", "gold": "basic", "basic": "silver"}[line.row()["plan"]]
        assert running.post("crm/listener/productAttributeValueChangeEvent", tmf(product(line.imsi, plan), seconds=2, **more)) == (204, None)
        assert line.row()["plan"] == plan
    assert running.post("crm/listener/productStateChangeEvent", tmf(product(line.imsi, "gold", status="suspended"), seconds=5))[0] == 204
    assert line.row()["status"] == "suspended"
    assert running.post("crm/listener/productDeleteEvent", tmf(product(line.imsi, "gold"), seconds=6))[0] == 204
    assert line.row()["status"] == "terminated"


def test_a_service_of_tm_forum_changes_its_provisioning_alone(running, line):
    line.patch(voice={"provisioning": "provisioned"})
    before = len(running.events())
    service = {"id": "s1", "serviceType": "VoWiFi", "state": "active", "serviceCharacteristic": [{"name": "IMSI", "value": line.imsi}]}
    assert running.post("crm/listener/serviceStateChangeEvent", tmf(service, "service"))[0] == 204
    row = line.row()
    assert (row["vowifi"]["provisioning"], row["voice"]["provisioning"]) == ("provisioned", "provisioned")
    assert [apps for _, _, apps in running.events()[before:]] == ["ap2004"]


def test_what_only_says_that_something_changed_has_the_bss_asked_next_time(running, line):
    running.settings(max_age=3600, events_from=["activation"])
    try:
        running.bss.products[line.imsi] = product(line.imsi, "silver")
        assert line.sms() == "1"
        running.bss.products[line.imsi] = product(line.imsi, "basic")
        assert line.sms() == "1"
        told = {"id": "p1", "productCharacteristic": [{"name": "IMSI", "value": line.imsi}]}
        assert running.post("crm/listener/productAttributeValueChangeEvent", tmf(told))[0] == 204
        assert line.sms() == "2"
    finally:
        running.settings(mode="off", events_from=["activation"])


# ---- dead letters


def test_what_cannot_be_applied_is_kept_and_tried_again(running, line):
    status, answer = tell(running, line, "plan.changed", change={"plan": "platinum"})
    assert (status, answer) == (202, {"outcome": "dead_letter", "reason": "plan: no such plan"})
    letter = letters(running)[-1]
    assert letter["source"] == "crm" and letter["event"]["imsi"] == line.imsi and letter["tries"] == 1
    replay = f"{DEMO}/bss/dead-letters/{letter['id']}:replay"
    assert running.api("POST", replay) == (202, {"outcome": "dead_letter", "reason": "plan: no such plan"})
    assert letters(running)[-1]["tries"] == 2
    plan = running.api("GET", f"{DEMO}/plans/gold")[1]
    assert running.api("PUT", f"{DEMO}/plans/platinum", {**plan, "id": "platinum"})[0] in (200, 201)
    assert "platinum" not in running.stack.ctl("bss", "letters", "--tenant", "demo").stdout
    assert json.loads(running.stack.ctl("bss", "replay", "--tenant", "demo", letter["id"], "--json").stdout) == {"outcome": "applied"}
    assert line.row()["plan"] == "platinum"
    assert letter["id"] not in [one["id"] for one in letters(running)]


DEAD = [
    ({"type": "line.forgotten"}, "type: is not known"), ({"type": "plan.changed"}, "change: is not what this type may change, or lacks what it needs"),
    ({"imsi": "001010999999998", "type": "line.suspended"}, "no such line"), ({"type": "sim.swapped"}, "new_imsi: 6 to 15 digits"),
    ({"type": "sim.swapped", "new_imsi": "001010000000001"}, "new_imsi: another subscriber has this IMSI"),
    ({"type": "service.changed", "change": {"vowifi": {"provisioning": "perhaps"}}},
     "vowifi.provisioning: must be one of: not_provisioned, provisioned, not_required, in_progress"),
    ({"type": "line.changed", "change": {"imsi": "001010000000001"}}, "imsi: is another line's"),
]


@pytest.mark.parametrize("told, reason", DEAD, ids=[reason for _, reason in DEAD])
def test_the_reason_is_said_and_nothing_is_done(running, line, told, reason):
    before, row = len(running.events()), line.row()
    assert running.post(EVENTS, {**event(line, ""), **told}) == (202, {"outcome": "dead_letter", "reason": reason})
    assert len(running.events()) == before and line.row() == row
    letter = letters(running)[-1]
    assert letter["reason"] == reason
    json.loads(running.stack.ctl("bss", "discard", "--tenant", "demo", letter["id"], "--json").stdout)
    assert running.api("DELETE", f"{DEMO}/bss/dead-letters/{letter['id']}")[0] == 404


def test_an_event_of_tm_forum_that_names_no_line_is_kept_too(running):
    assert running.post("crm/listener/productStateChangeEvent", tmf({"status": "suspended"}))[0] == 204
    assert "whose line" in letters(running)[-1]["reason"]
    assert running.post("crm/listener/productBatchEvent", tmf({"status": "suspended"}))[0] == 204
    assert "no mapping" in letters(running)[-1]["reason"]
    assert running.post("crm/listener/serviceStateChangeEvent", tmf({"status": "suspended"}))[0] == 204
    assert letters(running)[-1]["reason"] == "event.service is no object"


@pytest.mark.parametrize("body, field", [(b"[]", None), (b"{}", "id"), (b'{"id": "x"}', "time"), (b'{"id": "x", "time": "noon"}', "time"), (b"{", None)])
def test_what_has_no_id_or_time_is_the_senders_fault(running, body, field):
    status, answer = running.post(EVENTS, body)
    assert status == 422 and answer.get("field") == field


def test_policy_killed_while_events_come_loses_and_doubles_none(tmp_path):
    with Bss() as bss:
        own = BssStack(tmp_path / "own", bss, settings={"mode": "off"}, peers_die=True)
        try:
            one = own.line("silver")
            told = [event(one, "device.blocked", seconds=n) for n in range(60)]
            before, seen = len(own.events()), []

            def send(e):
                """As a BSS does: again until it is answered."""
                while True:
                    status, answer = own.post(EVENTS, e)
                    if status != 503:
                        return seen.append(answer["outcome"])
                    time.sleep(0.05)

            with ThreadPoolExecutor(1) as pool:
                done = pool.submit(lambda: [send(e) for e in told])
                for n in (10, 30):
                    wait_for(lambda n=n: len(seen) > n, what="some events")
                    own.stack["policy0"].kill()
                    own.stack["policy0"].start()
                done.result()
            assert len(seen) == 60 and set(seen) <= {"applied", "duplicate"}
            assert len(own.events()) - before == 60
        finally:
            own.stop()

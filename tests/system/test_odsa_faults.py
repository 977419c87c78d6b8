"""Orders of eSIM profiles when SM-DP+ or order management is slow, refuses, loses its answer, answers twice or is away between two steps: each
ends done, undone or stuck, as it should, and nothing is given or paid for twice (docs/smdp.md, docs/esim-bss.md)."""

import itertools
import threading

import pytest
from odsa import Watch
from stack import Threads, wait_for

UNDONE, STUCK, WAITING = "undone", "stuck", "waiting"
# Codes of SGP.22, and what becomes of the order: when they come once, and when they do not stop.
CODES = [
    ("downloadOrder", "8.2.1", "1.2", WAITING, STUCK), ("downloadOrder", "8.2.1", "3.3", WAITING, STUCK), ("downloadOrder", "8.2.1", "3.9", WAITING, STUCK),
    ("downloadOrder", "8.2.1", "3.10", WAITING, STUCK), ("downloadOrder", "8.2.5", "1.2", UNDONE, UNDONE), ("downloadOrder", "8.2.5", "3.7", WAITING, STUCK),
    ("downloadOrder", "8.2.5", "3.8", UNDONE, UNDONE), ("downloadOrder", "8.2.5", "3.9", UNDONE, UNDONE), ("downloadOrder", "8.1.1", "3.9", UNDONE, UNDONE),
    ("downloadOrder", "1.6", "3.1", UNDONE, UNDONE), ("downloadOrder", "1.3.2", "3.1", UNDONE, UNDONE), ("downloadOrder", "1.2", "5.1", WAITING, STUCK),
    ("downloadOrder", "8.8", "4.2", WAITING, STUCK), ("downloadOrder", "8.8", "4.10", WAITING, STUCK),
    ("confirmOrder", "8.2.1", "3.3", UNDONE, UNDONE), ("confirmOrder", "8.2.1", "3.10", UNDONE, UNDONE), ("confirmOrder", "8.2.6", "2.1", UNDONE, UNDONE),
    ("confirmOrder", "8.2.6", "3.3", WAITING, STUCK), ("confirmOrder", "8.1.1", "2.2", UNDONE, UNDONE), ("confirmOrder", "8.1.1", "3.10", UNDONE, UNDONE),
    ("confirmOrder", "8.9", "4.2", WAITING, STUCK), ("confirmOrder", "8.9", "5.1", WAITING, STUCK), ("confirmOrder", "8.9.1", "3.8", WAITING, STUCK),
    ("releaseProfile", "8.2.1", "3.5", UNDONE, UNDONE), ("releaseProfile", "8.2.1", "3.9", UNDONE, UNDONE), ("releaseProfile", "8.8", "5.1", WAITING, STUCK),
]
FUNCTIONS, STEPS = ("downloadOrder", "confirmOrder", "releaseProfile"), ("order", "provision")
FULL = {"release_late": True, "provision": True, "own_stock": True}
_names = itertools.count(1)


@pytest.fixture
def own(odsa):
    """own(**settings): each step that there is, and ICCIDs of our own stock that only this test has."""
    def settings(count=4, **more):
        kind = f"own-{next(_names)}"
        iccids = odsa.dp.profiles.add(kind, count)
        odsa.bss.says["profile_type"] = kind
        done = odsa.api("POST", "/v1/tenants/demo/profile-stock:import", {"rows": [{"iccid": i, "profile_type": kind} for i in iccids]})
        assert done[1]["created"] == count
        odsa.settings(**{**FULL, **more})
        return iccids

    yield settings
    odsa.bss.says["profile_type"] = None


def taken(odsa, iccids):
    """Those of them that the SM-DP+ does not have in its stock any more."""
    return [iccid for iccid in iccids if odsa.dp.profiles.of(iccid).state != "Available"]


def money(odsa, line):
    return [odsa.bss.orders[o["id"]]["paid"] for o in line.orders() if o["id"] in odsa.bss.orders]


def nothing_is_left(odsa, line, iccids):
    assert taken(odsa, iccids) == [] and sum(money(odsa, line)) == 0
    assert [odsa.bss.orders[o["id"]]["provisioned"] for o in line.orders() if o["id"] in odsa.bss.orders] in ([], [None])


def is_given_once(odsa, line, watch, iccids, phone):
    """To the end; with one profile, paid for once."""
    watch.download(odsa, phone.only(**watch.named)["DownloadInfo"])
    odsa.ends(line, "done")
    assert taken(odsa, iccids) == [watch.iccid] and money(odsa, line) == [1]


# ---- the SM-DP+ refuses

@pytest.mark.parametrize("function,subject,reason,once,always", CODES, ids=lambda v: v if isinstance(v, str) else None)
def test_each_code_of_an_smdp_has_its_end(odsa, own, function, subject, reason, once, always):
    """es2plus, section 6: nothing is left of what is undone, and what is stuck goes on when a person says so."""
    for times, state in ((None, always),) if once == always else ((1, once), (None, always)):
        iccids, line, watch = own(), odsa.line(), Watch()
        phone = line.phone("ap2006")
        odsa.dp.say(function, code=(subject, reason), times=times)
        told = phone.manage(0, **watch.new)
        order = odsa.ends(line, state)
        if state == UNDONE:
            assert told["SubscriptionResult"] == "5" and f"{subject}/{reason}" in order["reason"]
            nothing_is_left(odsa, line, iccids)
        if state == STUCK:
            assert told["SubscriptionResult"] == "4" and phone.only(**watch.named)["ServiceStatus"] == "2"
            assert order["reason"] and ("order.stuck", "ap2006", "") in odsa.events(line)
            odsa.dp.say()
            if function == "downloadOrder" and subject == "8.2.1":
                continue  # its ICCIDs are spoiled, each of them
            assert odsa.api("POST", f"/v1/tenants/demo/esim-orders/{order['id']}:retry")[0] == 200
            odsa.ends(line, WAITING)
        if state == WAITING:
            assert told["SubscriptionResult"] == "2"
        if state != UNDONE:
            is_given_once(odsa, line, watch, iccids, phone)
        odsa.dp.say()


# ---- the SM-DP+ fails

@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("fault", [{"lose": True}, {"drop": True}, {"status": 503}, {"status": 500}, {"body": b"<html>"}, {"expired": True}, {"twice": True},
                                   {"warn": ("8.9", "4.2")}], ids=lambda f: next(iter(f)) + str(f.get("status", "")))
def test_an_answer_that_fails_costs_a_try_and_no_profile(odsa, own, function, fault):
    """Acted and not heard, not acted, acted and answered twice: the same profile in the end."""
    iccids, line, watch = own(), odsa.line(), Watch()
    odsa.dp.say(function, times=1, **fault)
    phone = line.phone("ap2006")
    assert phone.manage(0, **watch.new)["SubscriptionResult"] == "2"
    is_given_once(odsa, line, watch, iccids, phone)
    asked = [body for body in odsa.dp.asked(function) if body.get("iccid", "").rstrip("F") == watch.iccid]
    assert len({body["header"]["functionCallIdentifier"] for body in asked}) == 1, "the same call, however often"


@pytest.mark.parametrize("fault", [{"lose": True}, {"drop": True}, {"status": 500}, {"expired": True}, {"code": ("8.8", "4.2")}],
                         ids=lambda f: next(iter(f)))
def test_what_is_taken_back_comes_back_when_the_answer_fails(odsa, own, fault):
    """CancelOrder of an order that the BSS refused to provision."""
    iccids, line, watch = own(), odsa.line(), Watch()
    odsa.bss.tell("provision", refuse="no_route")
    odsa.dp.say("cancelOrder", times=1, **fault)
    assert line.phone("ap2006").manage(0, **watch.new)["SubscriptionResult"] == "5"
    assert "no_route" in odsa.ends(line, UNDONE)["reason"]
    nothing_is_left(odsa, line, iccids)


def test_an_smdp_that_does_not_take_back_leaves_the_order_to_a_person(odsa, own):
    iccids, line = own(), odsa.line()
    odsa.bss.tell("provision", refuse="no_route")
    odsa.dp.say("cancelOrder", code=("8.2.1", "1.2"))
    line.phone("ap2006").manage(0, **Watch().new)
    order = odsa.ends(line, STUCK)
    assert order["step"] == "cancel_order" and odsa.bss.orders[order["id"]]["paid"] == 1
    odsa.dp.say()
    assert odsa.api("POST", f"/v1/tenants/demo/esim-orders/{order['id']}:retry")[0] == 200
    odsa.ends(line, UNDONE)
    nothing_is_left(odsa, line, iccids)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_smdp_that_is_slow_is_asked_again_as_the_same(odsa, own, function):
    """It acts at once, and answers when nobody waits for it any more."""
    iccids, line, watch = own(smdp="patient", answer_within_ms=100), odsa.line(), Watch()
    before, phone = len(odsa.dp.asked(function)), line.phone("ap2006")
    if function != "downloadOrder":  # the ones before it go through
        step = {"confirmOrder": "order", "releaseProfile": "provision"}[function]
        odsa.bss.tell(step, pending=-1)
        phone.manage(0, **watch.new)
        wait_for(lambda: line.order()["steps"][-1]["outcome"] == "pending", what="the step before")
    odsa.dp.say(hold=True)
    if function != "downloadOrder":
        odsa.bss.tell(step)
    else:
        phone.manage(0, **watch.new)
    first = "downloadOrder" if function == "confirmOrder" else function
    wait_for(lambda: len(odsa.dp.asked(first)) > before + 1, what="a second try")
    odsa.dp.say()
    odsa.ends(line, WAITING)
    is_given_once(odsa, line, watch, iccids, phone)


# ---- the BSS

@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", [{"lose": 1}, {"lose": 2}, {"status": 503}, {"status": 500}, {"pending": 2}], ids=lambda f: "".join(map(str, *f.items())))
def test_a_bss_that_fails_is_asked_again_under_the_same_key(odsa, own, step, fault):
    """esim-bss: the double counts what was paid, and complains of a key with another body."""
    iccids, line, watch = own(bss="patient", answer_within_ms=100), odsa.line(), Watch()
    odsa.bss.tell(step, **fault)
    phone = line.phone("ap2006")
    phone.manage(0, **watch.new)
    if "status" in fault:
        wait_for(lambda: line.order()["tries"] > 1, what="another try")
        odsa.bss.tell(step)
    odsa.ends(line, WAITING)
    is_given_once(odsa, line, watch, iccids, phone)


@pytest.mark.parametrize("step", STEPS)
def test_what_the_bss_refuses_is_undone(odsa, own, step):
    """Before the device could download."""
    iccids, line, watch = own(), odsa.line(), Watch()
    odsa.bss.tell(step, refuse="no_credit")
    phone = line.phone("ap2006")
    assert phone.manage(0, **watch.new)["SubscriptionResult"] == "5"
    assert "no_credit" in odsa.ends(line, UNDONE)["reason"]
    nothing_is_left(odsa, line, iccids)
    assert phone.only(**watch.named)["ServiceStatus"] == "4"
    odsa.bss.tell(step)
    assert phone.manage(0, **watch.new)["SubscriptionResult"] == "2", "it may try anew"


@pytest.mark.parametrize("step", ["cancel", "deprovision"])
@pytest.mark.parametrize("fault", [{"lose": 1}, {"lose": 2}, {"pending": 1}], ids=lambda f: "".join(map(str, *f.items())))
def test_what_is_undone_is_undone_once(odsa, own, step, fault):
    iccids, line, watch = own(bss="patient"), odsa.line(), Watch()
    phone = line.phone("ap2006")
    assert phone.manage(0, **watch.new)["SubscriptionResult"] == "2"
    odsa.bss.tell(step, **fault)
    assert phone.manage(1, **watch.new)["SubscriptionResult"] == "3"
    odsa.ends(line, UNDONE)
    nothing_is_left(odsa, line, iccids)


def test_a_bss_that_refuses_to_end_the_old_profile_leaves_the_order_to_a_person(odsa, own):
    """The device has the new one: there is no way back, and none is taken."""
    own()
    line, old, new = odsa.line(), Watch(), Watch()
    phone = line.phone("ap2006")
    old.download(odsa, phone.manage(0, **old.new)["DownloadInfo"])
    odsa.ends(line, "done")
    odsa.bss.tell("retire", refuse="locked")
    new.download(odsa, phone.manage(3, **new.new, old_companion_terminal_iccid=old.iccid)["DownloadInfo"])
    order = odsa.ends(line, STUCK)
    assert order["step"] == "retire" and "locked" in order["reason"]
    assert odsa.api("POST", f"/v1/tenants/demo/esim-orders/{order['id']}:cancel")[0] == 409
    assert phone.only(**new.named)["ServiceStatus"] == "1"
    odsa.bss.answers.pop(f"{order['id']}.retire")  # the lock is open
    odsa.bss.tell("retire")
    assert odsa.api("POST", f"/v1/tenants/demo/esim-orders/{order['id']}:retry")[0] == 200
    odsa.ends(line, "done")
    assert [p["iccid"] for p in line.profiles() if p["status"] == "activated"] == [new.iccid]


# ---- away between two steps

def held(odsa, line, watch, step):
    """A phone whose order waits in that step of the BSS, which is held."""
    phone = line.phone("ap2006")
    odsa.bss.tell(step, pending=-1)
    phone.manage(0, **watch.new)
    wait_for(lambda: line.order()["steps"][-1]["outcome"] == "pending", what=f"{step} is being asked")
    assert line.order()["step"] == step
    return phone


@pytest.mark.parametrize("step", STEPS)
def test_an_smdp_that_went_away_is_waited_for(odsa, own, step):
    """Between the BSS's step and its own next one."""
    iccids, line, watch = own(smdp="patient", bss="patient", answer_within_ms=100), odsa.line(), Watch()
    phone = held(odsa, line, watch, step)
    odsa.dp.gone()
    try:
        odsa.bss.tell(step)
        wait_for(lambda: line.order()["tries"] > 2, what="some tries")
    finally:
        odsa.dp.back()
    odsa.ends(line, WAITING)
    is_given_once(odsa, line, watch, iccids, phone)


@pytest.mark.parametrize("step", STEPS)
def test_a_bss_that_went_away_is_waited_for(odsa, own, step):
    iccids, line, watch = own(bss="patient", answer_within_ms=100), odsa.line(), Watch()
    odsa.bss.gone()
    phone = line.phone("ap2006")
    try:
        phone.manage(0, **watch.new)
        wait_for(lambda: line.order()["tries"] > 2, what="some tries")
        if step == "provision":
            odsa.bss.tell("provision", pending=-1)
    finally:
        odsa.bss.back()
    if step == "provision":
        wait_for(lambda: line.order()["step"] == "provision" and line.order()["steps"][-1]["outcome"] == "pending", what="provision is being asked")
        odsa.bss.gone()
        wait_for(lambda: line.order()["tries"] > 2, what="some tries")
        odsa.bss.tell("provision")
        odsa.bss.back()
    odsa.ends(line, WAITING)
    is_given_once(odsa, line, watch, iccids, phone)


@pytest.mark.parametrize("step", STEPS)
def test_an_order_goes_on_where_esim_was_killed(odsa, own, step):
    """Written before and after each step: the next process takes it up."""
    iccids, line, watch = own(bss="patient", answer_within_ms=100), odsa.line(), Watch()
    phone = held(odsa, line, watch, step)
    odsa.bss.tell(step, hold=True)
    asked = len(odsa.bss.requests(step))
    wait_for(lambda: len(odsa.bss.requests(step)) > asked, what=f"{step} is being asked")
    odsa.stack["esim0"].kill()
    odsa.bss.tell(step)
    odsa.stack["esim0"].start()
    wait_for(lambda: odsa.api("GET", "/v1/tenants/demo/esim-orders")[0] == 200, what="the gateway has found esim again")
    odsa.ends(line, WAITING)
    is_given_once(odsa, line, watch, iccids, phone)


# ---- phones and notifications

def test_a_phone_that_asks_twice_at_once_gets_one_profile(odsa, own):
    iccids, line, watch = own(), odsa.line(), Watch()
    phone, told, lock = line.phone("ap2006"), [], threading.Lock()
    phone.log_in()

    def ask():
        answer = phone.manage(0, **watch.new)
        with lock:
            told.append(answer["DownloadInfo"]["ProfileActivationCode"])

    Threads(*[ask] * 6).join()
    assert len(told) == 6 and len(set(told)) == 1 and len(line.orders()) == 1
    is_given_once(odsa, line, watch, iccids, phone)


@pytest.mark.parametrize("how", [{"twice": True}, {"backwards": True}], ids=lambda h: next(iter(h)))
def test_notifications_that_come_twice_or_in_another_order_change_nothing(odsa, own, how):
    iccids, line, watch = own(), odsa.line(), Watch()
    odsa.dp.notifier.is_held = True
    phone = line.phone("ap2006")
    watch.download(odsa, phone.manage(0, **watch.new)["DownloadInfo"])
    assert odsa.dp.notifier.deliver(**how) == []
    odsa.ends(line, "done")
    assert taken(odsa, iccids) == [watch.iccid] and [kind for kind, *_ in odsa.events(line)].count("profile.installed") == 1


def test_a_download_that_fails_for_good_takes_the_order_back(odsa, own):
    """docs/smdp.md: the user typed the confirmation code wrongly three times, say; no room on the eUICC is another matter."""
    iccids, line, watch = own(), odsa.line(), Watch()
    phone = line.phone("ap2006")
    info = phone.manage(0, **watch.new)["DownloadInfo"]
    with pytest.raises(Exception, match="8.1/4.8"):
        watch.download(odsa, info, fails={4: ("8.1", "4.8")})
    assert line.order()["state"] == WAITING
    odsa.dp._tell(odsa.dp.profiles.of(taken(odsa, iccids)[0]), 2, None, eid=watch.eid)
    other, line = Watch(), odsa.line()
    phone = line.phone("ap2006")
    info = phone.manage(0, **other.new)["DownloadInfo"]
    with pytest.raises(Exception, match="8.8.5/6.4"):
        other.download(odsa, info, fails={3: ("8.8.5", "6.4")})
    odsa.ends(line, UNDONE)
    assert sum(money(odsa, line)) == 0 and phone.look(**other.named) == []


def test_our_stock_that_ran_out_is_waited_for(odsa, own):
    """No ICCID for a second one; the order goes on when there is."""
    iccids = own(count=1, smdp="patient", answer_within_ms=100)
    first, second = Watch(), Watch()
    for watch, result in ((first, "2"), (second, "4")):
        line = odsa.line()
        phone = line.phone("ap2006")
        phone.manage(0, **watch.new)
        if result == "2":
            odsa.ends(line, WAITING)
    wait_for(lambda: "stock" in line.order()["reason"], what="the order says why it waits")
    kind = odsa.bss.says["profile_type"]
    more = odsa.dp.profiles.add(kind, 1)
    assert odsa.api("POST", "/v1/tenants/demo/profile-stock:import", {"rows": [{"iccid": more[0], "profile_type": kind}]})[1]["created"] == 1
    odsa.ends(line, WAITING)
    is_given_once(odsa, line, second, more, phone)
    assert taken(odsa, iccids) == iccids

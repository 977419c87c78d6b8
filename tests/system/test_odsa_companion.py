"""Companion devices (ap2006, TS.43 7): a watch gets, moves and loses its eSIM. Each flow is a test that names its figure; the early eligibility
check before a login (7.7, figure 28) is in test_oidc.py. What a web sheet does in them is in test_odsa_sheets.py."""

import pytest
from odsa import Watch
from smdp import Refused
from stack import wait_for

CODE = "1$smdp.example$SHOP-0001"
PORTAL = {"sheet": "choice", "url": "https://portal.demo.example/esim"}


def activated(odsa, line, phone, **asked):
    """A watch that has its profile."""
    watch = Watch(**asked)
    told = phone.manage(0, **watch.new)
    assert told["SubscriptionResult"] == "2", told
    watch.download(odsa, told["DownloadInfo"])
    odsa.ends(line, "done")
    return watch


# ---- activation

@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_watch_is_activated_without_a_portal(odsa, form):
    """7.1, 7.4, figures 21 and 25. V12-ODSA-C-04, V12-ODSA-CE-01, V12-ODSA-AC-01, V12-ODSA-AC-03, V12-ODSA-G-02"""
    line, watch = odsa.line("one"), Watch()
    phone = line.phone("ap2006", form=form)
    told = phone.told("CheckEligibility", **watch.named)
    assert told["CompanionAppEligibility"] == "1" and told["CompanionDeviceServices"] == "SharedNumber"
    assert phone.look(**watch.named) == []
    told = phone.manage(0, **watch.new)
    assert told["SubscriptionResult"] == "2"
    watch.download(odsa, told["DownloadInfo"])
    assert phone.only(**watch.named) == {"ICCID": watch.iccid, "CompanionDeviceService": "SharedNumber", "ServiceStatus": "1"}
    odsa.ends(line, "done")


@pytest.mark.parametrize("download,event", [("smdp_address", None), ("smds", "smds.example")])
def test_a_watch_finds_its_profile_by_its_eid(odsa, download, event):
    """7.4, figure 25, without an activation code. V12-ODSA-MS-06, V12-ODSA-MS-08"""
    odsa.settings(download=download)
    line, watch = odsa.line(), Watch()
    info = line.phone("ap2006").manage(0, **watch.new)["DownloadInfo"]
    waiting = odsa.dp.profiles.of(info["ProfileIccid"])
    assert (waiting.eid, waiting.smds, waiting.matching_id or "") == (watch.eid, event, "")
    watch.download(odsa, info)
    odsa.ends(line, "done")


def later(odsa, line, watch, form="xml", **settings):
    """An order whose BSS takes its time: its phone is told to wait."""
    odsa.settings(answer_within_ms=100, **settings)
    odsa.bss.tell("order", pending=-1)
    phone = line.phone("ap2006", form=form)
    assert phone.manage(0, **watch.new) == {"OperationResult": "1", "SubscriptionResult": "4"}
    return phone


def hasten(odsa, line):
    """The BSS says by the operators' API what it would have answered when asked again, and answers so from then on."""
    odsa.bss.tell("order")
    wait_for(lambda: line.order()["steps"][-1]["outcome"] == "pending", what="an answer that is to come")
    status, told = odsa.api("POST", f"/v1/tenants/demo/esim-orders/{line.order()['id']}:advance", {"state": "done"})
    assert status == 200 or line.order()["steps"][-1]["outcome"] != "pending", told  # it may have been asked again meanwhile
    odsa.ends(line, "waiting")


def test_a_watch_is_told_later_and_its_phone_is_woken(odsa):
    """7.3.1, figure 23: the phone registers for a push; what is to be pushed stands in esim's outbox, with device and application, from which notify
    delivers. V12-ODSA-C-02, V12-ODSA-MS-10, V12-ODSA-AC-04"""
    line, watch = odsa.line(), Watch()
    phone = later(odsa, line, watch)
    registered = phone.told("AcquireConfiguration", **watch.named, notif_token="dGVzdA:APA91b" + "x" * 120, notif_action=2)
    assert registered["RegisterNotifStatus"] == "0"
    assert registered["CompanionConfigurations"][0]["CompanionConfiguration"]["ServiceStatus"] == "2"
    hasten(odsa, line)
    assert ("profile.ready", "ap2006", phone.terminal_id) in odsa.events(line)
    told = phone.only(**watch.named)
    assert told["ServiceStatus"] == "1"
    watch.download(odsa, told["DownloadInfo"])
    assert "DownloadInfo" not in phone.only(**watch.named)
    odsa.ends(line, "done")


@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_phone_polls_until_its_watch_may_download(odsa, form):
    """7.3.2, figure 24. V12-ODSA-C-03, V12-ODSA-AC-08, V12-ODSA-AC-06: the interval is what the operator says at that moment, in minutes where
    it can be; none means that the phone does not poll."""
    line, watch = odsa.line(), Watch()
    phone = later(odsa, line, watch, form, polling_interval_s=120)
    assert phone.only(**watch.named) == {"CompanionDeviceService": "SharedNumber", "ServiceStatus": "2", "PollingInterval": "2"}
    odsa.settings(polling_interval_s=45)
    assert phone.only(**watch.named) == {"CompanionDeviceService": "SharedNumber", "ServiceStatus": "2", "PollingInterval": "45", "PollingIntervalUnit": "1"}
    odsa.settings(polling_interval_s=0)
    assert phone.only(**watch.named) == {"CompanionDeviceService": "SharedNumber", "ServiceStatus": "2"}
    hasten(odsa, line)
    told = phone.only(**watch.named)
    assert told["ServiceStatus"] == "1" and told["ICCID"]
    watch.download(odsa, told["DownloadInfo"])
    odsa.ends(line, "done")


def test_a_phone_that_has_asked_often_enough_is_told_to_stop(odsa):
    """7.3.2, figure 24, step 18b: MaxRefreshRequest. V12-ODSA-AC-07"""
    line, watch = odsa.line(), Watch()
    phone = later(odsa, line, watch, max_refresh=3)
    assert [phone.only(**watch.named)["ServiceStatus"] for _ in range(4)] == ["2", "2", "4", "4"]
    odsa.bss.tell("order")
    odsa.ends(line, "waiting")
    watch.download(odsa, phone.only(**watch.named)["DownloadInfo"])


def test_download_information_is_told_again_while_it_may_have_been_lost(odsa):
    """T43: at the first AcquireConfiguration after the activation; and again, until the download is known of. V12-ODSA-AC-04"""
    line, watch = odsa.line(), Watch()
    phone = later(odsa, line, watch)
    hasten(odsa, line)
    first = phone.only(**watch.named)
    assert first["DownloadInfo"] == phone.only(**watch.named)["DownloadInfo"] == phone.manage(0, **watch.new)["DownloadInfo"]
    watch.download(odsa, first["DownloadInfo"])
    assert "DownloadInfo" not in phone.only(**watch.named)
    assert len(line.orders()) == 1


@pytest.mark.parametrize("download", [{"activation_code": CODE}, {"smdp_address": "smdp.example"}], ids=["code", "address"])
def test_a_watch_that_a_shop_activated_finds_its_profile(odsa, download):
    """7.5, figure 26. V12-ODSA-C-05"""
    line, watch = odsa.line(), Watch()
    iccid = odsa.at_another_channel(watch, download)
    line.put_profile(iccid, app="ap2006", service="DiffNumber", eid=watch.eid, terminal_id=watch.id, download=download)
    phone = line.phone("ap2006")
    told = phone.only(**watch.named)
    assert (told["ICCID"], told["CompanionDeviceService"], told["ServiceStatus"]) == (iccid, "DiffNumber", "1")
    watch.download(odsa, told["DownloadInfo"])
    assert "DownloadInfo" not in phone.only(**watch.named, companion_terminal_iccid=iccid)
    assert line.orders() == []


def test_a_phone_says_by_the_iccid_that_its_watch_has_the_profile(odsa):
    """7.4, figure 25, step 14: an SM-DP+ that tells nothing is not needed."""
    line, watch = odsa.line(), Watch()
    odsa.dp.notifier.is_held = True
    phone = line.phone("ap2006")
    watch.download(odsa, phone.manage(0, **watch.new)["DownloadInfo"])
    assert line.order()["state"] == "waiting"
    assert "DownloadInfo" not in phone.only(**watch.named, companion_terminal_iccid=watch.iccid)
    odsa.ends(line, "done")
    assert odsa.dp.notifier.deliver() == [], "late, and nothing new"


# ---- several of them

def test_a_phone_without_web_view_moves_one_of_its_companions_to_another(odsa):
    """7.6, figure 27. V12-ODSA-C-06, V12-ODSA-AC-13, V12-ODSA-AC-10: all are listed, each with its CompanionDeviceInfo; the old profile ends
    when the new one is there, and the new one is another."""
    line = odsa.line()
    phone = line.phone("ap2006")
    watches = [activated(odsa, line, phone, companion_terminal_friendly_name=name) for name in ("Ann's", "Bob's")]
    assert all("CompanionDeviceInfo" not in one for one in phone.look())
    odsa.settings(no_web_view=["Phone9"])
    found = {one["ICCID"]: one["CompanionDeviceInfo"] for one in phone.look()}
    assert found == {w.iccid: {"CompanionTerminalFriendlyName": name, "CompanionTerminalVendor": "ACME", "CompanionTerminalModel": "Watch",
                               "CompanionTerminalEid": w.eid} for w, name in zip(watches, ("Ann's", "Bob's"))}
    old, new = watches[0], Watch()
    told = phone.manage(3, **new.new, old_companion_terminal_id=old.id, old_companion_terminal_iccid=old.iccid)
    assert told["SubscriptionResult"] == "2"
    assert [r.body for r in odsa.bss.requests("retire") if line.imsi.encode() in r.body] == [], "not before the new one is there"
    new.download(odsa, told["DownloadInfo"])
    done = odsa.ends(line, "done")
    assert done["old_iccid"] == old.iccid != new.iccid and odsa.bss.orders[done["id"]]["retired"]
    assert {one["ICCID"] for one in phone.look()} == {new.iccid, watches[1].iccid}


def test_a_companion_that_is_replaced_is_chosen_on_a_sheet_where_the_device_names_none(odsa):
    """7.6: where there is no sheet either, nothing is done. V12-ODSA-MS-21, V12-ODSA-G-12"""
    line = odsa.line()
    phone = line.phone("ap2006")
    activated(odsa, line, phone)
    assert phone.manage(3, **Watch().new)["SubscriptionResult"] == "5"
    odsa.settings(**PORTAL)
    told = phone.manage(3, **Watch().new)
    assert (told["SubscriptionResult"], told["SubscriptionServiceURL"]) == ("1", PORTAL["url"])
    assert all(pair.count("=") >= 1 for pair in told["SubscriptionServiceUserData"].split("&"))
    assert len(line.orders()) == 1


def test_a_server_without_esim_management_cannot_replace_a_companion(odsa):
    """7.6, V12-HTTP-06: 406"""
    line = odsa.line()
    phone = line.phone("ap2006")
    watch = activated(odsa, line, phone)
    odsa.settings(smdp=None, bss=None)
    assert phone.ask("ManageSubscription", operation_type=3, **Watch().new, old_companion_terminal_iccid=watch.iccid).status == 406


def test_a_line_has_as_many_companions_as_its_plan_allows(odsa):
    """6.5.3: another one is dismissed; one that was given up makes room."""
    line = odsa.line("one")
    phone = line.phone("ap2006")
    watch, other = activated(odsa, line, phone), Watch()
    assert phone.manage(0, **other.new)["SubscriptionResult"] == "5"
    assert phone.manage(1, **watch.known)["SubscriptionResult"] == "3"
    assert phone.manage(0, **other.new)["SubscriptionResult"] == "2"


def test_a_line_whose_plan_has_no_companions_gets_none(odsa):
    """6.5.2. V12-ODSA-CE-04, V12-ODSA-CE-05"""
    odsa.settings(more={"not_enabled": {"url": "https://portal.demo.example/no", "user_data": "why=plan"}})
    line, watch = odsa.line("none"), Watch()
    phone = line.phone("ap2006")
    assert phone.told("CheckEligibility", **watch.named) == {
        "OperationResult": "1", "CompanionAppEligibility": "0", "CompanionDeviceServices": "",
        "NotEnabledURL": "https://portal.demo.example/no", "NotEnabledUserData": "why=plan"}
    assert phone.manage(0, **watch.new)["SubscriptionResult"] == "5" and line.orders() == []
    assert odsa.line().phone("ap2006").told("CheckEligibility", **watch.named)["CompanionDeviceServices"] == "SharedNumber,DiffNumber,FamilyNumber"


# ---- whose number

@pytest.mark.parametrize("service,is_shared", [("SharedNumber", True), ("DiffNumber", False), ("FamilyNumber", False)])
def test_a_companion_has_the_number_of_its_service(odsa, service, is_shared):
    """6.2, companion_terminal_service: the line's number, another of its own, one of somebody in the family; the order management gives it."""
    line = odsa.line()
    phone = line.phone("ap2006")
    watch = activated(odsa, line, phone, companion_terminal_service=service)
    assert phone.only(**watch.named)["CompanionDeviceService"] == service
    profile, = line.profiles()
    assert profile["service"] == service and (profile["msisdn"] == line.msisdn) == is_shared and profile["msisdn"].startswith("+")
    assert profile["imsi"] not in ("", line.imsi)


def test_a_service_that_the_plan_does_not_have_is_dismissed(odsa):
    """6.2: one that is none at all is 102. V12-ODSA-G-04"""
    line = odsa.line("one")
    phone = line.phone("ap2006")
    assert phone.manage(0, **Watch(companion_terminal_service="FamilyNumber").new)["SubscriptionResult"] == "5"
    phone.manage(0, 102, **Watch(companion_terminal_service="OwnNumber").new)


# ---- the end of it

def test_a_watch_that_is_given_up_before_it_has_its_profile_costs_nothing(odsa):
    """operation_type 1 before the download: the order is undone, the profile goes back to the SM-DP+'s stock."""
    line, watch = odsa.line(), Watch()
    phone = line.phone("ap2006")
    info = phone.manage(0, **watch.new)["DownloadInfo"]
    iccid = line.order()["iccid"]
    assert phone.manage(1, **watch.new)["SubscriptionResult"] == "3"
    undone = odsa.ends(line, "undone")
    assert odsa.dp.profiles.of(iccid).state == "Available" and odsa.bss.orders[undone["id"]]["paid"] == 0
    with pytest.raises(Refused):
        watch.download(odsa, info)
    assert phone.look(**watch.named) == []
    assert phone.manage(1, **watch.new)["SubscriptionResult"] == "3", "asked again"


def test_a_watch_that_is_given_up_afterwards_is_ended_at_the_bss(odsa):
    """operation_type 1: the ICCID is not used again."""
    line = odsa.line()
    phone = line.phone("ap2006")
    watch = activated(odsa, line, phone)
    assert phone.manage(1, **watch.known)["SubscriptionResult"] == "3"
    ended = odsa.ends(line, "done")
    assert (ended["kind"], ended["iccid"]) == ("unsubscribe", watch.iccid) and odsa.bss.orders[ended["id"]]["ordered"]
    assert phone.look() == [] and odsa.dp.profiles.of(watch.iccid).state == "Installed"
    assert phone.manage(0, **watch.new)["SubscriptionResult"] == "2", "it may begin anew"


def test_a_watch_that_lost_its_profile_gets_another(odsa):
    """operation_type 0 of a watch that has one and names none: after a factory reset."""
    line = odsa.line("one")
    phone = line.phone("ap2006")
    watch = activated(odsa, line, phone)
    lost = watch.iccid
    assert phone.manage(0, **watch.known)["SubscriptionResult"] == "3", "it has it"
    watch.download(odsa, phone.manage(0, **watch.new)["DownloadInfo"])
    done = odsa.ends(line, "done")
    assert (done["kind"], done["old_iccid"]) == ("recover", lost) and watch.iccid != lost
    assert phone.only(**watch.named)["ICCID"] == watch.iccid


def test_a_line_that_ends_takes_its_companions_with_it(odsa):
    """What is on a watch ends; what is still on its way goes back."""
    line = odsa.line()
    phone = line.phone("ap2006")
    watch, waiting = activated(odsa, line, phone), Watch()
    phone.manage(0, **waiting.new)
    iccid = line.order()["iccid"]
    assert odsa.api("POST", f"{line.path}:terminate")[0] == 200
    wait_for(lambda: {o["state"] for o in line.orders(iccid=iccid)} == {"undone"}, what="what was on its way is undone")
    wait_for(lambda: all(p["status"] == "no_reuse" for p in line.profiles()), what="all profiles ended")
    assert odsa.dp.profiles.of(iccid).state == "Available" and odsa.dp.profiles.of(watch.iccid).state == "Installed"
    assert ("profile.ended", "ap2006", phone.terminal_id) in odsa.events(line)


def test_a_line_that_gets_another_sim_keeps_its_companions(odsa):
    """What is on a watch stays, and what is on its way comes; the phone authenticates with the new SIM."""
    line, new = odsa.line(), odsa.line()
    watch, waiting = activated(odsa, line, line.phone("ap2006")), Watch()
    info = line.phone("ap2006").manage(0, **waiting.new)["DownloadInfo"]
    assert odsa.api("DELETE", new.path)[0] == 200
    assert odsa.api("POST", f"{line.path}:swap-sim", {"new_imsi": new.imsi})[0] == 200
    wait_for(lambda: len(new.profiles()) == 2, what="the profiles have moved")
    phone = new.phone("ap2006")
    assert phone.only(**watch.named)["ServiceStatus"] == "1"
    waiting.download(odsa, info)
    odsa.ends(new, "done")
    assert phone.manage(1, **watch.known)["SubscriptionResult"] == "3"
    assert [one["ICCID"] for one in phone.look()] == [waiting.iccid]


# ---- service on and off

@pytest.mark.parametrize("operation,on,off,told", [("ManageService", 10, 11, "ServiceStatus"), ("ManageSubscription", 5, 6, "SubscriptionResult")])
def test_the_service_of_a_watch_is_switched_off_and_on(odsa, operation, on, off, told):
    """7.2, figure 22, step 18; 6.2, operation_type 5 and 6. V12-ODSA-MV-01, V12-ODSA-MV-03, V12-ODSA-MS-18: from the other state alone."""
    line = odsa.line()
    phone = line.phone("ap2006")
    watch = activated(odsa, line, phone)
    asked = {**watch.known, "companion_terminal_service": "SharedNumber"}

    def switch(type_, status, result=None):
        answer = phone.told(operation, result or 1, operation_type=type_, **asked)
        if result is None:
            assert answer[told] == ("3" if told == "SubscriptionResult" else status)
        assert phone.only(**watch.named)["ServiceStatus"] == status

    again = 102 if operation == "ManageSubscription" else None
    switch(on, "1", again)
    switch(off, "3")
    switch(off, "3", again)
    switch(on, "1")
    assert [o["kind"] for o in line.orders()][1:] == ["deactivate", "activate"] and [o["state"] for o in line.orders()] == ["done"] * 3


def test_an_operator_that_does_not_offer_manage_service_says_so(odsa):
    """6.5.1: the device goes on. V12-ODSA-MV-04, V12-ODSA-G-05"""
    odsa.settings(manage_service=False)
    asked = {**Watch().named, "companion_terminal_service": "SharedNumber", "companion_terminal_iccid": "8901010000000000017"}
    assert odsa.line().phone("ap2006").told("ManageService", 103, operation_type=10, **asked) == {"OperationResult": "103"}


@pytest.mark.parametrize("missing", ["companion_terminal_id", "companion_terminal_service", "companion_terminal_iccid", "operation_type"])
def test_manage_service_needs_device_service_and_profile(odsa, missing):
    """6.2. V12-ODSA-MV-02, V12-ODSA-MV-01"""
    asked = {"operation_type": 10, **Watch().named, "companion_terminal_service": "SharedNumber", "companion_terminal_iccid": "8901010000000000017", missing: None}
    odsa.line().phone("ap2006").told("ManageService", 102, **asked)


# ---- what is none of theirs

def test_a_companion_of_somebody_else_is_nobodys_to_change(odsa):
    """2.10, 6.1: 403, by its ICCID and by its device, and nothing of it is told. V12-ODSA-G-09, V12-ODSA-G-08, V12-HTTP-03"""
    owner, other = odsa.line(), odsa.line()
    theirs = activated(odsa, owner, owner.phone("ap2006"))
    phone = other.phone("ap2006")
    for operation, type_ in (("ManageSubscription", 1), ("ManageSubscription", 4), ("ManageSubscription", 6), ("ManageSubscription", 0), ("ManageService", 11),
                             ("AcquireConfiguration", None)):
        answer = phone.ask(operation, **{**theirs.known, "companion_terminal_service": "SharedNumber"}, operation_type=type_)
        assert answer.status == 403 and theirs.iccid.encode() not in answer.body, operation
    assert phone.ask("ManageSubscription", operation_type=1, **theirs.new).status == 403
    assert phone.ask("ManageSubscription", operation_type=0, **theirs.new).status == 403
    assert phone.look() == [] and other.orders() == [] and len(owner.orders()) == 1


def test_what_identifies_people_and_devices_stands_in_no_log(odsa):
    """6.1. V12-ODSA-G-08: of any process, at any level"""
    line = odsa.line()
    watch = activated(odsa, line, line.phone("ap2006"))
    profile, = line.profiles()
    for process in odsa.stack.processes.values():
        text = process.log()
        for word in (watch.eid, watch.iccid, line.msisdn[1:], line.imsi, profile["imsi"], odsa.dp.profiles.of(watch.iccid).matching_id):
            assert word not in text, (process.instance, word)


def test_what_is_no_operation_or_has_no_meaning_is_answered_in_the_document(odsa):
    """6.5.1. V12-ODSA-G-03, V12-ODSA-G-04, V12-ODSA-MS-01, V12-ODSA-MS-02, V12-ODSA-G-06"""
    phone, watch = odsa.line().phone("ap2006"), Watch()
    assert phone.told("BuyAWatch", 101, **watch.named) == {"OperationResult": "101"}
    phone.told("AcquirePlan", 101, **watch.named)
    for type_ in (8, 9, 10, 11, -1, "", "x"):
        phone.manage(type_, 102, **watch.new)
    for missing in ("companion_terminal_id", "companion_terminal_eid"):
        phone.manage(0, 102, **{**watch.new, missing: None})
    phone.manage(0, 102, **{**watch.new, "companion_terminal_eid": watch.eid[:-1]})
    phone.manage(0, 102, **{**watch.new, "companion_terminal_iccid": "12345"})
    phone.manage(4, 102, **watch.new, companion_terminal_iccid="8901010000000000017")
    phone.manage(0, 104, **watch.new, MSG_btn=1, MSG_response="1234")

"""The call flows of TS.43 7 and 8 in which a person goes on on a web sheet, from the device's first request to the end of the order. How the pages
look and behave in a browser is in test_esim_sheets.py."""

import pytest
from odsa import Device, NewPhone, Watch
from odsa_sheet import Sheet
from stack import wait_for

TERMS = {"sheets": {"esim_terms": "e-1", "esim_texts": ["en: It ends with your line."]}}


@pytest.fixture
def offers(odsa):
    """Two plans to choose from, which no other test is offered."""
    for name in ("small", "large"):
        odsa.plan(name, offered_to=["companion", "primary"])
    yield
    for name in ("small", "large"):
        odsa.plan(name)


def walked(sheet, **chosen):
    """From page to page, to the order."""
    for do, fields in chosen.items():
        sheet.act(do, **fields)
    return sheet.act("order")


def loads(odsa, device, code):
    """What the page hands over is what the LPA is given (V12-ODSA-W-04)."""
    device.iccid = odsa.dp.download(code, device.eid).iccid


class Owner(Device):
    """A phone with its eSIM, and how it speaks."""

    def __init__(self, odsa, line):
        super().__init__()
        self.phone = line.phone("ap2009", terminal_id=self.id, terminal_eid=self.eid)
        odsa.settings()
        self.download(odsa, self.phone.manage(0)["DownloadInfo"])
        odsa.ends(line, "done")


# ---- activation

@pytest.mark.parametrize("contents", ["query", "json", "xml"])
def test_a_watch_is_activated_through_the_portal(odsa, offers, contents):
    """7.1, 7.2, figures 21 and 22. V12-ODSA-C-01, V12-ODSA-W-04, V12-ODSA-W-05, V12-ODSA-G-10, V12-ODSA-G-11, V12-ODSA-G-12: however the data is
    handed to the web view"""
    odsa.sheets(more=TERMS, contents=contents)
    line, watch = odsa.line("all"), Watch()
    phone = line.phone("ap2006")
    assert phone.told("CheckEligibility", **watch.named)["CompanionAppEligibility"] == "1"
    assert phone.look(**watch.named) == []
    told = phone.manage(0, **watch.new)
    assert told.get("SubscriptionServiceContentsType") == (None if contents == "query" else contents)
    sheet = Sheet(odsa, told)
    walked(sheet, plan={"pick": "large"}, accept={"agree": "yes"}, service={"pick": "DiffNumber"})
    code, = sheet.until("profileReadyWithActivationCode")
    assert "finishFlow" in sheet.offered()
    loads(odsa, watch, code)
    asked = {**watch.known, "companion_terminal_service": "DiffNumber", "operation_type": 10}
    assert phone.told("ManageService", **asked) == {"OperationResult": "1", "ServiceStatus": "1"}
    assert phone.only(**watch.named) == {"ICCID": watch.iccid, "CompanionDeviceService": "DiffNumber", "ServiceStatus": "1"}
    assert odsa.ends(line, "done")["plan"] == "large"


def test_a_watch_is_told_later_by_the_portal(odsa, offers):
    """7.3, figures 23 and 24: finishFlow() without a download; the event names device and application, and the phone may poll. V12-ODSA-C-03"""
    odsa.sheets(answer_within_ms=100)
    odsa.bss.tell("order", pending=-1)
    line, watch = odsa.line("one"), Watch()
    phone = line.phone("ap2006")
    sheet = Sheet(odsa, phone.manage(0, **watch.new))
    walked(sheet, plan={"pick": "small"})
    assert sheet.until_offered("finishFlow") == [] and sheet.called() is None
    assert phone.only(**watch.named)["ServiceStatus"] == "2"
    odsa.bss.tell("order")
    odsa.ends(line, "waiting")
    assert ("profile.ready", "ap2006", phone.terminal_id) in odsa.events(line)
    watch.download(odsa, phone.only(**watch.named)["DownloadInfo"])
    assert odsa.ends(line, "done")["plan"] == "small"


def test_a_phone_gets_a_new_subscription_through_the_portal(odsa, offers):
    """8.1, figures 29 and 30: logged in at the provider. V12-ODSA-P-01, V12-ODSA-MS-17"""
    odsa.sheets()
    line, owner = odsa.line(), Device()
    token = odsa.log_in_at_provider(line, app="ap2009", terminal_id=owner.id).token()
    phone = line.phone("ap2009", terminal_id=owner.id, credential={"token": token}, terminal_eid=owner.eid)
    assert phone.told("CheckEligibility")["PrimaryAppEligibility"] == "1" and phone.look() == []
    code, = walked(Sheet(odsa, phone.manage(0)), plan={"pick": "large"}).until("profileReadyWithActivationCode")
    loads(odsa, owner, code)
    assert phone.manage(4, terminal_iccid=owner.iccid)["SubscriptionResult"] == "3"
    assert phone.only() == {"ICCID": owner.iccid, "ServiceStatus": "1"}
    odsa.ends(line, "done")


def test_a_phone_with_a_sim_gets_an_esim_through_the_portal(odsa, offers):
    """8.2, figures 31 and 32. V12-ODSA-P-02"""
    odsa.sheets()
    line, esim = odsa.line(), NewPhone()
    phone = line.phone("ap2009")
    assert phone.told("CheckEligibility", **esim.target)["PrimaryAppEligibility"] == "1" and phone.look(**esim.target) == []
    code, = walked(Sheet(odsa, phone.manage(0, **esim.target)), plan={"pick": "small"}).until("profileReadyWithActivationCode")
    loads(odsa, esim, code)
    assert phone.manage(4, **esim.target, target_terminal_iccid=esim.iccid)["SubscriptionResult"] == "3"
    assert phone.only(**esim.target) == {"ICCID": esim.iccid, "ServiceStatus": "1"}
    odsa.ends(line, "done")


# ---- moving

def test_a_companion_is_replaced_through_the_portal(odsa):
    """7.6, as figure 27, of a device that has no management of its own. V12-ODSA-MS-21"""
    line, old, new = odsa.line("one"), Watch(), Watch()
    phone = line.phone("ap2006")
    old.download(odsa, phone.manage(0, **old.new)["DownloadInfo"])
    odsa.ends(line, "done")
    odsa.sheets()
    sheet = Sheet(odsa, phone.manage(3, **new.new))
    assert sheet.picks()[0].split() == [old.iccid, old.id]
    sheet.act("select", pick=f"{old.iccid} {old.id}", keep="good", agree="yes")
    assert sheet.called() == ["SelectionCompleted", old.iccid, old.id]
    new.download(odsa, phone.manage(3, **new.new, old_companion_terminal_iccid=old.iccid)["DownloadInfo"])
    assert odsa.ends(line, "done")["kind"] == "transfer"
    assert [one["ICCID"] for one in phone.look()] == [new.iccid]


def test_which_subscription_moves_is_chosen_on_the_portal(odsa):
    """8.6, figure 36, and 8.5, figure 35: the new phone asks again, and names the old profile. V12-ODSA-MS-16"""
    line, new = odsa.line(), NewPhone()
    owners = [Owner(odsa, line) for _ in range(2)]
    odsa.sheets()
    phone, old = line.phone("ap2009"), owners[1]
    sheet = Sheet(odsa, phone.manage(3, **new.target))
    assert {pick.split()[0] for pick in sheet.picks()} == {owner.iccid for owner in owners}
    sheet.act("select", pick=f"{old.iccid} {old.id}", keep="good", agree="yes")
    assert sheet.called() == ["SelectionCompleted", old.iccid, old.id]
    new.download(odsa, phone.manage(3, **new.target, old_terminal_iccid=old.iccid)["DownloadInfo"])
    done = odsa.ends(line, "done")
    assert (done["kind"], done["old_iccid"]) == ("transfer", old.iccid) and odsa.bss.orders[done["id"]]["retired"]
    assert {p["iccid"] for p in line.profiles() if p["status"] == "activated"} == {owners[0].iccid, new.iccid}


def test_a_transfer_is_agreed_to_on_the_portal(odsa):
    """8.7, figure 37, with consent on the old device. V12-ODSA-P-04"""
    line, new = odsa.line(), NewPhone()
    old = Owner(odsa, line)
    odsa.sheets("always")
    sheet = Sheet(odsa, old.phone.manage(3, old_terminal_id=old.id, old_terminal_iccid=old.iccid, **new.target))
    assert sheet.act("order", keep="good").title == sheet.walk[0] and len(line.orders()) == 1, "not without a tick"
    code, = sheet.act("order", keep="good", agree="yes").until("profileReadyWithActivationCode")
    loads(odsa, new, code)
    assert odsa.ends(line, "done")["old_iccid"] == old.iccid


def test_a_loan_comes_back(odsa):
    """A temporary transfer: the old profile rests while another phone has the line, and comes back; the other one is then over."""
    line, loaner = odsa.line(), NewPhone()
    old = Owner(odsa, line)
    odsa.sheets("always")
    sheet = Sheet(odsa, old.phone.manage(3, old_terminal_id=old.id, old_terminal_iccid=old.iccid, **loaner.target))
    code, = sheet.act("order", keep="while", agree="yes").until("profileReadyWithActivationCode")
    loads(odsa, loaner, code)
    lent = odsa.ends(line, "done")
    assert lent["kind"] == "lend" and odsa.bss.orders[lent["id"]]["retired"]
    rests, = [p for p in line.profiles() if p["iccid"] == old.iccid]
    assert (rests["status"], rests["is_lent"]) == ("deactivated", True)
    assert old.phone.only(terminal_iccid=old.iccid)["ServiceStatus"] == "3"
    assert old.phone.manage(5, terminal_iccid=old.iccid)["SubscriptionResult"] == "3"
    assert odsa.ends(line, "done")["kind"] == "return"
    assert {p["iccid"]: (p["status"], p["is_lent"]) for p in line.profiles()} == {old.iccid: ("activated", False), loaner.iccid: ("no_reuse", False)}
    assert old.phone.only(terminal_iccid=old.iccid) == {"ICCID": old.iccid, "ServiceStatus": "1"}
    assert odsa.dp.profiles.of(loaner.iccid).state == "Installed", "it was on its device: its SM-DP+ is not asked for it"


def test_the_old_profile_is_deleted_from_the_portal(odsa):
    """8.11.2, figure 43: from the new phone, after a code in an SMS; the event wakes it"""
    line, new = odsa.line(), Device()
    old = Owner(odsa, line)
    odsa.sheets("always", redownloadable=True)
    token = odsa.log_in_by_code(line, app="ap2009", terminal_id=new.id).token()
    phone = line.phone("ap2009", terminal_id=new.id, credential={"token": token}, terminal_eid=new.eid)
    told = phone.manage(3, old_terminal_iccid=old.iccid, redownloadable_profile=1, notif_token="dGVzdA:APA91b" + "x" * 120, notif_action=2)
    assert told["RegisterNotifStatus"] == "0"
    sheet = Sheet(odsa, told).act("order", keep="good", agree="yes")
    assert sheet.until_offered("deleteProfileInUse")[0] == old.iccid
    assert phone.only(target_terminal_id=new.id)["ServiceStatus"] == "2"
    odsa.dp.delete(old.iccid)
    odsa.dp.profiles.of(old.iccid).to("Available")
    odsa.ends(line, "waiting")
    assert ("profile.ready", "ap2009", new.id) in odsa.events(line)
    told = phone.only(target_terminal_id=new.id)
    assert (told["ICCID"], told["ServiceStatus"]) == (old.iccid, "1")
    new.download(odsa, told["DownloadInfo"])
    odsa.ends(line, "done")


# ---- verification, recovery, the end

@pytest.mark.parametrize("delayed", [False, True], ids=["at once", "later"])
def test_a_waiting_profile_is_released_on_the_portal(odsa, delayed):
    """8.12.1, figure 44. V12-ODSA-MS-20, V12-ODSA-W-03: a host name, no URL"""
    odsa.sheets(answer_within_ms=100 if delayed else 5000)
    line, owner = odsa.line(), Device()
    iccid = odsa.at_another_channel(owner, {}, release=False)
    line.put_profile(iccid, app="ap2009", eid=owner.eid, terminal_id=owner.id, verify=True, download={"smdp_address": "smdp.example"})
    phone = line.phone("ap2009", terminal_id=owner.id, terminal_eid=owner.eid)
    assert phone.only() == {"ICCID": iccid, "ServiceStatus": "3"}
    if delayed:
        odsa.bss.tell("order", pending=-1)
    sheet = Sheet(odsa, phone.manage(0, terminal_iccid=iccid)).act("order", agree="yes")
    if delayed:
        sheet.until_offered("finishFlow")
        assert phone.only()["ServiceStatus"] == "2"
        odsa.bss.tell("order")
        odsa.ends(line, "waiting")
        told = phone.only()["DownloadInfo"]
    else:
        address, named = sheet.until("profileReadyWithDefaultSmdp")
        told = {"ProfileSmdpAddress": address, "ProfileIccid": named}
    odsa.dp.profiles.release_profile(iccid)  # as the BSS does that takes such an order
    owner.download(odsa, told)
    assert phone.only(terminal_iccid=iccid)["ServiceStatus"] == "1"


def test_an_erased_profile_comes_back_through_the_portal(odsa):
    """8.13.1, figure 46. V12-ODSA-P-09, V12-ODSA-AC-14"""
    line = odsa.line()
    owner = Owner(odsa, line)
    odsa.sheets("always")
    lost = owner.phone.only()["ICCID"]
    code, = Sheet(odsa, owner.phone.manage(7, terminal_iccid=lost)).act("order").until("profileReadyWithActivationCode")
    loads(odsa, owner, code)
    assert odsa.ends(line, "done")["old_iccid"] == lost != owner.iccid
    assert owner.phone.manage(4, terminal_iccid=owner.iccid)["SubscriptionResult"] == "3"
    assert owner.phone.only() == {"ICCID": owner.iccid, "ServiceStatus": "1"}


def test_a_plan_is_changed_on_the_portal(odsa, offers):
    """operation_type 2"""
    line, watch = odsa.line(), Watch(companion_terminal_service="DiffNumber")
    phone = line.phone("ap2006")
    watch.download(odsa, phone.manage(0, **watch.new)["DownloadInfo"])
    odsa.ends(line, "done")
    assert phone.manage(2, **watch.known)["SubscriptionResult"] == "5", "nowhere to choose"
    odsa.sheets()
    sheet = walked(Sheet(odsa, phone.manage(2, **watch.known)), plan={"pick": "large"})
    assert sheet.until("finishFlow") == []
    done = odsa.ends(line, "done")
    assert (done["kind"], done["plan"]) == ("change", "large") and [p["plan"] for p in line.profiles()] == ["large"]


def test_who_leaves_the_portal_has_nothing_and_pays_nothing(odsa):
    """6.7: dismissFlow(); the device asks once more and is sent to a sheet again"""
    odsa.sheets("always")
    line, watch = odsa.line("one"), Watch()
    phone = line.phone("ap2006")
    first = phone.manage(0, **watch.new)
    assert Sheet(odsa, first).act("cancel").called() == ["dismissFlow"]
    assert line.orders() == [] and phone.look(**watch.named) == []
    second = phone.manage(0, **watch.new)
    assert second["SubscriptionServiceUserData"] != first["SubscriptionServiceUserData"]
    Sheet(odsa, second).act("order")
    wait_for(lambda: line.orders() != [], what="the order of the second")


def test_what_the_bss_refuses_is_said_on_the_portal(odsa):
    """6.7: dismissFlow() when the person has read it"""
    odsa.sheets("always")
    odsa.bss.tell("order", refuse="no_credit")
    line, watch = odsa.line("one"), Watch()
    sheet = Sheet(odsa, line.phone("ap2006").manage(0, **watch.new)).act("order")
    assert sheet.until_offered("dismissFlow") == []
    odsa.ends(line, "undone")

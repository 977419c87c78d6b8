"""Primary devices (ap2009, TS.43 8): a phone gets an eSIM, moves it to another phone, and gets back what it lost. Each flow is a test that names
its figure. What a web sheet does in them is in test_odsa_sheets.py."""

import base64
import datetime
import json

import pytest
from odsa import Device, NewPhone, activation_code, application
from smdp import Refused
from stack import wait_for

PORTAL = {"sheet": "choice", "url": "https://portal.demo.example/esim"}
QUESTION = {"title": ["en: Your account"], "message": ["en: Which PIN?"], "accept_label": ["en: Go on"], "freetext": True, "hint": ["en: Four digits"],
            "validation": "^[0-9]{4}$", "error_text": ["en: Four digits, please."]}
MSG = {"Title": "Your account", "Message": "Which PIN?", "Accept_btn": "1", "Accept_btn_label": "Go on", "Reject_btn": "1", "Accept_freetext": "1",
       "Accept_freetext_hint": "Four digits", "Accept_freetext_validation": "encodedValue=" + base64.b64encode(b"^[0-9]{4}$").decode(),
       "Accept_freetext_validation_failed_error_text": "Four digits, please."}


class Phone(Device):
    """Without a SIM at hand: terminal_id is its own (6.3, figure 15)."""

    def of(self, odsa, line, answer, **more):
        assert answer.status == 200, (answer.status, answer.body)
        return line.phone("ap2009", terminal_id=self.id, credential={"token": answer.token()}, terminal_eid=self.eid, **more)


def owned(odsa, line):
    """A phone whose eSIM is of this server."""
    owner = Phone()
    phone = line.phone("ap2009", terminal_id=owner.id, terminal_eid=owner.eid)
    owner.download(odsa, phone.manage(0)["DownloadInfo"])
    odsa.ends(line, "done")
    return owner, phone


def later(odsa):
    odsa.settings(answer_within_ms=100)
    odsa.bss.tell("order", pending=-1)


def is_ready(odsa, line):
    odsa.bss.tell("order")
    odsa.ends(line, "waiting")


# ---- a new subscription

def test_a_phone_gets_a_new_subscription_after_a_login(odsa):
    """8.1, figures 29 and 30, as far as the portal, which is the operator's own. V12-ODSA-P-01, V12-ODSA-CE-02, V12-ODSA-AC-01"""
    odsa.settings(sheet="always", url=PORTAL["url"])
    line, owner = odsa.line(), Phone()
    phone = owner.of(odsa, line, odsa.log_in_at_provider(line, app="ap2009", terminal_id=owner.id))
    assert phone.told("CheckEligibility") == {"OperationResult": "1", "PrimaryAppEligibility": "1"}
    assert phone.look() == []
    told = phone.manage(0)
    assert (told["SubscriptionResult"], told["SubscriptionServiceURL"]) == ("1", PORTAL["url"])
    assert line.orders() == [], "until a person decided"


@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_phone_with_a_sim_gets_an_esim_beside_it(odsa, form):
    """8.2, figures 31 and 32, without a portal: terminal_id is the SIM's slot, target_terminal_id the eSIM's. V12-ODSA-P-02, V12-ODSA-MS-17"""
    line, esim = odsa.line(), NewPhone()
    phone = line.phone("ap2009", form=form)
    assert phone.told("CheckEligibility", **esim.target)["PrimaryAppEligibility"] == "1"
    assert phone.look(**esim.target) == []
    esim.download(odsa, phone.manage(0, **esim.target)["DownloadInfo"])
    assert phone.manage(4, **esim.target, target_terminal_iccid=esim.iccid)["SubscriptionResult"] == "3"
    assert phone.only(**esim.target) == {"ICCID": esim.iccid, "ServiceStatus": "1"}
    profile, = line.profiles()
    assert (profile["terminal_id"], profile["eid"], profile["app"]) == (esim.id, esim.eid, "ap2009")
    assert phone.look(target_terminal_id="356938035643809") == []
    odsa.ends(line, "done")


@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_phone_gets_its_esim_without_a_portal(odsa, form):
    """8.8, figure 38"""
    line, owner = odsa.line(), Phone()
    phone = line.phone("ap2009", form=form, terminal_id=owner.id, terminal_eid=owner.eid)
    assert phone.told("CheckEligibility")["PrimaryAppEligibility"] == "1"
    owner.download(odsa, phone.manage(0)["DownloadInfo"])
    assert phone.only() == {"ICCID": owner.iccid, "ServiceStatus": "1"}
    odsa.ends(line, "done")


def test_a_phone_is_told_later(odsa):
    """8.8, figure 39: polling, and what would wake the phone instead. V12-ODSA-P-05, V12-ODSA-MS-10, V12-ODSA-AC-12"""
    line, owner = odsa.line(), Phone()
    phone = line.phone("ap2009", terminal_id=owner.id, terminal_eid=owner.eid)
    later(odsa)
    assert phone.manage(0) == {"OperationResult": "1", "SubscriptionResult": "4"}
    assert phone.only() == {"ServiceStatus": "2", "PollingInterval": "1"}
    is_ready(odsa, line)
    assert ("profile.ready", "ap2009", owner.id) in odsa.events(line)
    told = phone.only()
    assert told["ServiceStatus"] == "1"
    owner.download(odsa, told["DownloadInfo"])
    odsa.ends(line, "done")


def test_a_line_that_may_not_have_an_esim_is_told_when_to_ask_again_and_when_to_stop(odsa):
    """6.5.2. V12-ODSA-CE-06, V12-ODSA-CE-07, V12-ODSA-CE-08"""
    odsa.settings(eligibility_polling_s=90, max_refresh=3)
    line = odsa.line("none")
    phone = line.phone("ap2009")
    asked = [phone.told("CheckEligibility") for _ in range(3)]
    no = {"OperationResult": "1", "PrimaryAppEligibility": "0"}
    assert asked == [{**no, "PollingInterval": "90", "PollingIntervalUnit": "1"}] * 2 + [no]
    assert phone.manage(0)["SubscriptionResult"] == "5"
    line.patch(plan="all")
    assert phone.told("CheckEligibility") == {"OperationResult": "1", "PrimaryAppEligibility": "1"}


def test_a_line_with_several_esims_has_one_that_is_primary(odsa):
    """6.5.5. V12-ODSA-AC-09: a list of them, and a single one stands alone."""
    line = odsa.line()
    phone, esims = line.phone("ap2009"), [NewPhone(), NewPhone()]
    for esim in esims:
        esim.download(odsa, phone.manage(0, **esim.target)["DownloadInfo"])
        odsa.ends(line, "done")
    told = phone.told("AcquireConfiguration")
    assert "PrimaryConfiguration" not in told and len(told["PrimaryConfigurations"]) == 2
    assert sorted(one.get("SecondaryICCID", "") for one in phone.look()) == ["", "1"]
    assert "PrimaryConfiguration" in phone.told("AcquireConfiguration", **esims[0].target)


# ---- transfers

@pytest.mark.parametrize("login", ["code", "provider"])
def test_a_subscription_moves_to_a_phone_that_has_no_sim(odsa, login):
    """8.3, 8.5, figures 33 and 35: by a code in an SMS. 8.4, 8.5, figures 34 and 35: at the provider. V12-ODSA-P-03"""
    line, new = odsa.line(), Phone()
    old, _ = owned(odsa, line)
    log_in = odsa.log_in_by_code if login == "code" else odsa.log_in_at_provider
    phone = new.of(odsa, line, log_in(line, app="ap2009", terminal_id=new.id))
    assert phone.told("CheckEligibility")["PrimaryAppEligibility"] == "1"
    told = phone.manage(3, old_terminal_iccid=old.iccid)
    assert told["SubscriptionResult"] == "2"
    new.download(odsa, told["DownloadInfo"])
    done = odsa.ends(line, "done")
    assert odsa.bss.orders[done["id"]]["retired"] and (done["old_iccid"], done["iccid"]) == (old.iccid, new.iccid)
    assert phone.manage(4, terminal_iccid=new.iccid)["SubscriptionResult"] == "3"
    assert phone.only(terminal_iccid=new.iccid) == {"ICCID": new.iccid, "ServiceStatus": "1"}
    assert [p["iccid"] for p in line.profiles() if p["status"] == "activated"] == [new.iccid]


def test_a_physical_sim_becomes_an_esim(odsa):
    """8.8, figure 38, operation_type 3: the old ICCID is the SIM's."""
    line, esim = odsa.line(iccid="8944000000000999994"), NewPhone()
    phone = line.phone("ap2009")
    esim.download(odsa, phone.manage(3, **esim.target, old_terminal_iccid="8944000000000999994F")["DownloadInfo"])
    assert odsa.ends(line, "done")["old_iccid"] == "8944000000000999994"


def test_the_old_phone_moves_its_subscription_to_a_new_one(odsa):
    """8.7, figure 37. V12-ODSA-P-04, V12-ODSA-MS-22, V12-ODSA-G-13: old_terminal_id means that the old phone asks; what it had ends when the new phone
    has its profile, which was prepared for its EID."""
    odsa.settings(download="smdp_address")
    line, new = odsa.line(), NewPhone()
    old, phone = owned(odsa, line)
    assert phone.told("CheckEligibility", **new.target)["PrimaryAppEligibility"] == "1"
    told = phone.manage(3, old_terminal_id=old.id, old_terminal_iccid=old.iccid, **new.target)
    prepared = odsa.dp.profiles.of(told["DownloadInfo"]["ProfileIccid"])
    assert (prepared.state, prepared.eid) == ("Released", new.eid)
    order = line.order()
    assert order["state"] == "waiting" and not odsa.bss.orders[order["id"]]["retired"]
    assert phone.only(terminal_iccid=old.iccid) == {"ICCID": old.iccid, "ServiceStatus": "1"}
    new.download(odsa, told["DownloadInfo"])
    odsa.ends(line, "done")
    assert odsa.bss.orders[order["id"]]["retired"]


def test_an_operator_may_end_the_old_subscription_when_the_new_one_is_ready(odsa):
    """8.5, figure 35, steps 11 to 13, and 8.7, figure 37, steps 12 and 13"""
    odsa.settings(retire_when_ready=True)
    line, new = odsa.line(), NewPhone()
    old, phone = owned(odsa, line)
    told = phone.manage(3, old_terminal_id=old.id, old_terminal_iccid=old.iccid, **new.target)
    order = odsa.ends(line, "waiting")
    assert odsa.bss.orders[order["id"]]["retired"]
    assert [p["status"] for p in line.profiles() if p["iccid"] == old.iccid] == ["no_reuse"]
    new.download(odsa, told["DownloadInfo"])
    odsa.ends(line, "done")


def test_a_phone_may_have_esims_of_two_lines(odsa):
    """8.2, 8.7: whoever has a line's eSIM on a phone does not keep others' off it; what each sees is its own."""
    theirs, _ = owned(odsa, odsa.line())
    line = odsa.line()
    _, phone = owned(odsa, line)
    told = phone.manage(3, target_terminal_id=theirs.id, target_terminal_eid=theirs.eid)
    iccid = odsa.dp.download(activation_code(told["DownloadInfo"]), theirs.eid).iccid
    odsa.ends(line, "done")
    assert iccid != theirs.iccid and theirs.iccid not in json.dumps(phone.look())


def test_what_is_not_theirs_is_not_moved(odsa):
    """8.5, 8.8: of somebody else, and unknown. V12-ODSA-MS-15, V12-ODSA-G-09: what we do not know the BSS judges, unless
    we know the ICCID of the line's SIM."""
    line, new = odsa.line(), NewPhone()
    theirs, _ = owned(odsa, odsa.line())
    owned(odsa, line)
    phone, unknown = line.phone("ap2009"), "8944000000000888885"
    assert phone.ask("ManageSubscription", operation_type=3, **new.target, old_terminal_iccid=theirs.iccid).status == 403
    assert len(line.orders()) == 1
    odsa.bss.tell("order", refuse="unknown_iccid")
    assert phone.manage(3, **new.target, old_terminal_iccid=unknown)["SubscriptionResult"] == "5"
    assert odsa.ends(line, "undone")["old_iccid"] == unknown
    line.patch(iccid="8944000000000999994")
    phone.manage(3, 102, **new.target, old_terminal_iccid=unknown)


def test_which_of_several_is_moved_is_asked_on_a_sheet(odsa):
    """8.6, figure 36, steps 1 and 2; where there is none nothing is done. V12-ODSA-MS-16"""
    line, new = odsa.line(), NewPhone()
    phone = line.phone("ap2009")
    for _ in range(2):
        owned(odsa, line)
    phone.manage(3, 102, **new.target)
    odsa.settings(**PORTAL)
    assert phone.manage(3, **new.target)["SubscriptionResult"] == "1"
    assert len(line.orders()) == 2


@pytest.mark.parametrize("asks_user,delayed", [(False, False), (True, False), (False, True)], ids=["at once", "after a question", "later"])
def test_a_new_phone_needs_a_temporary_token_alone(odsa, asks_user, delayed):
    """8.9, figure 40 (immediate, with and without user input) and 41 (delayed). V12-ODSA-P-06, V12-ODSA-AT-02, V12-ODSA-AT-03, V12-ODSA-MS-14"""
    line, new = odsa.line(), NewPhone()
    old, phone = owned(odsa, line)
    odsa.settings(**({"input": ["transfer"], "text": QUESTION} if asks_user else {}))
    given = phone.told("AcquireTemporaryToken", operation_targets="ManageSubscription,AcquireConfiguration", terminal_iccid=old.iccid)
    assert set(given) == {"OperationResult", "TemporaryToken", "TemporaryTokenExpiry", "OperationTargets"}
    assert given["OperationTargets"] == "ManageSubscription,AcquireConfiguration"
    assert datetime.datetime.fromisoformat(given["TemporaryTokenExpiry"].replace("Z", "+00:00")).tzinfo is not None
    newer = line.phone("ap2009", terminal_id=new.id, credential={"temporary_token": given["TemporaryToken"]})
    move = {"operation_type": 3, "old_terminal_iccid": old.iccid, **new.target}
    if asks_user:
        assert newer.manage(**move)["MSG"] == MSG
        move |= {"MSG_btn": 1, "MSG_response": "1234"}
    if delayed:
        later(odsa)
        assert newer.manage(**move)["SubscriptionResult"] == "4"
        assert newer.only(**new.target)["ServiceStatus"] == "2"
        is_ready(odsa, line)
        assert ("profile.ready", "ap2009", new.id) in odsa.events(line)
        told = newer.only(**new.target)
    else:
        told = newer.manage(**move)
    new.download(odsa, told["DownloadInfo"])
    odsa.ends(line, "done")
    again = line.phone("ap2009", terminal_id=new.id)
    assert again.only(terminal_iccid=new.iccid) == {"ICCID": new.iccid, "ServiceStatus": "1"}, "with its own SIM, steps 21 to 31"


def test_a_temporary_token_is_good_for_what_it_was_given_for(odsa):
    """8.9, 2.8.6. V12-ODSA-AT-01, V12-ODSA-AT-04"""
    line = odsa.line()
    _, phone = owned(odsa, line)
    phone.told("AcquireTemporaryToken", 102)
    phone.told("AcquireTemporaryToken", 102, operation_targets="ManageSubscription,MakeCoffee")
    given = phone.told("AcquireTemporaryToken", operation_targets="AcquireConfiguration")
    assert given["OperationTargets"] == "AcquireConfiguration"
    newer = line.phone("ap2009", credential={"temporary_token": given["TemporaryToken"]})
    assert len(newer.look()) == 1 and newer.ask("ManageSubscription", operation_type=3).status == 403
    assert line.phone("ap2006", credential=newer.credential).ask("AcquireConfiguration").status == 403


# ---- deletion first

def redownloads(odsa, line):
    old, phone = owned(odsa, line)
    odsa.settings(redownloadable=True)
    return old, phone


@pytest.mark.parametrize("who", ["smdp", "bss"])
def test_the_old_phone_deletes_its_profile_and_the_new_one_loads_the_same(odsa, who):
    """8.11.1, figure 42: the SM-DP+ tells of the deletion, or the BSS by the operators' API; the event names the phone that is to be woken.
    V12-ODSA-MS-11, V12-ODSA-P-07"""
    line, new = odsa.line(), NewPhone()
    old, phone = redownloads(odsa, line)
    asked = {"old_terminal_id": old.id, "old_terminal_iccid": old.iccid, "redownloadable_profile": 1, **new.target}
    assert phone.manage(3, **asked) == {"OperationResult": "1", "SubscriptionResult": "6"}
    assert phone.manage(3, **asked)["SubscriptionResult"] == "6", "asked again"
    assert phone.only(**new.target)["ServiceStatus"] == "2"
    odsa.dp.delete(old.iccid) if who == "smdp" else odsa.dp.profiles.of(old.iccid).to("Deleted")
    odsa.dp.profiles.of(old.iccid).to("Available")  # it may be loaded again
    if who == "bss":
        assert odsa.api("POST", f"/v1/tenants/demo/profiles/{old.iccid}:deleted")[0] == 200
    odsa.ends(line, "waiting")
    wait_for(lambda: ("profile.ready", "ap2009", phone.terminal_id) in odsa.events(line), what="the event that wakes the phone")
    told = phone.only(**new.target)
    assert (told["ICCID"], told["ServiceStatus"]) == (old.iccid, "1")
    new.download(odsa, told["DownloadInfo"])
    odsa.ends(line, "done")
    assert [(p["iccid"], p["eid"]) for p in line.profiles() if p["status"] == "activated"] == [(old.iccid, new.eid)]


@pytest.mark.parametrize("said", [None, 0])
def test_a_phone_that_cannot_load_a_profile_again_is_told_that_it_must(odsa, said):
    """8.11. V12-ODSA-MS-12: of transfers alone"""
    line, new = odsa.line(), NewPhone()
    old, phone = redownloads(odsa, line)
    asked = {"old_terminal_id": old.id, "old_terminal_iccid": old.iccid, **({} if said is None else {"redownloadable_profile": said})}
    assert phone.manage(3, **asked, **new.target)["SubscriptionResult"] == "7"
    assert phone.manage(0, **new.target)["SubscriptionResult"] == "2"


# ---- verification before the download

def waiting_for_its_user(odsa, line, **download):
    """A profile that a shop ordered, and that its user has to confirm."""
    owner = Phone()
    iccid = odsa.at_another_channel(owner, {}, release=False)
    line.put_profile(iccid, app="ap2009", eid=owner.eid, terminal_id=owner.id, verify=True, download={"smdp_address": "smdp.example"})
    return owner, iccid, line.phone("ap2009", terminal_id=owner.id, terminal_eid=owner.eid)


def test_a_profile_waits_for_a_person_on_the_portal(odsa):
    """8.12.1, figure 44, as far as the portal. V12-ODSA-MS-20"""
    odsa.settings(**PORTAL)
    line = odsa.line()
    owner, iccid, phone = waiting_for_its_user(odsa, line)
    assert phone.only() == {"ICCID": iccid, "ServiceStatus": "3"}
    told = phone.manage(0, terminal_iccid=iccid)
    assert told["SubscriptionServiceURL"] == PORTAL["url"] and line.orders() == []


@pytest.mark.parametrize("delayed", [False, True], ids=["at once", "later"])
def test_a_profile_waits_for_what_its_user_types(odsa, delayed):
    """8.12.2, figure 45. V12-ODSA-P-08, V12-ODSA-AC-11, V12-ODSA-MS-23, V12-ODSA-MS-25, V12-ODSA-MS-14: judged by the BSS"""
    odsa.settings(input=["download"], text=QUESTION, input_to_bss=True)
    line = odsa.line()
    owner, iccid, phone = waiting_for_its_user(odsa, line)
    assert phone.only() == {"ICCID": iccid, "ServiceStatus": "3", "MSG": MSG}
    phone.manage(0, 104, terminal_iccid=iccid, MSG_btn=1, MSG_response="no digits")
    phone.manage(0, 104, terminal_iccid=iccid, MSG_btn=1, MSG_response="4321")
    assert phone.only()["ServiceStatus"] == "3", "nothing is lost by it"
    assert phone.manage(0, terminal_iccid=iccid, MSG_btn=0)["SubscriptionResult"] == "5"
    accepted = {"terminal_iccid": iccid, "MSG_btn": 1, "MSG_response": "1234"}
    if delayed:
        odsa.settings(input=["download"], text=QUESTION, input_to_bss=True, answer_within_ms=100)
        odsa.bss.tell("order", pending=-1)
        assert phone.manage(0, **accepted)["SubscriptionResult"] == "4"
        assert phone.only()["ServiceStatus"] == "2"
        is_ready(odsa, line)
        told = phone.only()
    else:
        told = phone.manage(0, **accepted)
    assert told["DownloadInfo"] == {"ProfileIccid": iccid, "ProfileSmdpAddress": "smdp.example"}
    assert odsa.bss.orders[line.order()["id"]]["kind"] == "release"
    odsa.dp.profiles.release_profile(iccid)  # as the BSS does that takes such an order
    owner.download(odsa, told["DownloadInfo"])
    assert phone.only(terminal_iccid=iccid)["ServiceStatus"] == "1"


def test_what_a_device_shows_fits_its_display(odsa):
    """6.2, MSG_character_display_limits. V12-ODSA-MS-26, V12-ODSA-MS-24"""
    odsa.settings(input=["subscribe"], text=QUESTION)
    phone = odsa.line().phone("ap2009")
    told = phone.manage(0, MSG_character_display_limits="4,-1,2,3,4,9")["MSG"]
    assert told == {**MSG, "Title": "Your", "Accept_btn_label": "Go", "Accept_freetext_hint": "Four", "Accept_freetext_validation_failed_error_text": "Four digi"}
    odsa.settings(input=["subscribe"], text={"message": ["en: Do you agree?"]})
    assert phone.manage(0)["MSG"] == {"Message": "Do you agree?", "Accept_btn": "1", "Reject_btn": "1", "Accept_freetext": "0"}
    phone.manage(0, 104, MSG_btn=1, MSG_response="nobody asked")
    assert phone.manage(0, MSG_btn=1)["SubscriptionResult"] == "2"


# ---- recovery

@pytest.mark.parametrize("asks_user", [False, True])
def test_a_phone_gets_back_what_it_erased(odsa, asks_user):
    """8.13.2, figure 47: the ICCIDs of the subscription are listed, the lost one is asked for. V12-ODSA-P-09, V12-ODSA-AC-14"""
    odsa.settings(**({"input": ["recover"], "text": QUESTION} if asks_user else {}))
    line = odsa.line()
    owner, phone = owned(odsa, line)
    lost = owner.iccid
    assert phone.only() == {"ICCID": lost, "ServiceStatus": "1"}
    asked = {"operation_type": 7, "terminal_iccid": lost}
    if asks_user:
        assert phone.manage(**asked)["MSG"] == MSG
        asked |= {"MSG_btn": 1, "MSG_response": "1234"}
    told = phone.manage(**asked)
    assert told["SubscriptionResult"] == "2" and told["PrimaryConfiguration"]["DownloadInfo"] == told["DownloadInfo"]
    assert told["PrimaryConfiguration"]["ServiceStatus"] == "1" and activation_code(told["DownloadInfo"])
    owner.download(odsa, told["DownloadInfo"])
    odsa.ends(line, "done")
    assert owner.iccid != lost
    assert phone.manage(4, terminal_iccid=owner.iccid)["SubscriptionResult"] == "3"
    assert phone.only() == {"ICCID": owner.iccid, "ServiceStatus": "1"}


def test_recovery_begins_on_a_portal_where_there_is_one(odsa):
    """8.13.1, figure 46, as far as the portal"""
    line = odsa.line()
    owner, phone = owned(odsa, line)
    odsa.settings(sheet="always", url=PORTAL["url"])
    assert phone.manage(7, terminal_iccid=owner.iccid)["SubscriptionServiceURL"] == PORTAL["url"]


def test_only_what_is_theirs_is_got_back(odsa):
    """8.13. V12-ODSA-MS-19"""
    line = odsa.line()
    theirs, _ = owned(odsa, odsa.line())
    phone = line.phone("ap2009")
    assert phone.ask("ManageSubscription", operation_type=7, terminal_iccid=theirs.iccid).status == 403
    phone.manage(7, 102, terminal_iccid="8944000000000888885")
    phone.manage(7, 102)
    assert line.orders() == []


def test_an_esim_is_given_up(odsa):
    """operation_type 1; and 6 and 5 before: off and on. V12-ODSA-MS-09, V12-ODSA-MS-18"""
    line = odsa.line()
    owner, phone = owned(odsa, line)
    for type_, status in ((6, "3"), (5, "1")):
        assert phone.manage(type_, terminal_iccid=owner.iccid)["SubscriptionResult"] == "3"
        assert phone.only()["ServiceStatus"] == status
    assert phone.manage(1, terminal_iccid=owner.iccid)["SubscriptionResult"] == "3"
    odsa.ends(line, "done")
    assert phone.look() == []
    with pytest.raises(Refused):
        odsa.dp.download("1$smdp.example$NONE", owner.eid)
    assert application(phone.ask("CheckEligibility"), "ap2009")["PrimaryAppEligibility"] == "1"

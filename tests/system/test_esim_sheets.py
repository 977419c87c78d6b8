"""Web sheets of eSIMs in headless Chromium, with ODSAServiceFlow in the page as a phone puts it there, and an SM-DP+ behind the server."""

import base64
import json
import sys

import people
import pytest
from bss_stack import client_certificate
from sheets import DEMO, Sheets, check_page
from stack import ROOT, wait_for
from ts43 import JSON, params

sys.path.insert(0, str(ROOT / "tests/peers"))
from smdp import SmDp, new_eid  # noqa: E402

TERMS = "Your eSIM is yours alone.\nIt ends with your line."
OLD = "8949000000000000025"


class EsimSheets(Sheets):
    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        keys = people.Keys(folder / "smdp")
        self.dp = SmDp(pki=folder / "smdp", stock={"W1": 60, "P1": 60})
        cert, key = client_certificate(folder / "smdp")
        peers = folder / "esim-peers.conf"
        peers.write_text(f"[smdp home]\nurl = {self.dp.url}\nca_file = {keys.ca}\ncert_file = {cert}\nkey_file = {key}\nrequester_id = openes.example\n"
                         "smdp_address = smdp.example\nretry_first = 100ms\n")
        super().__init__(folder, esim={"peers_file": peers})
        plan = {**self.gold, "companion": {"allowed": True, "services": ["SharedNumber", "DiffNumber"], "max": 5}, "primary_esim": True,
                "esim": {"companion_profile_type": "W1", "primary_profile_type": "P1"}}
        self.put("plans/gold", plan)
        self.put("plans/watch", {"name": "Watch", "description": "One number", "price": "5 EUR", "esim": {"companion_profile_type": "W1", "offered_to": ["companion"]}})
        self.put("plans/kids", {"name": "Kids", "price": "3 EUR", "esim": {"companion_profile_type": "W1", "offered_to": ["companion"]}})

    def put(self, path, body):
        status, answer = self.api("PUT", f"{DEMO}/{path}", body)[:2]
        assert status in (200, 201), answer

    def tenant(self, sheets=None, esim=None, **more):
        esim = {"smdp": "home", "sheet": "always", "url": self.url, **(esim or {})}
        super().tenant({"esim_terms": "e-1", "esim_texts": ["en: " + TERMS, "de: Ihre eSIM gehört Ihnen."], **(sheets or {})}, esim=esim, **more)

    def stop(self):
        super().stop()
        self.dp.close()


class Device:
    """A companion, or an eSIM phone, of a line."""

    def __init__(self, line, app="ap2006", **more):
        self.line, self.app, self.eid = line, app, new_eid()
        self.imei = f"4901542032{line.imsi[-5:]}"
        prefix = "companion" if app == "ap2006" else "target"
        self.about = {f"{prefix}_terminal_id": self.imei, f"{prefix}_terminal_eid": self.eid, **more}
        if app == "ap2006":
            self.about |= {"companion_terminal_vendor": "ACME", "companion_terminal_friendly_name": "My Watch", "companion_terminal_model": "W2"}

    def ask(self, operation, **more):
        return self.line.app(self.app, operation=operation, **self.about, **more)

    def manage(self, type_=0, **more):
        return self.ask("ManageSubscription", operation_type=str(type_), **more)

    def sheet(self, type_=0, **more):
        """What ServiceFlow is for others: the sheet's user data."""
        answer = self.manage(type_, **more)
        assert answer["SubscriptionResult"] == "1" and answer["SubscriptionServiceURL"] == self.line.sheets.url, answer
        return answer["SubscriptionServiceUserData"]


@pytest.fixture(scope="module")
def sheets(tmp_path_factory):
    made = EsimSheets(tmp_path_factory.mktemp("esim-sheets"))
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(autouse=True)
def settings(sheets):
    sheets.tenant()
    sheets.dp.say()
    yield
    sheets.dp.check()


def opened(sheets, device, user_data=None, **settings):
    from sheets import Page
    return Page(sheets, device.app, user_data or device.sheet(), **settings)


def waited(page, wanted):
    """A page that looks again by itself comes to its end without anybody's help."""
    page.wait(f"document.readyState == 'complete' && (window.calls || []).some(call => call[0] == {json.dumps(wanted)})", wanted)
    return page.calls()


def titled(page, title):
    """The same of a page whose title says so."""
    page.wait(f"document.readyState == 'complete' && document.querySelector('h1')?.textContent == {json.dumps(title)}", title)


def choose(page, sheets, plan="watch", service="SharedNumber"):
    check_page(page, sheets)
    page.tick(f"[name=pick][value={plan}]").press_button("plan")
    check_page(page, sheets)
    page.tick().press_button("accept")
    check_page(page, sheets)
    page.tick(f"[name=pick][value={service}]").press_button("service")
    check_page(page, sheets)
    return page


@pytest.mark.parametrize("look", [{}, {"dark": True}, {"language": "ar"}, {"width": 320, "language": "de"}], ids=str)
def test_a_companion_is_activated_on_its_sheet(sheets, look):
    """V12-ODSA-W-01, V12-ODSA-W-04, V12-ODSA-W-05, V12-ODSA-C-01; figure 22: the code that the page hands over is one that the SM-DP+ takes"""
    device = Device(sheets.line(msisdn="+15550000123"))
    with opened(sheets, device, **look) as page:
        assert page.calls() == []
        choose(page, sheets)
        text = page.run("document.body.textContent")
        assert "My Watch (W2)" in text and "Watch" in text and "5 EUR" in text and "… 123" in text and "15550000" not in text
        assert sheets.dp.asked() == [] or device.eid not in json.dumps(sheets.dp.asked())
        page.press_button("order")
        calls = waited(page, "profileReadyWithActivationCode")
        assert [name for name, *_ in calls] == ["profileReadyWithActivationCode"]
        code = calls[0][1]
        assert code.startswith("1$smdp.example$")
        check_page(page, sheets)
        page.run("document.querySelector('[data-method=finishFlow]').click()")
        assert page.calls()[-1] == ["finishFlow"], "without an argument, and last"
    profile = sheets.dp.download(code, device.eid)
    configuration = device.ask("AcquireConfiguration")["CompanionConfigurations"][0]["CompanionConfiguration"]
    assert configuration["ICCID"] == profile.iccid and configuration["CompanionDeviceService"] == "SharedNumber"
    terms, order = sorted(device.line.consents(), key=lambda c: c["what"], reverse=True)
    assert (terms["what"], terms["text"]) == ("esim-terms", "e-1")
    assert (order["what"], order["text"], order["channel"]) == ("esim", "subscribe plan watch: 5 EUR SharedNumber", "sheet")


def test_whoever_leaves_has_ordered_nothing(sheets):
    """V12-ODSA-W-01: dismissFlow(), from any step"""
    device = Device(sheets.line())
    asked = len(sheets.dp.asked())
    with opened(sheets, device) as page:
        page.press_button("cancel")
        assert page.calls() == [["dismissFlow"]] and page.title() == "Nothing was changed"
    with opened(sheets, device) as page:
        page.tick("[name=pick][value=kids]").press_button("plan")
        page.run("document.querySelector('button[value=cancel]').click()")
        assert page.calls() == [["dismissFlow"]]
    assert len(sheets.dp.asked()) == asked and device.line.consents() == []


def test_not_you_ends_the_token_and_the_page(sheets):
    """V12-ODSA-W-06: after deleteToken() a phone comes without a token, and is authenticated in full"""
    with opened(sheets, Device(sheets.line())) as page:
        page.run("document.querySelector('[data-method^=deleteToken]').click()")
        assert page.calls() == [["deleteToken"], ["dismissFlow"]]


def test_an_order_that_takes_long_is_left_to_the_device(sheets):
    """Figures 23 and 24; V12-ODSA-C-03: the sheet does not keep anybody; finishFlow(), and the device asks for itself"""
    sheets.tenant(esim={"answer_within_ms": 4000})
    device = Device(sheets.line())
    sheets.dp.say("downloadOrder", status=503)
    with opened(sheets, device) as page:
        choose(page, sheets).press_button("order")
        assert page.title() in ("Just a moment", "It takes a little longer")
        check_page(page, sheets)
        titled(page, "It takes a little longer")
        assert page.calls() == []
        page.run("document.querySelector('[data-method=finishFlow]').click()")
        assert page.calls() == [["finishFlow"]]
    assert device.ask("AcquireConfiguration")["CompanionConfigurations"][0]["CompanionConfiguration"]["ServiceStatus"] == "2"
    sheets.dp.say()
    wait_for(lambda: "DownloadInfo" in json.dumps(device.ask("AcquireConfiguration")), 30, "the profile is ready")


def test_the_same_act_again_orders_once(sheets):
    """A double click, a page that is opened again: one order, one consent of each kind"""
    device = Device(sheets.line())
    user_data = device.sheet()
    form = sheets.get("?" + user_data)
    form = sheets.act(form, "plan", pick="watch")
    form = sheets.act(form, "accept", agree="yes")
    form = sheets.act(form, "service", pick="DiffNumber")
    first, second = sheets.act(form, "order"), sheets.act(form, "order")
    assert first.status == second.status == 200
    again = sheets.get("?" + user_data)
    assert again.status == 200
    wait_for(lambda: "profileReadyWithActivationCode" in sheets.get("?" + user_data).text, 20, "it is ready")
    assert sum(body.get("eid") == device.eid for body in sheets.dp.asked("downloadOrder")) == 1
    assert sorted(c["what"] for c in device.line.consents()) == ["esim", "esim-terms"]
    assert first.answer.headers["Cache-Control"] == "no-store"
    for process in ("policy", "gateway", "esim"):
        assert "1$smdp.example" not in sheets.stack[process + "0"].log() and device.eid not in sheets.stack[process + "0"].log()


def test_a_confirmation_code_is_shown_to_the_person(sheets):
    """SGP.22 3.1.3: the code goes by another way than the activation code"""
    sheets.tenant(esim={"confirmation_code": True})
    device = Device(sheets.line())
    with opened(sheets, device) as page:
        choose(page, sheets, service="DiffNumber").press_button("order")
        activation = waited(page, "profileReadyWithActivationCode")[0][1]
        shown = page.run("document.querySelector('dd').textContent")
        check_page(page, sheets)
    assert activation.endswith("$1") and shown not in activation
    sheets.dp.download(activation, device.eid, confirmation_code=shown)


def test_a_subscription_ends_on_its_sheet(sheets):
    """V12-ODSA-W-01: with a tick, and finishFlow()"""
    device = Device(sheets.line())
    with opened(sheets, device) as page:
        choose(page, sheets).press_button("order")
        sheets.dp.download(waited(page, "profileReadyWithActivationCode")[0][1], device.eid)
    iccid = device.ask("AcquireConfiguration")["CompanionConfigurations"][0]["CompanionConfiguration"]["ICCID"]
    device.about["companion_terminal_iccid"] = iccid
    with opened(sheets, device, device.sheet(1)) as page:
        check_page(page, sheets)
        assert page.title() == "End the subscription"
        page.run("document.querySelector('button[value=order]').click()")
        assert not page.run("document.querySelector('[name=agree]').validity.valid"), "the browser itself says so"
        page.tick().press_button("order")
        assert waited(page, "finishFlow") == [["finishFlow"]]
        assert "The subscription has ended." in page.run("document.body.textContent")


def moving(sheets):
    """A line with a SIM and an eSIM, which one of them moves to the device that is returned; and the eSIM."""
    line = sheets.line(iccid=OLD)
    first, second = Device(line, "ap2009"), Device(line, "ap2009")
    second.about["target_terminal_id"] = "35391805" + first.imei[-7:]
    with opened(sheets, first) as page:
        page.tick().press_button("accept").press_button("order")
        return second, sheets.dp.download(waited(page, "profileReadyWithActivationCode")[0][1], first.eid), first


def test_the_old_profile_of_a_transfer_is_chosen(sheets):
    """Figure 36; V12-ODSA-MS-16: SelectionCompleted with the ICCID, and the device asks again with it"""
    device, profile, first = moving(sheets)
    with opened(sheets, device, device.sheet(3)) as page:
        check_page(page, sheets)
        assert "The SIM of your line · … 0025" in page.run("document.body.textContent")
        page.tick(f"[name=pick][value='{profile.iccid} {first.imei}']").tick("[name=keep][value=good]").tick().press_button("select")
        assert page.calls() == [["SelectionCompleted", profile.iccid, first.imei]]
    with opened(sheets, device, device.sheet(3, old_terminal_iccid=profile.iccid)) as page:
        check_page(page, sheets)
        assert page.title() == "Move your line" and page.run("!document.querySelector('[name=pick]')")
        page.tick("[name=keep][value=good]").tick().press_button("order")
        sheets.dp.download(waited(page, "profileReadyWithActivationCode")[0][1], device.eid)
    assert [c["text"] for c in device.line.consents()][:2] == ["transfer for good"] * 2


def test_a_loan_is_ordered_on_the_sheet_itself(sheets):
    """TS.43 8.6: the other way, in which the page tells the server"""
    device, profile, first = moving(sheets)
    with opened(sheets, device, device.sheet(3)) as page:
        page.tick(f"[name=pick][value='{profile.iccid} {first.imei}']").tick("[name=keep][value=while]").tick().press_button("select")
        sheets.dp.download(waited(page, "profileReadyWithActivationCode")[0][1], device.eid)
    assert device.line.consents()[0]["text"] == "transfer for a while"


def test_a_page_whose_esim_is_away_loses_nothing(sheets):
    device = Device(sheets.line())
    form = sheets.act(sheets.get("?" + device.sheet()), "plan", pick="kids")
    sheets.stack["esim0"].stop()
    away = sheets.act(form, "accept", agree="yes")
    assert away.status == 200 and away.title == "Please try again" and away.actions()[0] == "look"
    sheets.stack["esim0"].start()
    wait_for(lambda: sheets.act(away, "look").title == "Which number?", 30, "esim is back")


@pytest.mark.parametrize("name,title", [("not-enabled", "eSIM is not available"), ("error", "You could not be signed in")])
def test_pages_of_nobody_s_line_only_dismiss(sheets, name, title):
    """V12-ODSA-W-02: NotEnabledURL and GeneralErrorURL, as the gateway's own"""
    from sheets import Page
    with Page(sheets, "ap2006", f"page={name}&tenant=demo") as page:
        check_page(page, sheets)
        assert page.title() == title and page.calls() == []
        page.run("document.querySelector('[data-close]').click()")
        assert page.calls() == [["dismissFlow"]]
        assert page.run("[...document.querySelectorAll('[data-method]')].length") == 0
    assert sheets.get(f"?page=other&tenant=demo").status == 400


def test_a_person_without_a_script_gets_there_too(sheets):
    device = Device(sheets.line())
    with opened(sheets, device, script=False, bare=True) as page:
        choose(page, sheets).press_button("order")
        while page.title() == "Just a moment":
            page.press_button("look")
        assert page.title() == "Your eSIM is ready"
    answer = device.ask("AcquireConfiguration")
    download = answer["CompanionConfigurations"][0]["CompanionConfiguration"]["DownloadInfo"]
    sheets.dp.download(base64.b64decode(download["ProfileActivationCode"]).decode(), device.eid)


def phone_with_esim(sheets):
    """A line's phone that has downloaded its eSIM, and the profile."""
    device = Device(sheets.line(), "ap2009")
    with opened(sheets, device) as page:
        page.tick().press_button("accept").press_button("order")
        return device, sheets.dp.download(waited(page, "profileReadyWithActivationCode")[0][1], device.eid)


def test_an_erased_profile_is_had_back(sheets):
    """Figure 46; V12-ODSA-P-09"""
    device, profile = phone_with_esim(sheets)
    with opened(sheets, device, device.sheet(7, terminal_iccid=profile.iccid)) as page:
        check_page(page, sheets)
        assert page.title() == "Get your eSIM back"
        page.press_button("order")
        assert sheets.dp.download(waited(page, "profileReadyWithActivationCode")[0][1], device.eid).iccid


def test_a_profile_that_waits_is_released_by_its_user(sheets):
    """Figure 44; V12-ODSA-W-03: from the default SM-DP+, whose address is a host name; without a tick nothing happens"""
    device, iccid = Device(sheets.line(), "ap2009"), "8901010000000000058"
    waiting = {"app": "ap2009", "eid": device.eid, "terminal_id": device.imei, "verify": True, "status": "deactivated", "download": {"smdp_address": "smdp.example"}}
    status, answer = sheets.api("PUT", f"{device.line.path}/profiles/{iccid}", waiting)[:2]
    assert status == 201, answer
    with opened(sheets, device, device.sheet(0, terminal_iccid=iccid)) as page:
        check_page(page, sheets)
        assert page.title() == "An eSIM is waiting"
        page.tick().press_button("order")
        assert waited(page, "profileReadyWithDefaultSmdp") == [["profileReadyWithDefaultSmdp", "smdp.example", iccid]]


def test_a_plan_is_changed_on_the_sheet(sheets):
    """V12-ODSA-W-01"""
    device = Device(sheets.line())
    with opened(sheets, device) as page:
        choose(page, sheets).press_button("order")
        profile = sheets.dp.download(waited(page, "profileReadyWithActivationCode")[0][1], device.eid)
    device.about["companion_terminal_iccid"] = profile.iccid
    with opened(sheets, device, device.sheet(2)) as page:
        page.tick("[name=pick][value=kids]").press_button("plan")
        check_page(page, sheets)
        assert page.title() == "Change the plan" and "3 EUR" in page.run("document.body.textContent")
        page.press_button("order")
        assert waited(page, "finishFlow") == [["finishFlow"]]
    assert device.line.consents()[0]["text"] == "change plan kids: 3 EUR"


def test_the_old_profile_is_deleted_first(sheets):
    """Figure 43; V12-ODSA-W-01: deleteProfileInUse() with the ICCID, when the person presses the button"""
    device, profile, first = moving(sheets)
    sheets.tenant(esim={"redownloadable": True})
    with opened(sheets, device, device.sheet(3, old_terminal_iccid=profile.iccid, redownloadable_profile="1")) as page:
        page.tick("[name=keep][value=good]").tick().press_button("order")
        titled(page, "Delete the old eSIM first")
        check_page(page, sheets)
        assert page.calls() == []
        page.run("document.querySelector('[data-method=deleteProfileInUse]').click()")
        assert page.calls()[0][:2] == ["deleteProfileInUse", profile.iccid]
        page.run("document.querySelector('[data-method=finishFlow]').click()")
        assert page.calls()[-1] == ["finishFlow"]

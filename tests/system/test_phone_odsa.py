"""openes-phone as companion and primary device: flows of TS.43 7, 8 and 10 against a server that plays by a script, so that it is
the phone that is tested. It checks what it is asked, and every door is its own: entitlement, web sheet, LPA."""

import base64
import html
import json
import subprocess
import sys
import urllib.parse

import people
import pytest
from lpa import Lpa
from stack import BIN, ROOT

sys.path.insert(0, str(ROOT / "tests/peers"))
from smdp import SmDp  # noqa: E402

EID = "89049032000000000000000000000066"
CODE = "1$smdp.example$ABCD-1234"
DOWNLOAD = {"ProfileActivationCode": base64.b64encode(CODE.encode()).decode()}
COMPANION = {"companion_terminal_eid": EID, "companion_terminal_vendor": "OPEN", "companion_terminal_friendly_name": "My Watch",
             "companion_terminal_service": "SharedNumber"}
ELIGIBLE = ({"operation": "CheckEligibility"}, {"CompanionAppEligibility": "1", "PrimaryAppEligibility": "1", "EnterpriseAppEligibility": "1"})


def look(answer=None, **asked):
    return {"operation": "AcquireConfiguration", **asked}, answer or {}


def manage(type_, answer, **asked):
    return {"operation": "ManageSubscription", "operation_type": type_, **asked}, answer


def companion(**about):
    return {"CompanionConfigurations": [{"CompanionConfiguration": {"CompanionDeviceService": "SharedNumber", **about}}]}


def primary(**about):
    return {"PrimaryConfiguration": about}


class Script(people._Server):
    """Answers in the order of `scenes`: ({parameters that are to be there, None: not there}, application or (status, headers))."""

    def __init__(self, keys):
        self.scenes, self.wrong, self.loaded, self.pages, self.opened, self.xml = [], [], [], [], [], False
        super().__init__(keys)
        self.url = f"https://127.0.0.1:{self.port}"

    def answer(self, request):
        path = urllib.parse.urlsplit(request.path).path
        if path.startswith("/lpa/"):
            self.loaded.append((path, json.loads(request.body)))
            return 200, {}, {"iccid": "8901010000000000017F"} if path.endswith("download") else {}
        if path.startswith("/sheet"):
            self.opened.append((request.command, request.path, request.headers.get("Content-Type"), request.body))
            return 200, {"Content-Type": "text/html"}, self.pages.pop(0)
        given = json.loads(request.body) if request.body else dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(request.path).query))
        if not self.scenes:
            self.wrong.append(("nothing more was to be asked", given))
            return 500, {}, {}
        asked, answer = self.scenes.pop(0)
        self.wrong += [(name, value, given.get(name)) for name, value in asked.items() if given.get(name) != value]
        if isinstance(answer, tuple):
            return answer[0], answer[1], b""
        application = {"OperationResult": "1", **answer}
        if self.xml:
            return 200, {"Content-Type": "text/vnd.wap.connectivity-xml"}, document(given["app"], application)
        return 200, {}, {"Vers": {"version": "1"}, "Token": {"token": "next-token"}, given["app"]: application}


def structure(name, inner):
    if isinstance(inner, list):
        inner = "".join(structure(*item) for part in inner for item in part.items())
    elif isinstance(inner, dict):
        inner = "".join(structure(*item) for item in inner.items())
    else:
        return f'<parm name="{name}" value="{html.escape(inner)}"/>'
    return f'<characteristic type="{name}">{inner}</characteristic>'


def document(app, application):
    return f'<?xml version="1.0"?><wap-provisioningdoc version="1.1">{structure("APPLICATION", {"AppID": app, **application})}</wap-provisioningdoc>'


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return people.Keys(tmp_path_factory.mktemp("phone-odsa"))


@pytest.fixture
def script(keys):
    server = Script(keys)
    yield server
    server.close()


@pytest.fixture
def phone(script, keys):
    """phone(FLOW, scenes, *options): its report; all scenes were played, and as written."""
    def run(flow, scenes, *options, code=0, typed="", left=0):
        script.scenes = list(scenes)
        done = subprocess.run([BIN / "openes-phone", "odsa", flow, "--url", script.url + "/", "--ca", keys.ca, "--imsi", "001010000000001",
                               "--token", "a-token", "--lpa", script.url + "/lpa", "--accept", "json", "--wait-max", "10ms", "--json", *map(str, options)],
                              capture_output=True, text=True, timeout=60, input=typed)
        assert done.returncode == code, done.stdout + done.stderr
        assert script.wrong == [] and len(script.scenes) == left
        return json.loads(done.stdout)
    return run


@pytest.mark.parametrize("xml", [False, True], ids=["json", "xml"])
def test_a_watch_is_activated_and_reports_back(phone, script, xml):
    """7.1, 7.4, figures 21 and 25"""
    script.xml = xml
    report = phone("companion-activate", [
        ELIGIBLE, look(), manage("0", {"SubscriptionResult": "2", "DownloadInfo": DOWNLOAD}, **COMPANION, companion_terminal_iccid=None),
        look(companion(ICCID="8901010000000000017", ServiceStatus="1"), companion_terminal_eid=None)])
    assert script.loaded == [("/lpa/download", {"eid": EID, "activation_code": CODE})]
    assert (report["result"], report["requests"], report["downloaded"]) == ("done", 4, True)
    assert report["known"]["iccid"] == "8901010000000000017F" and report["activation_code"] == CODE


def test_a_watch_polls_until_its_profile_is_ready(phone, script):
    """7.3.2, figure 24"""
    waiting = look(companion(ServiceStatus="2", PollingInterval="1"))
    phone("companion-poll", [ELIGIBLE, look(), manage("0", {"SubscriptionResult": "4"}), waiting, waiting,
                             look(companion(ICCID="8901", ServiceStatus="1", DownloadInfo=DOWNLOAD))])
    assert len(script.loaded) == 1
    report = phone("companion-poll", [ELIGIBLE, look(), manage("0", {"SubscriptionResult": "4"}), look(companion(ServiceStatus="4"))], code=1)
    assert "ServiceStatus is 4" in report["why"] and report["step"] == 4


def page(title, inner, call=""):
    return f"<!DOCTYPE html><html><head></head><body {call}><main><h1>{title}</h1>{inner}</main></body></html>"


def test_a_sheet_is_opened_as_told_and_walked_through(phone, script):
    """7.2, figure 22, and 6.5.9: the data as JSON, out of its encoding"""
    encoded = "encodedValue=" + base64.b64encode(b'{"sid":"77a1"}').decode()
    to_sheet = {"SubscriptionResult": "1", "SubscriptionServiceURL": script.url + "/sheet", "SubscriptionServiceUserData": encoded,
                "SubscriptionServiceContentsType": "json"}
    script.pages = [page("Plans", '<form method="post" action="/sheet/act"><input type="hidden" name="page" value="s&amp;1">'
                         '<input type="radio" name="plan" value="a"><input type="radio" name="plan" value="b"><input type="checkbox" name="agree" value="1">'
                         '<button name="do" value="cancel" data-leave formnovalidate>No</button><button name="do" value="go">Go</button></form>'),
                    page("Working", "").replace("<head>", '<head><meta http-equiv="refresh" content="0; url=/sheet/again">'),
                    page("Ready", "", f'data-object="ODSAServiceFlow" data-call="profileReadyWithActivationCode" data-arguments=\'["{CODE}"]\'')]
    report = phone("companion-sheet", [
        ELIGIBLE, look(), manage("0", to_sheet), ({"operation": "ManageService", "operation_type": "10"}, {"OperationResult": "103"}),
        look(companion(ICCID="8901", ServiceStatus="1"))], "--sheet", "auto", "--fill", "plan=b")
    assert report["result"] == "done" and script.loaded == [("/lpa/download", {"eid": EID, "activation_code": CODE})]
    assert script.opened == [("POST", "/sheet", "application/json", '{"sid":"77a1"}'),
                             ("POST", "/sheet/act", "application/x-www-form-urlencoded", "page=s%261&plan=b&agree=1&do=go"),
                             ("GET", "/sheet/again", None, "")]


def test_a_loan_is_chosen_on_the_sheet_and_its_code_typed(phone, script):
    """Pages as ours are: a second look by itself, buttons that call, and a confirmation code for the download"""
    to_sheet = {"SubscriptionResult": "1", "SubscriptionServiceURL": script.url + "/sheet", "SubscriptionServiceUserData": "sid=1&x=2"}
    look_again = '<button type="submit" name="do" value="look">Look</button><button type="button" class="may" hidden data-method="finishFlow" data-list="[]">Go</button>'
    choice = '<input type="radio" name="keep" value="good"><input type="radio" name="keep" value="while"><button name="do" value="order">Move</button>'
    def form(inner):
        return f'<form action="/sheet/act">{inner}</form>'
    script.pages = [page("Move", form(choice)), page("Working", form(look_again), 'data-again="1"'),
                    page("Ready", '<dl><div><dt>Code</dt><dd>0815</dd></div></dl><button type="button" hidden data-method="finishFlow" data-list="[]">OK</button>',
                         f'data-call="profileReadyWithActivationCode" data-arguments=\'["{CODE}"]\' data-at-once="1"')]
    phone("loan", [ELIGIBLE, manage("3", to_sheet, old_terminal_iccid="8905"), look(primary(ICCID="8901", ServiceStatus="1"))],
          "--sheet", "auto", "--old-iccid", "8905")
    assert [(way, path, body) for way, path, _, body in script.opened] == [
        ("GET", "/sheet?sid=1&x=2", ""), ("POST", "/sheet/act", "keep=while&do=order"), ("POST", "/sheet/act", "do=look")]
    assert script.loaded == [("/lpa/download", {"eid": EID, "activation_code": CODE, "confirmation_code": "0815"})]


def test_what_a_sheet_called_can_be_typed(phone, script):
    """8.6, figure 36: somebody else has it open; the data is a query"""
    to_sheet = {"SubscriptionResult": "1", "SubscriptionServiceURL": script.url + "/sheet", "SubscriptionServiceUserData": "sid=1"}
    phone("transfer-sheet", [
        ELIGIBLE, manage("3", to_sheet, old_terminal_iccid=None, target_terminal_eid=EID),
        manage("3", {"SubscriptionResult": "2", "DownloadInfo": {"ProfileSmdpAddress": "smdp.example", "ProfileIccid": "8907"}},
               old_terminal_iccid="8905", old_terminal_id="356938035643809"),
        look(primary(ICCID="8907", ServiceStatus="1"))], typed="SelectionCompleted(8905,356938035643809)\n")
    assert script.loaded == [("/lpa/download", {"eid": EID, "smdp_address": "smdp.example", "iccid": "8907"})] and script.opened == []


def test_a_new_phone_has_a_temporary_token(phone):
    """8.9, figure 40, with a question on the way"""
    question = {"Message": "Code?", "Accept_btn": "1", "Reject_btn": "1", "Accept_freetext": "1"}
    report = phone("transfer-token", [
        ELIGIBLE, ({"operation": "AcquireTemporaryToken", "operation_targets": "ManageSubscription,AcquireConfiguration", "terminal_iccid": "8905",
                    "token": "next-token"}, {"TemporaryToken": "tt+/="}),
        manage("3", {"SubscriptionResult": "8", "MSG": question}, temporary_token="tt+/=", token=None, EAP_ID=None, old_terminal_iccid="8905"),
        manage("3", {"SubscriptionResult": "2", "DownloadInfo": DOWNLOAD}, MSG_btn="1", MSG_response="4711"),
        look(primary(ICCID="8901", ServiceStatus="1"), temporary_token="tt+/=")], "--old-iccid", "8905", typed="4711\n")
    assert report["known"]["msg_response"] == "4711"


def test_the_old_phone_deletes_first(phone, script):
    """8.11.1, figure 42"""
    phone("transfer-delete-first", [
        ELIGIBLE, manage("3", {"SubscriptionResult": "6"}, old_terminal_iccid="8905", redownloadable_profile="1"), look(),
        look(primary(ICCID="8905", ServiceStatus="1", DownloadInfo=DOWNLOAD))], "--old-iccid", "8905")
    assert [door for door, _ in script.loaded] == ["/lpa/delete", "/lpa/download"] and script.loaded[0][1] == {"iccid": "8905"}


def test_a_code_by_sms_comes_before_the_token(phone):
    """8.3, 8.5, figures 33 and 35"""
    phone("transfer-otp", [
        ({"msisdn": "+15550000001", "token": None, "EAP_ID": None}, (200, {"Set-Cookie": "ecs=c; Path=/"})),
        ({"OTP": "123456", "app": "ap2009"}, {}), ELIGIBLE, manage("3", {"SubscriptionResult": "2", "DownloadInfo": DOWNLOAD}, old_terminal_iccid="8905"),
        manage("4", {"SubscriptionResult": "3"}, terminal_iccid="8901010000000000017F"), look(primary(ICCID="8901", ServiceStatus="1"))],
        "--msisdn", "+15550000001", "--old-iccid", "8905", typed="123456\n")


def test_a_server_activates_a_device(phone):
    """10.2, figure 53"""
    phone("server-initiated", [
        ({"operation": "CheckEligibility", "access_token": "at", "enterprise_id": "ENT", "requestor_id": "mdm", "terminal_id": None, "token": None},
         {"EnterpriseAppEligibility": "1"}),
        ({"operation": "AcquirePlan", "requestor_id": "mdm", "enterprise_id": None, "access_token": None, "token": "next-token"},
         {"PlanOffers": [{"PlanOffer": {"PlanId": "B2B"}}]}),
        look(enterprise_terminal_id="356938035643809"), manage("0", {"SubscriptionResult": "2", "DownloadInfo": DOWNLOAD}, plan_id="B2B", enterprise_terminal_eid=EID),
        look({"EnterpriseConfiguration": {"ICCID": "8901", "ServiceStatus": "1"}})],
        "--access-token", "at", "--requestor-id", "mdm", "--enterprise-id", "ENT", "--companion-imei", "356938035643809", "--post")


def test_what_the_figure_does_not_have_ends_the_flow(phone):
    """Refusals, and answers of another figure: the report says in which step, and why"""
    assert "102, invalid parameter" in phone("eligibility", [({}, {"OperationResult": "102"})], code=1)["why"]
    assert "SubscriptionResult is 1 where 2|4" in phone("companion-activate", [ELIGIBLE, look(), manage("0", {"SubscriptionResult": "1"})], code=1)["why"]
    assert "a SIM: --imsi" in phone("eligibility", [({"token": "a-token"}, (511, {}))], code=1)["why"]
    assert phone("companion-early", [({"operation": "CheckEligibility", "token": None, "EAP_ID": None}, (302, {"Location": "https://x.example/"}))])["result"] == "done"
    assert "not opened" in phone("primary-new", [ELIGIBLE, look(), manage("0", {"SubscriptionResult": "1", "SubscriptionServiceURL": "https://x.example/"})], code=1)["why"]


def test_what_the_sm_dp_decides_ends_the_flow_or_not(phone, keys):
    """The tests' SM-DP+ behind the LPA's door: EID, matching id and confirmation code are checked there, and its codes are in the report"""
    with SmDp(stock={"watch": 2}) as dp:
        mine, other = (dp.profiles.download_order(eid, None, "watch") for eid in (EID, EID[:-2] + "00"))
        dp.profiles.confirm_order(mine.iccid, True, matching_id="MINE", confirmation_code="0815")
        dp.profiles.confirm_order(other.iccid, True, matching_id="OTHER")
        lpa = Lpa(keys, dp)

        def activate(matching_id, *options, **more):
            download = {"ProfileActivationCode": base64.b64encode(f"1$smdp.example${matching_id}".encode()).decode()}
            return phone("companion-activate", [ELIGIBLE, look(), manage("0", {"SubscriptionResult": "2", "DownloadInfo": download}),
                                                look(companion(ServiceStatus="1"))], "--lpa", lpa.url, *options, **more)

        try:
            assert "8.1.1/3.10" in activate("OTHER", code=1, left=1)["why"]
            assert "8.2.7/2.2" in activate("MINE", code=1, left=1)["why"]
            assert activate("MINE", "--confirmation-code", "0815")["known"]["iccid"] == mine.iccid
            assert "8.2.6/3.8" in activate("MINE", "--confirmation-code", "0815", code=1, left=1)["why"]
        finally:
            lpa.close()
        assert mine.state == "Installed" and other.state == "Released"


class Busy(people._Server):
    """Gives every watch a profile, on its second poll, and remembers who got one."""

    def __init__(self, keys):
        self.ordered, self.loaded, self.polled = {}, [], set()
        super().__init__(keys)
        self.url = f"https://127.0.0.1:{self.port}"

    def answer(self, request):
        if request.path.startswith("/lpa/"):
            self.loaded.append(json.loads(request.body))
            return 200, {}, {"iccid": "8901"}
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(request.path).query))
        return 200, {}, {"Token": {"token": "t"}, "ap2006": {"OperationResult": "1", **getattr(self, asked["operation"])(asked)}}

    def CheckEligibility(self, _):
        return {"CompanionAppEligibility": "1"}

    def ManageSubscription(self, asked):
        assert asked["companion_terminal_id"] not in self.ordered
        self.ordered[asked["companion_terminal_id"]] = asked["companion_terminal_eid"]
        return {"SubscriptionResult": "4"}

    def AcquireConfiguration(self, asked):
        who = asked["companion_terminal_id"]
        if who not in self.ordered:
            return {}
        if who not in self.polled:
            self.polled.add(who)
            return companion(ServiceStatus="2", PollingInterval="1")
        return companion(ICCID="8901", ServiceStatus="1", DownloadInfo={"ProfileActivationCode": base64.b64encode(f"1$h${who}".encode()).decode()})


def test_many_watches_are_activated_under_load(keys, tmp_path):
    server, report = Busy(keys), tmp_path / "report"
    try:
        done = subprocess.run([BIN / "openes-phone", "load", "--odsa", "companion-poll", "--url", server.url + "/", "--ca", keys.ca, "--phones", "5",
                               "--imsi-base", "001010000000001", "--k", "00" * 16, "--opc", "00" * 16, "--connections", "3", "--for", "1s",
                               "--accept", "json", "--lpa", server.url + "/lpa", "--wait-max", "10ms", "--eid-from", "7", "--json", report],
                              capture_output=True, text=True, timeout=60)
    finally:
        server.close()
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(report.read_text())
    ok = figures["odsa"]["ok"]
    assert ok > 5 and figures["odsa"]["failed"] == 0 and figures["lpa_calls"] == ok and figures["requests"] == 5 * ok
    assert len(server.loaded) == ok == len(set(server.ordered.values())), "each has an EID of its own"
    assert all(f"$h${who}" in next(x["activation_code"] for x in server.loaded if x["eid"] == eid) for who, eid in server.ordered.items())
    assert figures["odsa"]["p50_us"] > 10_000 and "downloads took" in done.stdout


def test_every_flow_is_listed_with_its_figure():
    listed = subprocess.run([BIN / "openes-phone", "odsa", "--list"], capture_output=True, text=True, check=True).stdout
    for figure in (*range(21, 29), *range(29, 48), 53):
        assert any(str(figure) in line.split("figure", 1)[1] for line in listed.splitlines() if "figure" in line), figure

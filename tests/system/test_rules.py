"""Rules, add-ons, outages and applications of the operator's own, with real processes: docs/rules.md and its examples."""

import json
import re
import threading

import pytest
from operators import Operators
from stack import ROOT, Stack, wait_for
from ts43 import JSON, Client, authenticate, params
from usim import TEST_SETS, Usim

DEMO = "/v1/tenants/demo"
EXAMPLES = ROOT / "deploy/examples"
PAGE = "https://portal.demo.example/hotspot"
IMSI = "001010000000001"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """Two replicas of policy: what one activates the other decides by."""
    made = Stack(tmp_path_factory.mktemp("rules"), replicas={"policy": 2})
    try:
        yield made.start().load_demo()
    finally:
        made.stop()


@pytest.fixture(scope="module")
def usim():
    return Usim(IMSI, *TEST_SETS[0])


@pytest.fixture
def api(running):
    """The operators' API, and afterwards nothing is left that decides."""
    api = Operators(running)
    yield api
    api("POST", f"{DEMO}/rules/0:activate")
    for kind in ("addons", "outages"):
        for item in api("GET", f"{DEMO}/{kind}")[1]["items"]:
            api("DELETE", f"{DEMO}/{kind}/{item['id']}")
    api("PATCH", f"{DEMO}/subscribers/{IMSI}", {"addons": [], "usage": [], "facts": {"region": None, "apn": None, "visited_plmn": None}})


class Phone:
    """The phone of demo subscriber 1, with a token for each group of applications."""

    def __init__(self, running, usim):
        self.client, self.usim, self.tokens = Client(running), usim, {}

    def ask(self, app, **more):
        key = str(app)
        if key not in self.tokens:
            first = authenticate(self.client, self.usim, app=app)
            assert first.status == 200, first.body
            self.tokens[key] = first.token()
        headers = {"Accept-Language": more.pop("language")} if "language" in more else None
        return self.client.get(params(app=app, token=self.tokens[key], **more), accept=JSON, headers=headers)

    def app(self, app, **more):
        answer = self.ask(app, **more)
        assert answer.status == 200, answer.body
        return answer.json()[app]


@pytest.fixture
def phone(running, usim, api):
    made = Phone(running, usim)
    yield made
    made.client.close()


def put(api, document, activate=True):
    status, answer = api("POST", f"{DEMO}/rules", document)
    assert status == 201 and answer["cases"]["failed"] == [], answer
    if activate:
        assert api("POST", f"{DEMO}/rules/{answer['number']}:activate")[0] == 200
    return answer["number"]


def test_tethering_control_from_the_examples(running, api, phone, usim):
    """Everything that docs/rules.md shows, with the very files it shows."""
    assert authenticate(phone.client, usim, app="ap9101").status == 400, "nobody has such an application yet"
    running.ctl("addon", "set", "--tenant", "demo", EXAMPLES / "hotspot.json")
    shown = running.ctl("policy", "put", "--tenant", "demo", EXAMPLES / "tethering.json", "--dry-run").stdout
    assert "7 cases of the rules, all as expected" in shown and "would be kept" in shown
    number = int(re.search(r"kept as rules (\d+)", running.ctl("policy", "put", "--tenant", "demo", EXAMPLES / "tethering.json").stdout)[1])
    assert authenticate(phone.client, usim, app="ap9101").status == 400, "kept is not activated"
    shown = running.ctl("policy", "activate", "--tenant", "demo", number).stdout
    assert f"rules {number} decide from now on\nno rules decided before; back to that: openesctl policy rollback" in shown

    sold = phone.app("ap9101")
    assert sold["EntitlementStatus"] == "2" and sold["ServiceFlow_URL"] == PAGE and "Apn" not in sold
    assert sold["MessageForIncompatible"] == "Add a hotspot pass to share your connection."
    owner = api("POST", "/v1/flow:resolve", {"user_data": sold["ServiceFlow_UserData"]})[1]
    assert owner["subscriber"]["imsi"] == IMSI, "the page learns whose phone it is"
    assert phone.app("ap9101", language="de")["MessageForIncompatible"].startswith("Zum Teilen")

    running.ctl("subscriber", "set", "--tenant", "demo", "--imsi", IMSI, "--addons", '[{"id": "hotspot"}]')
    assert phone.app("ap9101") == {"EntitlementStatus": "1", "AllowanceInBytes": "5368709120", "Apn": "tethering.demo.example"}
    running.ctl("subscriber", "set", "--tenant", "demo", "--imsi", IMSI, "--facts", '{"visited_plmn": "26201"}')
    assert phone.app("ap9101")["MessageForIncompatible"] == "Sharing is not possible abroad."

    running.ctl("policy", "rollback", "--tenant", "demo")
    assert phone.ask("ap9101").status == 400


def test_voice_is_withheld_from_a_phone_model_with_a_text_in_its_language(api, phone):
    put(api, {"rules": [{"id": "acme-phone9", "when": {"device.vendor": "acme", "device.model": "Phone9", "device.sw_version": {"below": "14.10"}},
                         "withhold": ["volte", "vonr"], "texts": ["en: Please update your phone.", "de: Bitte aktualisieren Sie Ihr Telefon."]}]})

    def told(**more):
        entries = [e["RATVoiceEntitleInfoDetails"] for e in phone.app("ap2003", **more)["VoiceOverCellularEntitleInfo"]]
        return {(e["EntitlementStatus"], e.get("MessageForIncompatible")) for e in entries}
    assert told() == {("2", "Please update your phone.")}
    assert told(language="de") == {("2", "Bitte aktualisieren Sie Ihr Telefon.")}
    for other in ({"terminal_sw_version": "14.10"}, {"terminal_model": "Phone10"}, {"terminal_vendor": "Other"}):
        assert {status for status, _ in told(**other)} == {"1"}, other


def test_an_outage_is_declared_and_ended(running, api, phone):
    until = "2099-01-31T06:00:00Z"
    api("PATCH", f"{DEMO}/subscribers/{IMSI}", {"facts": {"region": "north"}})
    running.ctl("outage", "declare", "--tenant", "demo", "--outage", "wifi-north", "--services", "vowifi", "--when", '{"facts.region": "north"}',
                "--until", until, "--text", "en: Please use mobile calls, for now.|de: Bitte mobil telefonieren.")
    told = phone.app("ap2004")
    assert (told["EntitlementStatus"], told["MessageForIncompatible"]) == ("2", "Please use mobile calls, for now.")
    assert phone.app("ap2004", language="de")["MessageForIncompatible"] == "Bitte mobil telefonieren."
    assert until in running.ctl("outage", "list", "--tenant", "demo").stdout
    api("PATCH", f"{DEMO}/subscribers/{IMSI}", {"facts": {"region": "south"}})
    assert phone.app("ap2004")["EntitlementStatus"] == "1"
    api("PATCH", f"{DEMO}/subscribers/{IMSI}", {"facts": {"region": "north"}})
    running.ctl("outage", "end", "--tenant", "demo", "wifi-north")
    assert phone.app("ap2004")["EntitlementStatus"] == "1"
    refused = running.ctl("outage", "end", "--tenant", "demo", "wifi-north", check=False)
    assert refused.returncode == 1 and "no such outage" in refused.stderr


def test_a_rule_may_refuse_the_request(running, api, phone):
    def counted():
        return sum(running[name].metric("openes_policy_refused_by_rule_total") for name in ("policy0", "policy1"))
    assert phone.ask("ap2004").status == 200
    before = counted()
    put(api, {"rules": [{"id": "stolen", "when": {"device.tac": "@stolen"}, "refuse": True}], "lists": {"stolen": ["35693803"]},
              "cases": [{"name": "stolen", "device": {"terminal_id": "356938035643809"}, "app": "ap2004", "expect": {"refused": True}}]})
    assert phone.ask("ap2004").status == 403
    assert counted() == before + 1
    log = running["policy0"].log() + running["policy1"].log()
    line = next(json.loads(x) for x in log.splitlines() if '"decide.refused_by_rule"' in x)
    assert line["rule"] == "stolen" and line["tenant"] == "demo" and IMSI not in json.dumps(line)
    shown = running.ctl("explain", "--tenant", "demo", "--imsi", IMSI, "--app", "ap2004").stdout
    assert "stolen: 403 before any application is looked at" in shown


def test_rules_add_parameters_to_the_standards_applications(api, phone):
    put(api, {"rules": [{"id": "epdg", "set": {"ap2004": {"ePDG": "epdg.{facts.region}.demo.example", "APN": "{facts.apn}", "EntitlementStatus": "0"}}}]})
    plain = phone.app("ap2004")
    assert plain["ePDG"] == "epdg..demo.example" and "APN" not in plain, "what comes out empty is left out"
    assert plain["EntitlementStatus"] == "1", "what the application says itself stays"
    api("PATCH", f"{DEMO}/subscribers/{IMSI}", {"facts": {"region": "north", "apn": "ims.north"}})
    assert {"ePDG": "epdg.north.demo.example", "APN": "ims.north"}.items() <= phone.app("ap2004").items()


def test_each_answer_is_by_the_old_rules_or_by_the_new(running, api, usim):
    """Activated back and forth under load, on two replicas: no answer is of both, and what was acknowledged is in the next one."""
    apps = ["ap2003", "ap2004", "ap2005"]
    numbers = {letter: put(api, {"rules": [{"id": app, "set": {app: {"Rules": letter}}} for app in apps]}, activate=False) for letter in "ab"}
    phones, stop, wrong = [Phone(running, usim) for _ in range(3)], threading.Event(), []
    api("POST", f"{DEMO}/rules/{numbers['a']}:activate")
    seen = []

    def letters(phone):
        answer = phone.ask(apps)
        if answer.status != 200:
            return {f"status {answer.status}"}
        return {answer.json()[app]["Rules"] for app in apps}

    def load(phone):
        while not stop.is_set():
            said = letters(phone)
            seen.extend(said)
            if len(said) != 1 or not said <= {"a", "b"}:
                wrong.append(said)

    for phone in phones:
        assert letters(phone) == {"a"}
    threads = [threading.Thread(target=load, args=(phone,)) for phone in phones[1:]]
    for thread in threads:
        thread.start()
    try:
        for letter in "ba" * 10:
            assert api("POST", f"{DEMO}/rules/{numbers[letter]}:activate")[0] == 200
            assert letters(phones[0]) == {letter}
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        for phone in phones:
            phone.client.close()
    assert not wrong
    assert set(seen) == {"a", "b"} and len(seen) >= 20


def test_rollback_goes_back_and_the_trail_says_who(running, api, phone):
    first = put(api, {"rules": [{"id": "one", "set": {"ap2005": {"Rules": "1"}}}]})
    second = put(api, {"rules": [{"id": "two", "set": {"ap2005": {"Rules": "2"}}}]})
    assert phone.app("ap2005")["Rules"] == "2"
    shown = running.ctl("policy", "rollback", "--tenant", "demo").stdout
    assert f"rules {first} decide from now on\nrules {second} decided before" in shown
    assert phone.app("ap2005")["Rules"] == "1"
    assert re.search(rf"^{first} +yes ", running.ctl("policy", "list", "--tenant", "demo").stdout, re.M)
    assert json.loads(running.ctl("policy", "show", "--tenant", "demo", "active").stdout)["rules"][0]["id"] == "one"
    running.ctl("policy", "off", "--tenant", "demo")
    assert "Rules" not in phone.app("ap2005")
    trail = [(r["action"], r["resource"], r.get("detail")) for r in api("GET", "/v1/audit?tenant=demo&limit=6")[1]["items"]]
    assert ("rules.activate", f"rules/{first}", f"active: {second} -> {first}") in trail
    assert ("rules.activate", "rules/0", f"active: {first} -> 0") in trail
    assert ("rules.add", f"rules/{second}", trail[[t[0] for t in trail].index("rules.add")][2]) in trail


def test_rules_whose_cases_fail_stay_where_they_are(running, api, tmp_path):
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"cases": [{"name": "gold has SMS", "line": {"plan": "gold"}, "app": "ap2005", "expect": {"EntitlementStatus": "2"}}]}))
    done = running.ctl("policy", "put", "--tenant", "demo", file, check=False)
    assert done.returncode == 1 and 'case "gold has SMS": EntitlementStatus is 1, expected 2' in done.stdout
    number = int(re.search(r"kept as rules (\d+)", done.stdout)[1])
    refused = running.ctl("policy", "activate", "--tenant", "demo", number, check=False)
    assert refused.returncode == 1 and "gold has SMS" in refused.stdout and "409" in refused.stderr
    assert api("GET", f"{DEMO}/rules")[1]["active"] == 0
    file.write_text('{"rules": [{"id": "a", "when": {"device.colour": "red"}}]}')
    refused = running.ctl("policy", "put", "--tenant", "demo", file, check=False)
    assert refused.returncode == 1 and "rules[0].when.device.colour" in refused.stderr


def test_a_trial_says_whose_answer_would_change_before_it_does(running, api, phone, tmp_path):
    phone.app("ap2005")
    wait_for(lambda: api("GET", f"{DEMO}/subscribers/{IMSI}")[1]["devices"], 20, "the device is written down")
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"rules": [{"id": "no-sms", "when": {"device.vendor": "ACME"}, "withhold": ["smsoip"], "as": "disabled"},
                                          {"id": "nobody", "when": {"device.vendor": "Nobody"}, "refuse": True}],
                                "cases": [{"name": "fails", "line": {"plan": "gold"}, "app": "ap2005", "expect": {"EntitlementStatus": "0"}}]}))
    done = running.ctl("policy", "test", "--tenant", "demo", file, check=False)
    assert done.returncode == 1 and 'case "fails": EntitlementStatus is 1, expected 0' in done.stdout
    assert re.search(r"^12 lines looked at; their devices make \d+ requests", done.stdout, re.M)
    assert re.search(r"^  ap2005 +1$", done.stdout, re.M) and re.search(r"^  no-sms +1$", done.stdout, re.M) and re.search(r"^  nobody +0$", done.stdout, re.M)
    assert re.search(rf"ap2005 {IMSI} 356938035643809\n    now  EntitlementStatus=1; \n    then EntitlementStatus=0; ", done.stdout)
    whole = json.loads(running.ctl("policy", "test", "--tenant", "demo", file, "--json", check=False).stdout)
    assert (whole["lines"], whole["changed"], whole["refused"], whole["changed_by_app"]) == (12, 1, 0, {"ap2005": 1})

    document, lines, cursor = json.loads(file.read_text()), 0, ""
    while cursor is not None:
        page = api("POST", f"{DEMO}/rules/new:test?limit=5{cursor}", document)[1]
        assert ("cases" in page) == (cursor == "")
        lines, cursor = lines + page["lines"], f"&cursor={page['next']}" if "next" in page else None
    assert lines == 12, "each line is on one page"
    number = put(api, {"rules": document["rules"]}, activate=False)
    assert json.loads(running.ctl("policy", "test", "--tenant", "demo", number, "--json").stdout)["changed"] == 1
    assert phone.app("ap2005")["EntitlementStatus"] == "1", "nothing has changed"


def test_explain_names_the_rule_the_fact_and_who_said_so(running, api, phone):
    put(api, {"rules": [{"id": "north", "when": {"facts.region": ["north", "west"], "device.vendor": {"not": "Other"}}, "withhold": ["vowifi"]},
                        {"id": "old", "when": {"device.sw_version": {"below": "9"}}, "withhold": ["vowifi"]}]})
    api("PATCH", f"{DEMO}/subscribers/{IMSI}", {"facts": {"region": "north"}, "addons": [{"id": "gone"}]})
    phone.app("ap2004")
    wait_for(lambda: api("GET", f"{DEMO}/subscribers/{IMSI}")[1]["devices"], 20, "the device is written down")
    rules = api("GET", f"{DEMO}/explain?imsi={IMSI}&app=ap2004&terminal_id=356938035643809")[1]["rules"]
    said = {(r["rule"], r["said"], r["saw"]) for r in rules}
    assert ("device", "looked at", "the one that was asked about") in said
    assert ("add-on", "gives nothing", "gone, which the tenant does not have") in said
    assert ("rule", "applied", 'north: facts.region is north (operator), wanted ["north","west"]') in said
    assert ("rule", "does not apply", 'old: device.sw_version is 14.2 (device, not verified), wanted {"below":"9"}') in said
    assert ("withheld", "not offered", "vowifi by north") in said
    shown = running.ctl("explain", "--tenant", "demo", "--imsi", IMSI, "--app", "ap2004", "--terminal-id", "356938035643809").stdout
    assert "north: facts.region is north (operator)" in shown
    # a device that was never seen may be asked about: nothing is known of it but its number
    unseen = api("GET", f"{DEMO}/explain?imsi={IMSI}&app=ap2004&terminal_id=1")[1]["rules"]
    assert {"rule": "device", "saw": "the one that was asked about", "said": "not seen yet"} in unseen


def test_tenants_do_not_see_each_others_rules(running, api, usim, phone):
    other, imsi = "/v1/tenants/other", "001019900000001"
    api("PUT", other, {"id": "other", "imsi_ranges": ["0010199"]})
    api("PUT", f"{other}/plans/all", {"id": "all", "smsoip": True})
    running.ctl("subscriber", "add", "--tenant", "other", "--imsi", imsi, "--plan", "all", "--k", TEST_SETS[1][0], "--opc", TEST_SETS[1][1], "--amf", "8000")
    number = put(api, {"applications": [{"id": "ap9101"}], "rules": [{"id": "none", "withhold": ["smsoip"], "as": "disabled"}]})
    api("PUT", f"{DEMO}/outages/ims", {"services": ["smsoip"], "as": "disabled"})
    theirs = Phone(running, Usim(imsi, *TEST_SETS[1]))
    try:
        assert phone.app("ap9101")["EntitlementStatus"] == "1" and phone.app("ap2005")["EntitlementStatus"] == "0"
        assert theirs.app("ap2005")["EntitlementStatus"] == "1"
        assert authenticate(theirs.client, theirs.usim, app="ap9101").status == 400
    finally:
        theirs.client.close()
    admin = api.as_(api("PUT", "/v1/credentials/other-admin", {"role": "admin", "tenant": "other"})[1]["token"])
    assert admin("GET", f"{other}/rules")[1] == {"active": 0, "previous": 0, "items": []}
    assert admin("POST", f"{other}/rules/{number}:activate")[0] == 404
    for method, path in (("GET", "rules"), ("GET", f"rules/{number}"), ("POST", f"rules/{number}:activate"), ("GET", "addons"), ("DELETE", "outages/ims")):
        assert admin(method, f"{DEMO}/{path}")[0] == 403, path


def test_who_may_declare_an_outage_may_not_write_rules(api):
    operator = api.as_(api("PUT", "/v1/credentials/noc", {"role": "operator", "tenant": "demo"})[1]["token"])
    assert operator("POST", f"{DEMO}/rules", {})[0] == 403
    assert operator("POST", f"{DEMO}/rules/0:activate")[0] == 403
    assert operator("PUT", f"{DEMO}/addons/x", {})[0] == 403
    assert operator("POST", f"{DEMO}/rules/new:test", {})[0] == 200
    assert operator("PUT", f"{DEMO}/outages/ims", {"services": ["volte"]})[0] == 201
    assert operator("DELETE", f"{DEMO}/outages/ims")[0] == 200


def test_a_document_may_be_as_large_as_its_page_says(api, phone):
    tacs = ["35693803"] + [f"{n:08}" for n in range(90000000, 90009999)]
    note = "x" * 500
    rules = [{"id": f"rule-{n}", "note": note, "when": {"device.tac": "@tacs"}} for n in range(199)]
    cases = [{"name": f"{tac}", "line": {"plan": "gold"}, "device": {"terminal_id": f"{tac}1234567"}, "app": "ap2005", "expect": {"EntitlementStatus": status}}
             for tac, status in (("90000000", "0"), ("90009998", "0"), ("35693803", "0"), ("90009999", "1"))]
    number = put(api, {"lists": {"tacs": tacs}, "cases": cases,
                       "rules": rules + [{"id": "off", "when": {"device.tac": "@tacs"}, "withhold": ["smsoip"], "as": "disabled"}]})
    assert phone.app("ap2005")["EntitlementStatus"] == "0"
    assert len(json.dumps(api("GET", f"{DEMO}/rules/{number}")[1])) > 200000
    status, answer = api("POST", f"{DEMO}/rules", {"rules": [{"id": f"rule-{n}"} for n in range(201)]})
    assert status == 422 and answer["field"] == "rules"
    assert api("POST", f"{DEMO}/rules", {"note": "x", "lists": {"a": ["y" * 300000]}})[0] == 422

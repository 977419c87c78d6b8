"""Data plans, boosts, usage and 5G SA (ap2010, TS.43 9): whole documents, and what the operator's systems change in them."""

import base64
import datetime
import itertools
import json
import re

import pytest
from operators import Operators
from ts43 import JSON, XML, Client, authenticate, params
from usim import TEST_SETS, Usim

DEMO = "/v1/tenants/demo"
BOOST_PAGE = "https://portal.demo.example/boost"
_numbers = itertools.count(800)


@pytest.fixture
def api(stack):
    return Operators(stack)


class Line:
    """A subscriber of this test alone, and its phone with a token for ap2010."""

    def __init__(self, stack, api, plan):
        self.stack, self.api, self.imsi = stack, api, f"001010000000{next(_numbers)}"
        self.path, self.client = f"{DEMO}/subscribers/{self.imsi}", Client(stack)
        k, opc = TEST_SETS[2]
        stack.ctl("subscriber", "add", "--tenant", "demo", "--imsi", self.imsi, "--plan", plan, "--k", k, "--opc", opc, "--amf", "8000")
        self.usim = Usim(self.imsi, k, opc)
        self.renew()

    def renew(self):
        first = authenticate(self.client, self.usim, app="ap2010")
        assert first.status == 200
        self.token = first.token()

    def ask(self, accept=JSON, **more):
        return self.client.get(params(app="ap2010", token=self.token, **more), accept=accept)

    def app(self, **more):
        answer = self.ask(**more)
        assert answer.status == 200
        return answer.json()["ap2010"]

    def patch(self, body):
        status, answer = self.api("PATCH", self.path, body)[:2]
        assert status == 200, answer

    def remove(self):
        self.client.close()
        self.stack.ctl("subscriber", "remove", "--tenant", "demo", "--imsi", self.imsi)


@pytest.fixture
def line(stack, api):
    """line(plan): one more subscriber of that plan."""
    made = []

    def make(plan="gold"):
        made.append(Line(stack, api, plan))
        return made[-1]

    yield make
    for one in made:
        one.remove()


def utc(**ahead):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


GOLD_XML = """<parm name="AppID" value="ap2010"/>
<characteristic type="DataPlanInfo">
<characteristic type="DataPlanInfoDetails">
<parm name="AccessType" value="0"/>
<parm name="DataPlanType" value="Unmetered"/>
</characteristic>
</characteristic>
<characteristic type="DataBoostInfo">
<characteristic type="DataBoostInfoDetails">
<parm name="BoostType" value="%s"/>
<parm name="BoostTypeStatus" value="1"/>
<characteristic type="TargetCharacteristicsInfo">
<parm name="PDB" value="30"/>
<parm name="MinDownlinkDataRate" value="20"/>
<parm name="PER" value="3"/>
</characteristic>
</characteristic>
</characteristic>
<characteristic type="DataUsageInfo">
<characteristic type="DataUsageInfoDetails">
<parm name="DataUsageType" value="0"/>
<parm name="DataUsageName" value="Phone &amp; watch"/>
<parm name="EndOfBillingCycle" value="2099-03-31T21:59:59Z"/>
<parm name="DataUsedInBytes" value="5368709120"/>
</characteristic>
<characteristic type="DataUsageInfoDetails">
<parm name="DataUsageType" value="1"/>
<parm name="DataUsageDescription" value="Data of other devices"/>
<parm name="DataAllowanceInBytes" value="1073741824"/>
<parm name="DataUsedInBytes" value="0"/>
</characteristic>
</characteristic>
<characteristic type="5GSAInfo">
<characteristic type="5GSAInfoDetails">
<parm name="5GSAStatus" value="1"/>
</characteristic>
</characteristic>
"""


def gold_json(boost):
    return {
        "DataPlanInfo": [{"DataPlanInfoDetails": {"AccessType": "0", "DataPlanType": "Unmetered"}}],
        "DataBoostInfo": [{"DataBoostInfoDetails": {"BoostType": boost, "BoostTypeStatus": "1",
                                                    "TargetCharacteristicsInfo": {"PDB": "30", "MinDownlinkDataRate": "20", "PER": "3"}}}],
        "DataUsageInfo": [
            {"DataUsageInfoDetails": {"DataUsageType": "0", "DataUsageName": "Phone & watch", "EndOfBillingCycle": "2099-03-31T21:59:59Z",
                                      "DataUsedInBytes": "5368709120"}},
            {"DataUsageInfoDetails": {"DataUsageType": "1", "DataUsageDescription": "Data of other devices", "DataAllowanceInBytes": "1073741824",
                                      "DataUsedInBytes": "0"}}],
        "5GSAInfo": {"5GSAInfoDetails": {"5GSAStatus": "1"}}}


def usage():
    return [{"used": 5368709120, "name": "Phone & watch", "cycle_end": "2099-03-31T23:59:59+02:00", "as_of": utc(hours=-1)},
            {"type": "tethering", "used": 0, "description": "Data of other devices", "allowance": 1073741824, "as_of": utc(hours=-1)}]


def test_the_whole_document_in_each_form_and_version(line):
    """V12-DATA-01, V12-DATA-02, V12-DATA-03, V12-DATA-04, V12-DATA-05, V12-DATA-06, V12-DATA-07, V12-DATA-08, V12-DATA-09, V12-DATA-10"""
    gold = line("gold")
    gold.patch({"usage": usage()})
    for version, boost in (("1.0", "0"), ("2.0", "0"), ("6.0", "0"), ("8.0", "0"), ("11.0", "0"), ("12.0", "166"), ("12.1", "166")):
        answer = gold.ask(accept=XML, entitlement_version=version)
        assert answer.status == 200 and answer.masked_application() == GOLD_XML % boost, version
        document = gold.ask(entitlement_version=version).json()
        assert set(document) == {"Vers", "Token", "ap2010"} or set(document) == {"Vers", "ap2010"}
        assert document["ap2010"] == gold_json(boost), version


def test_another_plan_says_something_else_and_a_plain_one_nothing(line):
    """V12-DATA-01, V12-DATA-07, V12-DATA-10, V12-DATA-14"""
    silver, basic = line("silver"), line("basic")
    silver.patch({"usage": [{"used": 1, "as_of": utc(minutes=-5)}]})
    assert silver.app() == {
        "DataPlanInfo": [{"DataPlanInfoDetails": {"AccessType": "1", "DataPlanType": "Unmetered"}},
                         {"DataPlanInfoDetails": {"AccessType": "4", "DataPlanType": "Metered"}},
                         {"DataPlanInfoDetails": {"AccessType": "5", "DataPlanType": "Metered"}}],
        "DataBoostInfo": [{"DataBoostInfoDetails": {"BoostType": "166", "BoostTypeStatus": "1"}}],
        "DataUsageInfo": [{"DataUsageInfoDetails": {"DataUsageType": "0", "DataAllowanceInBytes": "10737418240", "DataUsedInBytes": "1"}}],
        "5GSAInfo": {"5GSAInfoDetails": {"5GSAStatus": "0"}}}
    assert basic.app() == {} and basic.ask(accept=XML).masked_application() == '<parm name="AppID" value="ap2010"/>\n'
    silver.patch({"plan": "gold", "usage": usage()})
    assert silver.app() == gold_json("166"), "a change of plan is in the very next answer"


def test_usage_that_says_nothing_of_now_is_left_out(line):
    """V12-DATA-08, V12-DATA-14"""
    basic = line("basic")
    basic.patch({"usage": [{"used": 1, "as_of": utc(hours=-1), "cycle_end": utc(seconds=-1)},
                           {"used": 2, "as_of": utc(hours=-25)}, {"used": 2 ** 33, "as_of": utc(hours=-23)}]})
    assert basic.app() == {"DataUsageInfo": [{"DataUsageInfoDetails": {"DataUsageType": "0", "DataUsedInBytes": str(2 ** 33)}}]}
    said = basic.stack.ctl("explain", "--tenant", "demo", "--imsi", basic.imsi, "--app", "ap2010").stdout
    assert "its billing cycle is over" in said and "older than the tenant's usage_max_age" in said
    basic.patch({"usage": []})
    assert basic.app() == {}


def boost_of(document):
    """EntitlementStatus and ProvStatus; the page, where there is one."""
    return document.pop("EntitlementStatus"), document.pop("ProvStatus"), document


@pytest.mark.parametrize("name", ["boost_type", "boostType"])
@pytest.mark.parametrize("kind", ["0", "166"])
def test_a_boost_is_asked_for_bought_and_over(line, api, name, kind):
    """V12-DATA-04, V12-DATA-11, V12-DATA-12"""
    gold = line("gold")
    asked = {name: kind}
    status, prov, page = boost_of(gold.app(**asked))
    assert (status, prov, page.pop("ServiceFlow_URL")) == ("1", "0", BOOST_PAGE), "1/0 is what phones open the page for"
    user_data = page.pop("ServiceFlow_UserData")
    assert page == {} and re.fullmatch(rf"sid=[A-Za-z0-9_-]+&boost_type={kind}", user_data)
    text = gold.ask(accept=XML, **asked).masked_application()
    assert text == f"""<parm name="AppID" value="ap2010"/>
<parm name="EntitlementStatus" value="1"/>
<parm name="ProvStatus" value="0"/>
<parm name="ServiceFlow_URL" value="{BOOST_PAGE}"/>
<parm name="ServiceFlow_UserData" value="sid=...&amp;boost_type={kind}"/>
"""
    assert api("POST", "/v1/flow:resolve", {"user_data": user_data})[1]["subscriber"]["imsi"] == gold.imsi
    posted = gold.client.post(params(app="ap2010", token=gold.token, **{name: int(kind)}), accept=JSON)
    assert boost_of(posted.json()["ap2010"])[:2] == ("1", "0"), "in a body, as a number"
    gold.patch({"boosts": [{"type": 166, "provisioning": "in_progress"}]})
    assert boost_of(gold.app(**asked)) == ("3", "3", {})
    gold.patch({"boosts": [{"type": 166, "until": utc(hours=1)}]})
    assert boost_of(gold.app(**asked)) == ("1", "1", {})
    gold.patch({"boosts": [{"type": 166, "until": utc(seconds=-1)}]})
    assert boost_of(gold.app(**asked))[:2] == ("1", "0")


def test_boosts_that_are_not_sold(line):
    """V12-DATA-05, V12-DATA-11"""
    gold, silver, basic = line("gold"), line("silver"), line("basic")
    assert boost_of(silver.app(boost_type="166")) == ("4", "1", {}), "part of the plan"
    assert boost_of(basic.app(boost_type="166")) == ("2", "2", {}), "not in the plan"
    for kind in ("1", "255", "256", "-1", "interactive", "1" * 100, "16\u0966"):
        assert boost_of(gold.app(boost_type=kind)) == ("2", "2", {}), kind
    assert "DataPlanInfo" in gold.app(boost_type=""), "nothing is asked for"
    gold.patch({"opt_outs": ["data_boost"]})
    assert boost_of(gold.app(boost_type="166")) == ("2", "2", {})
    assert gold.app()["DataBoostInfo"][0]["DataBoostInfoDetails"]["BoostTypeStatus"] == "2"
    gold.patch({"opt_outs": [], "status": "suspended"})
    gold.renew()
    assert boost_of(gold.app(boost_type="166")) == ("0", "0", {})
    document = gold.app()
    assert document["DataBoostInfo"][0]["DataBoostInfoDetails"]["BoostTypeStatus"] == "0"
    assert document["5GSAInfo"] == {"5GSAInfoDetails": {"5GSAStatus": "0"}}


def test_a_tenants_page_may_want_its_user_data_in_a_body(own_stack):
    """V12-DATA-12"""
    stack = own_stack()
    api = Operators(stack)
    tenant = api("GET", DEMO)[1]
    gold = Line(stack, api, "gold")
    for contents, form in (("json", r'\{"sid":"[A-Za-z0-9_-]+","boost_type":"166"\}'),
                           ("xml", r"<flow><sid>[A-Za-z0-9_-]+</sid><boost_type>166</boost_type></flow>")):
        assert api("PUT", DEMO, {**tenant, "data": {**tenant["data"], "boost_contents": contents}})[0] == 200
        _, _, page = boost_of(gold.app(boost_type="166"))
        assert page["ServiceFlow_ContentsType"] == contents and page["ServiceFlow_UserData"].startswith("encodedValue=")
        assert re.fullmatch(form, base64.b64decode(page["ServiceFlow_UserData"].removeprefix("encodedValue="), validate=True).decode())
    assert api("PUT", DEMO, {**tenant, "data": {}})[0] == 200
    assert boost_of(gold.app(boost_type="166")) == ("0", "0", {}), "no page, nothing to sell"
    gold.remove()


def test_settings_are_made_with_openesctl_and_explained(stack, line):
    """V12-DATA-11: eligibility by plan"""
    gold = line("gold")
    stack.ctl("plan", "set", "--tenant", "demo", "--plan", "surf", "--data-plans", '[{"access":"4g"}]', "--5g-sa", "enabled", "--allowance", 5000000000,
              "--data-boosts", '[{"type":166,"offer":"paused"},{"type":7,"jitter_ns":1000}]')
    try:
        stack.ctl("subscriber", "set", "--tenant", "demo", "--imsi", gold.imsi, "--plan", "surf", "--usage",
                  json.dumps([{"used": 1, "as_of": utc(minutes=-1)}]), "--boosts", "[]")
        assert gold.app() == {
            "DataPlanInfo": [{"DataPlanInfoDetails": {"AccessType": "4", "DataPlanType": "Metered"}}],
            "DataBoostInfo": [{"DataBoostInfoDetails": {"BoostType": "166", "BoostTypeStatus": "0"}},
                              {"DataBoostInfoDetails": {"BoostType": "7", "BoostTypeStatus": "1", "TargetCharacteristicsInfo": {"Jitter": "1000"}}}],
            "DataUsageInfo": [{"DataUsageInfoDetails": {"DataUsageType": "0", "DataAllowanceInBytes": "5000000000", "DataUsedInBytes": "1"}}],
            "5GSAInfo": {"5GSAInfoDetails": {"5GSAStatus": "1"}}}
        assert boost_of(gold.app(boost_type="166")) == ("0", "0", {})
        explained = json.loads(stack.ctl("explain", "--tenant", "demo", "--imsi", gold.imsi, "--app", "ap2010", "--boost-type", "166", "--json").stdout)
        assert explained["answer"]["ap2010"] == {"EntitlementStatus": "0", "ProvStatus": "0"}
        assert explained["rules"] == [{"rule": "boost", "saw": "type 166, plan surf: not sold at present", "said": "not now"}]
    finally:
        stack.ctl("subscriber", "set", "--tenant", "demo", "--imsi", gold.imsi, "--plan", "gold")
        stack.ctl("plan", "delete", "--tenant", "demo", "--plan", "surf")


def test_other_applications_are_answered_beside_it(line):
    """V12-DOC-03; a boost is of ap2010 alone"""
    gold = line("gold")
    answer = authenticate(gold.client, gold.usim, app=["ap2010", "ap2016", "ap2005"], accept=f"application/vnd.gsma.eap-relay.v1.0+json, {JSON}", boost_type="166")
    document = answer.json()
    assert list(document)[-3:] == ["ap2010", "ap2016", "ap2005"]
    assert document["ap2010"]["ProvStatus"] == "0" and document["ap2016"]["EntitlementStatus"] == "1" and document["ap2005"] == {"EntitlementStatus": "1"}

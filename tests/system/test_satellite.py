"""SatMode (ap2016, TS.43 15): whole documents, and activation through the operator's portal."""

import re

import pytest
from operators import Operators
from test_data_plan import DEMO, Line, utc
from ts43 import JSON, XML, authenticate, params

PAGE = "https://portal.demo.example/satellite"
BARRED = [{"PLMN": "00188"}]
ALLOWED = [{"PLMN": "00199", "DataPlanType": "Metered",
            "AllowedServicesInfo": [{"AllowedServices": {"ServiceType": "data", "ServicePolicy": "Constrained"}},
                                    {"AllowedServices": {"ServiceType": "voice", "ServicePolicy": "Unconstrained"}}]},
           {"PLMN": "001990"}]


class SatelliteLine(Line):
    def renew(self):
        first = authenticate(self.client, self.usim, app="ap2016")
        assert first.status == 200
        self.token = first.token()

    def ask(self, accept=JSON, **more):
        return self.client.get(params(app="ap2016", token=self.token, **more), accept=accept)

    def app(self, **more):
        answer = self.ask(**more)
        assert answer.status == 200
        return answer.json()["ap2016"]


@pytest.fixture
def line(stack):
    made = []

    def make(plan="gold"):
        made.append(SatelliteLine(stack, Operators(stack), plan))
        return made[-1]

    yield make
    for one in made:
        one.remove()


def test_the_whole_document_in_each_form_and_version(line):
    """V12-SAT-01, V12-SAT-03, V12-SAT-04, V12-SAT-05, V12-SAT-06, V12-SAT-07, V12-SAT-08; Android asks with 2.0 as well as with 12.0"""
    gold = line()
    for version in ("1.0", "2.0", "6.0", "8.0", "11.0", "12.0", "12.1"):
        answer = gold.ask(accept=XML, entitlement_version=version)
        assert answer.status == 200 and answer.masked_application() == """<parm name="AppID" value="ap2016"/>
<parm name="EntitlementStatus" value="1"/>
<parm name="MessageForIncompatible" value=""/>
<characteristic type="PLMNAllowed">
<parm name="PLMN" value="00199"/>
<parm name="DataPlanType" value="Metered"/>
<characteristic type="AllowedServicesInfo">
<characteristic type="AllowedServices">
<parm name="ServiceType" value="data"/>
<parm name="ServicePolicy" value="Constrained"/>
</characteristic>
<characteristic type="AllowedServices">
<parm name="ServiceType" value="voice"/>
<parm name="ServicePolicy" value="Unconstrained"/>
</characteristic>
</characteristic>
</characteristic>
<characteristic type="PLMNAllowed">
<parm name="PLMN" value="001990"/>
</characteristic>
<characteristic type="PLMNBarred">
<parm name="PLMN" value="00188"/>
</characteristic>
"""
        assert gold.app(entitlement_version=version) == {"EntitlementStatus": "1", "MessageForIncompatible": "", "PLMNAllowed": ALLOWED, "PLMNBarred": BARRED}


def test_activation_through_the_portal(line):
    """V12-SAT-01, V12-SAT-02, V12-SAT-05, V12-SAT-10: what the portal writes back is in the very next answer"""
    gold = line()
    gold.patch({"satellite": {"provisioning": "not_provisioned"}})
    app = gold.app()
    user_data = app.pop("ServiceFlow_UserData")
    assert re.fullmatch(r"sid=[A-Za-z0-9_-]+", user_data)
    assert app == {"EntitlementStatus": "0", "ServiceFlow_URL": PAGE, "MessageForIncompatible": "", "PLMNBarred": BARRED}
    text = gold.ask(accept=XML).masked_application()
    assert re.fullmatch(rf"""<parm name="AppID" value="ap2016"/>
<parm name="EntitlementStatus" value="0"/>
<parm name="ServiceFlow_URL" value="{re.escape(PAGE)}"/>
<parm name="ServiceFlow_UserData" value="sid=\.\.\."/>
<parm name="MessageForIncompatible" value=""/>
<characteristic type="PLMNBarred">
<parm name="PLMN" value="00188"/>
</characteristic>
""", text)
    subscriber = gold.api("POST", "/v1/flow:resolve", {"user_data": user_data})[1]["subscriber"]
    assert subscriber["imsi"] == gold.imsi and subscriber["satellite"] == {"provisioning": "not_provisioned"}
    gold.patch({"satellite": {"provisioning": "in_progress"}})
    assert gold.app() == {"EntitlementStatus": "3", "MessageForIncompatible": "", "PLMNBarred": BARRED}
    gold.stack.ctl("subscriber", "set", "--tenant", "demo", "--imsi", gold.imsi, "--satellite-provisioning", "provisioned")
    assert gold.app() == {"EntitlementStatus": "1", "MessageForIncompatible": "", "PLMNAllowed": ALLOWED, "PLMNBarred": BARRED}


def test_whom_it_is_not_for_is_told_in_words(line):
    """V12-SAT-01, V12-SAT-02, V12-SAT-03"""
    gold, basic = line(), line("basic")
    assert basic.app() == {"EntitlementStatus": "2", "MessageForIncompatible": "Satellite service is not included in your plan."}
    german = basic.client.get(params(app="ap2016", token=basic.token), accept=JSON, headers={"Accept-Language": "de"}).json()["ap2016"]
    assert german["MessageForIncompatible"] == "Satellitendienste sind in Ihrem Tarif nicht enthalten."
    switched_off = {"EntitlementStatus": "2", "PLMNBarred": BARRED,
                    "MessageForIncompatible": "This service is switched off for your line. Customer care can switch it on."}
    gold.patch({"opt_outs": ["satellite"]})
    assert gold.app() == switched_off
    gold.patch({"opt_outs": [], "status": "suspended"})
    gold.renew()
    assert gold.app() == switched_off, "status 0 would send a suspended line to a page that cannot help it"


def test_a_plan_gets_its_networks_with_openesctl(stack, line):
    """V12-SAT-04, V12-SAT-08"""
    gold = line()
    refused = stack.ctl("plan", "set", "--tenant", "demo", "--plan", "sky", "--satellite", "yes", check=False)
    assert refused.returncode != 0 and "satellite.allowed" in refused.stdout + refused.stderr
    stack.ctl("plan", "set", "--tenant", "demo", "--plan", "sky", "--satellite", "yes", "--satellite-allowed", '[{"plmn":"99970"}]')
    try:
        gold.patch({"plan": "sky"})
        assert gold.app() == {"EntitlementStatus": "1", "MessageForIncompatible": "", "PLMNAllowed": [{"PLMN": "99970"}]}
        said = stack.ctl("explain", "--tenant", "demo", "--imsi", gold.imsi, "--app", "ap2016").stdout
        assert "satellite, plan sky" in said
    finally:
        gold.patch({"plan": "gold"})
        stack.ctl("plan", "delete", "--tenant", "demo", "--plan", "sky")
    assert gold.api("GET", f"{DEMO}/plans/gold")[1]["satellite"]["barred"] == ["00188"]


def test_the_longest_lists_are_answered_whole(line):
    """V12-SAT-05, V12-SAT-06: 32 networks allowed and 256 barred, beside 32 boosts"""
    gold = line()
    allowed = [{"plmn": f"{901000 + n}", "plan_type": "unmetered", "data": "constrained", "voice": "constrained"} for n in range(32)]
    boosts = [{"type": n + 1, "delay_ms": 1, "jitter_ns": 1, "loss_exponent": 0, "downlink_min": 0, "downlink_max": 1, "downlink_burst": 2, "uplink_min": 0,
               "uplink_max": 1, "uplink_burst": 2} for n in range(32)]
    plan = {"id": "long", "data": {"boosts": boosts}, "satellite": {"offered": True, "allowed": allowed, "barred": [f"{902000 + n}" for n in range(256)]}}
    assert gold.api("PUT", f"{DEMO}/plans/long", {**plan, "satellite": {**plan["satellite"], "allowed": allowed + [{"plmn": "90188"}]}})[0] == 422
    assert gold.api("PUT", f"{DEMO}/plans/long", plan)[0] == 201
    try:
        usage = [{"used": 1, "name": '"' * 128, "description": "\\" * 128, "as_of": utc(hours=-1), "cycle_end": "2099-01-01T00:00:00Z"}] * 32
        gold.patch({"plan": "long", "usage": usage})
        app = gold.app()
        assert len(app["PLMNAllowed"]) == 32 and len(app["PLMNBarred"]) == 256
        assert [c.get("type") for c in gold.ask(accept=XML).xml().iter("characteristic")].count("PLMNBarred") == 256
        assert len(gold.api("GET", gold.path)[1]["usage"]) == 32
        data = authenticate(gold.client, gold.usim, app="ap2010", accept=f"application/vnd.gsma.eap-relay.v1.0+json, {JSON}").json()["ap2010"]
        assert len(data["DataBoostInfo"]) == 32 and len(data["DataUsageInfo"]) == 32
    finally:
        gold.patch({"plan": "gold", "usage": []})
        gold.api("DELETE", f"{DEMO}/plans/long")

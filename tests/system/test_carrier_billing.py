"""ap2012, direct carrier billing (TS.43 11): documents compared whole, answers kept, and the operators' side of it."""

import base64
import json
import sqlite3

import pytest
from operators import Operators
from stack import ROOT, wait_for
from ts43 import EAP_RELAY, JSON, XML, Client, answer_challenge, nai, params, whole_document
from usim import demo_imsi, demo_usim

STORE = {"store_vendor": "S1001", "store_user_id": "u-5521 & <co>"}
BILLING = {"url": "https://portal.demo.example/dcb", "contents": "json", "terms_required": True, "terms": "2026-01", "terms_by": "message",
           "titles": ["en: Pay by phone bill", "de: Per Handyrechnung zahlen"], "texts": ["en: Terms: https://op.example/dcb?a&b", "de: AGB"]}
MSG = {"Title": "Pay by phone bill", "Message": "Terms: https://op.example/dcb?a&b", "Accept_btn": "1", "Reject_btn": "1"}
ASKS = {"EntitlementStatus": "0", "TC_Status": "0", "TC_Operation": "2", "MessageForIncompatible": "", "ServiceFlow_URL": BILLING["url"],
        "ServiceFlow_UserData": "encodedValue=...", "ServiceFlow_ContentsType": "json", "MSG": MSG}
PAYS = {"EntitlementStatus": "1", "TC_Status": "1", "MessageForIncompatible": ""}


class Billing:
    """A stack whose tenant bills, and phones that buy."""

    def __init__(self, running):
        self.running, self.api = running, Operators(running)
        self.settings = json.loads((ROOT / "deploy/demo/tenant.json").read_text())
        self.gold = json.loads((ROOT / "deploy/demo/plan-gold.json").read_text())
        self.client = Client(running)
        self.tenant()
        assert self.api("PUT", "/v1/tenants/demo/plans/gold", {**self.gold, "carrier_billing": True})[0] == 200

    def tenant(self, **changes):
        status, body = self.api("PUT", "/v1/tenants/demo", {**self.settings, "billing": {**BILLING, **changes}})
        assert status == 200, body

    def line(self, n, **changes):
        status, body = self.api("PATCH", f"/v1/tenants/demo/subscribers/{demo_imsi(n)}", changes)
        assert status == 200, body

    def token(self, n, **more):
        sim, identity = demo_usim(n), nai(demo_imsi(n))
        answer = self.client.get(params(app="ap2012", EAP_ID=identity, **{**STORE, **more}), accept=f"{EAP_RELAY}, {XML}")
        while answer.type == EAP_RELAY:
            answer = self.client.relay(answer_challenge(sim, answer.packet(), identity), answer.cookie())
        assert answer.status == 200
        return answer.token()

    def ask(self, token, accept=XML, headers=None, **more):
        return self.client.get(params(token=token, app="ap2012", **{**STORE, **more}), accept=accept, headers=headers)

    def parms(self, token, **more):
        return self.ask(token, **more).applications()["ap2012"]


@pytest.fixture(scope="module")
def billing(tmp_path_factory):
    from stack import Stack
    running = Stack(tmp_path_factory.mktemp("billing"))
    try:
        yield Billing(running.start().load_demo())
    finally:
        running.stop()


@pytest.fixture(scope="module")
def token(billing):
    return {n: billing.token(n) for n in (1, 2, 3)}


def test_the_whole_document_letter_by_letter(billing, token):
    """V12-DCB-03, V12-DCB-04, V12-DCB-06, V12-DCB-07, V12-DOC-01"""
    assert billing.ask(token[1]).masked() == whole_document("""<characteristic type="APPLICATION">
<parm name="AppID" value="ap2012"/>
<parm name="EntitlementStatus" value="0"/>
<parm name="TC_Status" value="0"/>
<parm name="TC_Operation" value="2"/>
<parm name="MessageForIncompatible" value=""/>
<parm name="ServiceFlow_URL" value="https://portal.demo.example/dcb"/>
<parm name="ServiceFlow_UserData" value="encodedValue=..."/>
<parm name="ServiceFlow_ContentsType" value="json"/>
<characteristic type="MSG">
<parm name="Title" value="Pay by phone bill"/>
<parm name="Message" value="Terms: https://op.example/dcb?a&amp;b"/>
<parm name="Accept_btn" value="1"/>
<parm name="Reject_btn" value="1"/>
</characteristic>
</characteristic>
""")


@pytest.mark.parametrize("form", [XML, JSON], ids=["xml", "json"])
def test_a_message_is_accepted_taken_back_and_accepted_again(billing, token, form):
    """V12-DCB-02, V12-DCB-05, V12-DCB-08: state of one user of one store, from first question to purchase."""
    user = {"store_user_id": f"u-{form}"}
    assert billing.parms(token[1], accept=form, **user) == ASKS
    assert billing.parms(token[1], accept=form, MSG_btn=1, **user) == PAYS
    assert billing.parms(token[1], accept=form, **user) == PAYS
    assert billing.parms(token[1], accept=form, store_user_id=f"other-{form}") == ASKS
    assert billing.parms(token[1], accept=form, store_vendor="S2002", **user) == ASKS
    assert billing.parms(token[2], accept=form, **user) == ASKS
    assert billing.parms(token[1], accept=form, MSG_btn=0, **user) == ASKS
    posted = billing.client.post(params(token=token[1], app="ap2012", MSG_btn=1, **{**STORE, **user}), accept=form)
    assert posted.applications()["ap2012"] == PAYS


def test_requests_without_store_or_user_are_refused_before_anybody_authenticates(billing, token):
    """V12-DCB-01"""
    for more in ({"store_vendor": None}, {"store_user_id": None}, {"store_user_id": ""}, {"store_vendor": "null"}, {"MSG_btn": 2}, {"MSG_btn": "yes"},
                 {"store_user_id": "x" * 257}):
        assert billing.ask(token[1], **more).status == 400, more
        assert billing.client.get(params(app="ap2012", EAP_ID=nai(demo_imsi(1)), **{**STORE, **more}), accept=f"{EAP_RELAY}, {XML}").status == 400, more


def test_an_answer_that_comes_with_the_authentication_counts(billing):
    """V12-DCB-05"""
    token = billing.token(4, store_user_id="at once", MSG_btn=1)
    assert billing.parms(token, store_user_id="at once") == PAYS


PAGE = {k: ASKS[k] for k in ("ServiceFlow_URL", "ServiceFlow_UserData", "ServiceFlow_ContentsType")}
INCOMPATIBLE = {"EntitlementStatus": "2", "TC_Status": "2"}


@pytest.mark.parametrize("line,expected", [
    ({}, PAYS),
    ({"account": "prepaid"}, PAYS),
    ({"account": "business"}, {**INCOMPATIBLE, "MessageForIncompatible": "Paying with your phone bill is not available for your type of account."}),
    ({"billing": {"barred": True}},
     {**INCOMPATIBLE, "MessageForIncompatible": "Paying with your phone bill is blocked on your line. Customer care can help."}),
    ({"opt_outs": ["carrier_billing"]},
     {**INCOMPATIBLE, "MessageForIncompatible": "This service is switched off for your line. Customer care can switch it on."}),
    ({"plan": "basic"}, {**INCOMPATIBLE, "MessageForIncompatible": "Paying with your phone bill is not included in your plan."}),
    ({"billing": {"provisioning": "not_provisioned"}}, {"EntitlementStatus": "0", "TC_Status": "1", "MessageForIncompatible": "", **PAGE}),
    ({"billing": {"provisioning": "in_progress"}}, {"EntitlementStatus": "3", "TC_Status": "1", "MessageForIncompatible": ""}),
], ids=lambda v: json.dumps(v)[:40])
def test_each_mode_a_phone_knows(billing, token, line, expected):
    """V12-DCB-03, V12-DCB-04, V12-DCB-08: the modes of T97, and the state each is made of."""
    assert billing.parms(token[3], MSG_btn=1) == PAYS
    try:
        billing.line(3, **line)
        assert billing.parms(token[3]) == expected
    finally:
        billing.line(3, account=None, billing=None, opt_outs=[], plan="gold")
    assert billing.parms(token[3]) == PAYS


def test_a_suspended_line_is_asked_for_nothing(billing):
    billing.line(5, plan="gold", status="suspended")
    assert billing.parms(billing.token(5)) == {"EntitlementStatus": "0", "TC_Status": "2", "MessageForIncompatible": ""}


def test_the_language_is_the_phones_and_another_text_asks_everybody_anew(billing, token):
    """V12-DCB-07"""
    german = billing.parms(token[2], headers={"Accept-Language": "de-AT, en;q=0.5"}, store_user_id="anna")
    assert german["MSG"] == {"Title": "Per Handyrechnung zahlen", "Message": "AGB", "Accept_btn": "1", "Reject_btn": "1"}
    assert billing.parms(token[2], store_user_id="anna", MSG_btn=1) == PAYS
    try:
        billing.tenant(terms="2027-01")
        assert billing.parms(token[2], store_user_id="anna") == ASKS
        billing.tenant(terms="2027-01", terms_by="page")
        assert billing.parms(token[2], store_user_id="anna") == {**ASKS, "TC_Operation": "1"}
        billing.tenant(terms_required=False)
        assert billing.parms(token[2], store_user_id="new") == {**PAYS, "TC_Status": "2"}
    finally:
        billing.tenant()
    assert billing.parms(token[2], store_user_id="anna") == PAYS


def test_a_page_learns_who_came_and_writes_down_what_was_accepted(billing, token):
    """The page of the operator's own: V12-DCB-02, V12-DCB-06."""
    user = {"store_vendor": "S1001", "store_user_id": "of the page"}
    found, = [p for p in billing.ask(token[1], **user).xml().iter("parm") if p.get("name") == "ServiceFlow_UserData"]
    body = json.loads(base64.b64decode(found.get("value").removeprefix("encodedValue=")))
    assert set(body) == {"sid"}
    status, who = billing.api("POST", "/v1/flow:resolve", {"user_data": "sid=" + body["sid"]})
    assert status == 200 and {k: who[k] for k in user} == user and who["subscriber"]["imsi"] == demo_imsi(1)

    path = f"/v1/tenants/demo/subscribers/{demo_imsi(1)}/store-users"
    status, written = billing.api("PATCH", path, {**user, "terms": "available"})
    assert status == 201 and written["terms_version"] == BILLING["terms"]
    assert billing.parms(token[1], **user) == PAYS
    assert billing.api("PATCH", path, {**user, "terms": "in_progress"})[0] == 200
    assert billing.parms(token[1], **user) == {**PAYS, "EntitlementStatus": "3", "TC_Status": "3"}
    assert {**user, "terms": "in_progress"} in [{k: u[k] for k in (*user, "terms")} for u in billing.api("GET", path)[1]["items"]]
    assert billing.api("PATCH", path, {"store_vendor": "S1001"})[0] == 422
    assert billing.api("GET", path.replace(demo_imsi(1), "001010000000099"))[0] == 404


def test_the_help_desk_sees_why_and_what_was_agreed(billing, token):
    billing.parms(token[2], store_user_id="help", MSG_btn=1)
    ctl = billing.running.ctl
    line = ("--tenant", "demo", "--imsi", demo_imsi(2))
    told = json.loads(ctl("explain", *line, "--app", "ap2012", "--store-vendor", "S1001", "--store-user-id", "help", "--json").stdout)
    assert told["answer"]["ap2012"] == PAYS
    assert [(r["rule"], r["said"]) for r in told["rules"]] == [("plan", "offered"), ("opt_out", "go on"), ("status", "go on"), ("provisioning", "enabled"),
                                                              ("billing.account", "go on"), ("billing.terms", "go on")]
    assert "help" in ctl("store-user", "list", *line).stdout
    ctl("store-user", "set", *line, "--store-vendor", "S1001", "--store-user-id", "help", "--answer", "not_available")
    assert billing.parms(token[2], store_user_id="help") == ASKS
    ctl("subscriber", "set", *line, "--account", "business", "--billing-barred", "yes")
    ctl("subscriber", "set", *line, "--account", "postpaid", "--billing-barred", "no")
    trail = json.loads(ctl("audit", "--tenant", "demo", "--limit", 20, "--json").stdout)
    assert any(e["who"] == "device" and e["outcome"] == "accepted" and 'store_user_id: "help"' in e["detail"] for e in trail)


def test_each_answer_is_one_event_for_this_application_alone(billing, token):
    """What wakes the line's other phones (V12-DCB-02)."""
    def events():
        with sqlite3.connect(f"file:{billing.running.dir}/policy.db?mode=ro", uri=True) as db:
            return db.execute("select imsi, apps from outbox where kind = 'subscriber.changed' order by sequence").fetchall()
    before = len(events())
    for _ in range(2):
        assert billing.parms(token[1], store_user_id="event", MSG_btn=1) == PAYS
    assert events()[before:] == [(demo_imsi(1), "ap2012")]


def test_an_answer_survives_the_death_of_policy(billing, token):
    assert billing.parms(token[1], store_user_id="dies", MSG_btn=1) == PAYS
    billing.running["policy0"].kill()
    billing.running["policy0"].start()
    wait_for(lambda: billing.ask(token[1], store_user_id="dies").status == 200, what="policy back")
    assert billing.parms(token[1], store_user_id="dies") == PAYS

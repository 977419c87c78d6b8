"""Servers that manage devices of enterprises (TS.43 10, figure 53): eligibility with an access token, everything else with the TOKEN of it."""

import base64
import sys

import people
import pytest
from bss_stack import client_certificate
from servers import Servers, ask
from stack import ROOT, Stack, wait_for

sys.path.insert(0, str(ROOT / "tests/peers"))
from smdp import SmDp, new_eid  # noqa: E402

DEMO = "/v1/tenants/demo"
SCOPES = ["CheckEligibility", "AcquirePlan", "AcquireConfiguration", "ManageSubscription"]


class Fleet:
    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        keys = people.Keys(folder / "smdp")
        self.dp = SmDp(pki=folder / "smdp", stock={"F1": 20})
        cert, key = client_certificate(folder / "smdp")
        peers = folder / "esim-peers.conf"
        peers.write_text(f"[smdp home]\nurl = {self.dp.url}\nca_file = {keys.ca}\ncert_file = {cert}\nkey_file = {key}\nrequester_id = openes.example\n"
                         "smdp_address = smdp.example\nretry_first = 100ms\n")
        self.stack = Stack(folder / "stack", overrides={**Servers.overrides(folder), "esim": {"peers_file": peers}}).start().load_demo()
        self.servers = Servers(self.stack)
        self.servers.put_tenant(esim={"smdp": "home"})
        self.put("plans/fleet", {"name": "Fleet", "description": "Data alone", "esim": {"primary_profile_type": "F1", "companion_profile_type": "F1"}})
        self.enterprise()
        self.mdm = self.servers.backend(scopes=SCOPES)

    def put(self, path, body):
        status, answer = self.servers.api("PUT", f"{DEMO}/{path}", body)[:2]
        assert status in (200, 201), answer

    def enterprise(self, name="acme", **changes):
        self.put(f"enterprises/{name}", {"allowed": True, "requestor_ids": ["mdm-1"], "plans": ["fleet"], "devices_max": 10, **changes})

    def ask(self, operation, **more):
        return ask(self.stack, operation, app="ap2011", **more)

    def token(self, enterprise_id="acme", **more):
        answer = self.ask("CheckEligibility", access_token=self.mdm.access_token(), enterprise_id=enterprise_id, **more)
        assert answer.status == 200, answer.body
        return answer.json()

    def close(self):
        self.stack.stop()
        self.dp.close()


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    made = Fleet(tmp_path_factory.mktemp("fleet"))
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(autouse=True)
def settings(fleet):
    fleet.enterprise()


def test_a_device_of_an_enterprise_gets_its_esim(fleet):
    """V12-SRV-01, V12-SRV-03, V12-SRV-05, V12-SRV-06, V12-SRV-07, V12-ODSA-CE-03, V12-ODSA-AP-01, V12-ODSA-AP-02; figure 53"""
    first = fleet.token()
    assert first["ap2011"]["EnterpriseAppEligibility"] == "1" and first["ap2011"]["OperationResult"] == "1" and int(first["Token"]["validity"]) > 0
    token, eid = first["Token"]["token"], new_eid()
    device = {"token": token, "enterprise_terminal_id": "490154203237518", "enterprise_terminal_eid": eid}
    plans = fleet.ask("AcquirePlan", token=token).json()
    assert plans["ap2011"]["PlanOffers"] == [{"PlanOffer": {"PlanId": "fleet", "PlanName": "Fleet", "PlanDescription": "Data alone"}}]
    assert plans["Token"]["token"] == token
    assert "EnterpriseConfiguration" not in str(fleet.ask("AcquireConfiguration", **device).json())
    answer = fleet.ask("ManageSubscription", operation_type="0", plan_id="fleet", **device).json()["ap2011"]
    assert answer["SubscriptionResult"] == "2", answer
    profile = fleet.dp.download(base64.b64decode(answer["DownloadInfo"]["ProfileActivationCode"]).decode(), eid)
    assert profile.iccid in str(fleet.ask("AcquireConfiguration", **device).json())
    fleet.dp.check()


def test_an_enterprise_that_may_not_is_told_so(fleet):
    """V12-SRV-08: with a TOKEN, since it may change its mind; of others nobody learns that they exist"""
    fleet.enterprise(allowed=False)
    answer = fleet.token()
    assert answer["ap2011"]["EnterpriseAppEligibility"] == "0" and "Token" in answer
    fleet.enterprise("other", requestor_ids=["mdm-2"])
    for name in ("other", "nobody"):
        answer = fleet.token(name)
        assert answer["ap2011"]["EnterpriseAppEligibility"] == "0" and "Token" not in answer


def test_a_token_is_of_one_server_and_one_enterprise(fleet):
    """V12-SRV-02, V12-SRV-04"""
    token = fleet.token()["Token"]["token"]
    assert fleet.ask("AcquirePlan", token=token, requestor_id="mdm-2").status == 403
    assert fleet.ask("AcquirePlan", token=token, enterprise_id="other").status == 403
    assert fleet.ask("GetPhoneNumber", token=token).status == 403, "its client may not ask for that"


def test_a_dead_token_is_begun_anew(fleet):
    """V12-SRV-09"""
    token = fleet.token()["Token"]["token"]
    assert fleet.ask("AcquirePlan", token=token[:-4]).status == 511
    assert fleet.ask("CheckEligibility", access_token="x", enterprise_id="acme").status == 401
    assert fleet.servers.api("DELETE", f"{DEMO}/enterprises/acme")[0] == 200
    assert fleet.ask("AcquirePlan", token=token).status == 511
    fleet.enterprise()
    assert fleet.ask("AcquirePlan", token=token).status == 200
    fleet.stack.ctl("client", "set", "--tenant", "demo", "--client", fleet.mdm.id, "--disabled", "yes")
    assert fleet.ask("AcquirePlan", token=token).status == 511
    fleet.stack.ctl("client", "set", "--tenant", "demo", "--client", fleet.mdm.id, "--disabled", "no")
    wait_for(lambda: fleet.mdm.credentials()[0] == 200, 20, "auth has heard of it")

"""Server-initiated ODSA (ap2011, TS.43 10): a server that manages devices of an enterprise activates them. Its OAuth is in test_servers.py."""

import itertools

import pytest
from odsa import Device, application
from servers import ask
from stack import wait_for

_names = itertools.count(1)


class Enterprise:
    """With a server of its own that is registered, and may have `plans`."""

    def __init__(self, odsa, **members):
        n = next(_names)
        self.odsa, self.id, self.requestor = odsa, f"firm-{n}", f"mdm-{n}"
        self.members = {"id": self.id, "name": f"Firm {n}", "allowed": True, "requestor_ids": [self.requestor], "plans": ["small", "large"], **members}
        odsa.put(f"enterprises/{self.id}", self.members)
        self.backend = odsa.backend(requestor_ids=[self.requestor], scopes=["CheckEligibility", "AcquirePlan", "AcquireConfiguration", "ManageSubscription"])

    def change(self, **members):
        self.members |= members
        self.odsa.put(f"enterprises/{self.id}", self.members)

    def begin(self, **more):
        """CheckEligibility with an access token: the answer."""
        return ask(self.odsa.stack, "CheckEligibility", app="ap2011", requestor_id=self.requestor,
                   **{"enterprise_id": self.id, "access_token": self.backend.access_token(), **more})

    def log_in(self):
        answer = self.begin()
        assert application(answer, "ap2011") == {"OperationResult": "1", "EnterpriseAppEligibility": "1"}
        self.token = answer.json()["Token"]["token"]
        return self

    def ask(self, operation, **more):
        return ask(self.odsa.stack, operation, app="ap2011", **{"requestor_id": self.requestor, "token": self.token, **more})

    def told(self, operation, result=1, **more):
        told = application(self.ask(operation, **more), "ap2011")
        assert told["OperationResult"] == str(result), told
        return told

    def orders(self):
        found = self.odsa.api("GET", "/v1/tenants/demo/esim-orders?limit=500")[1]["items"]
        return [order for order in found if order["enterprise"] == self.id]

    def ends(self, state):
        wait_for(lambda: self.orders()[-1]["state"] == state, what=f"{state} of the order")
        return self.orders()[-1]


class Tablet(Device):
    @property
    def named(self):
        return {"enterprise_terminal_id": self.id}

    @property
    def new(self):
        return {**self.named, "enterprise_terminal_eid": self.eid, "operation_type": 0}


@pytest.fixture
def firm(odsa):
    return Enterprise(odsa).log_in()


def test_a_server_activates_a_device_of_its_enterprise(odsa):
    """10.2, figure 53. V12-SRV-01, V12-SRV-03, V12-SRV-05, V12-SRV-06, V12-SRV-07, V12-ODSA-AP-01, V12-ODSA-AP-02, V12-ODSA-AC-01, V12-ODSA-CE-03"""
    firm, tablet = Enterprise(odsa).log_in(), Tablet()
    plans = firm.told("AcquirePlan")["PlanOffers"]
    assert [one["PlanOffer"] for one in plans] == [{"PlanId": name, "PlanName": name} for name in ("small", "large")]
    assert firm.told("AcquireConfiguration", **tablet.named) == {"OperationResult": "1"}
    told = firm.told("ManageSubscription", **tablet.new, plan_id="large")
    assert told["SubscriptionResult"] == "2"
    tablet.download(odsa, told["DownloadInfo"])
    assert firm.told("AcquireConfiguration", **tablet.named)["EnterpriseConfiguration"] == {"ICCID": tablet.iccid, "ServiceStatus": "1"}
    order = firm.ends("done")
    assert (order["plan"], order["imsi"], order["app"]) == ("large", "", "ap2011")


def test_a_server_is_told_later(odsa, firm):
    """10.2.1: polling as in 7.3.2. V12-SRV-07"""
    tablet = Tablet()
    odsa.settings(answer_within_ms=100, max_refresh=3)
    odsa.bss.tell("order", pending=-1)
    assert firm.told("ManageSubscription", **tablet.new, plan_id="small") == {"OperationResult": "1", "SubscriptionResult": "4"}
    assert firm.told("AcquireConfiguration", **tablet.named)["EnterpriseConfiguration"] == {"ServiceStatus": "2", "PollingInterval": "1"}
    odsa.bss.tell("order")
    firm.ends("waiting")
    told = firm.told("AcquireConfiguration", **tablet.named)["EnterpriseConfiguration"]
    assert told["ServiceStatus"] == "1"
    tablet.download(odsa, told["DownloadInfo"])
    firm.ends("done")


def test_a_plan_that_the_enterprise_does_not_have_cannot_be_ordered(firm):
    """10.2: 102, as a device without an id; what the server may not do at all is 403"""
    tablet = Tablet()
    firm.told("ManageSubscription", 102, **tablet.new, plan_id="all")
    firm.told("ManageSubscription", 102, operation_type=0, plan_id="small")
    assert firm.ask("ManageService", **tablet.new).status == 403
    assert firm.orders() == []


def test_an_enterprise_has_as_many_devices_as_it_may(odsa, firm):
    """10.2"""
    firm.change(devices_max=1)
    assert firm.told("ManageSubscription", **Tablet().new, plan_id="small")["SubscriptionResult"] == "2"
    assert firm.told("ManageSubscription", **Tablet().new, plan_id="small")["SubscriptionResult"] == "5"


def test_a_device_of_an_enterprise_is_given_up(odsa, firm):
    """6.2, operation_type 1, 6 and 5 of a server"""
    tablet = Tablet()
    tablet.download(odsa, firm.told("ManageSubscription", **tablet.new, plan_id="small")["DownloadInfo"])
    firm.ends("done")
    for type_, status in ((6, "3"), (5, "1")):
        assert firm.told("ManageSubscription", **{**tablet.new, "operation_type": type_})["SubscriptionResult"] == "3"
        assert firm.told("AcquireConfiguration", **tablet.named)["EnterpriseConfiguration"]["ServiceStatus"] == status
    assert firm.told("ManageSubscription", **{**tablet.new, "operation_type": 1})["SubscriptionResult"] == "3"
    firm.ends("done")
    assert firm.told("AcquireConfiguration", **tablet.named) == {"OperationResult": "1"}


def test_a_token_is_good_for_its_server_and_its_enterprise(odsa, firm):
    """10.2: another enterprise's devices stay its own. V12-SRV-02, V12-SRV-04, V12-ODSA-G-09"""
    other, tablet = Enterprise(odsa, plans=["small"]).log_in(), Tablet()
    tablet.download(odsa, firm.told("ManageSubscription", **tablet.new, plan_id="large")["DownloadInfo"])
    assert firm.ask("AcquirePlan", requestor_id=other.requestor).status in (401, 403, 511)
    assert [one["PlanOffer"]["PlanId"] for one in other.told("AcquirePlan")["PlanOffers"]] == ["small"]
    assert other.told("AcquireConfiguration", **tablet.named) == {"OperationResult": "1"}
    for type_ in (0, 1, 6):
        assert other.ask("ManageSubscription", **{**tablet.new, "operation_type": type_}, plan_id="small").status == 403
    assert other.orders() == []


def test_an_enterprise_that_is_not_entitled_gets_nothing(odsa):
    """10.2. V12-SRV-08, V12-SRV-09"""
    firm = Enterprise(odsa, allowed=False)
    told = firm.begin()
    assert application(told, "ap2011")["EnterpriseAppEligibility"] == "0"
    firm.token = told.json()["Token"]["token"]
    assert firm.told("ManageSubscription", **Tablet().new, plan_id="small")["SubscriptionResult"] == "5"
    assert firm.told("AcquirePlan") == {"OperationResult": "1"}
    refused = firm.begin(access_token="no token at all")
    assert refused.status == 401 and not refused.type.startswith("application/json")

"""TM Forum inventories that are not ours: Prism serves tests/peers/tmf/inventory.yaml, and refuses what does not follow it."""

import json
import subprocess
import urllib.request

import pytest
from bss_stack import BssStack
from stack import ROOT, free_port, wait_for

IMSI = "001010000000999"  # the one of the file


class Prism:
    """npm's @stoplight/prism-cli as a mock."""

    def __init__(self):
        folder, self.port = ROOT / "tests/peers/tmf", free_port()
        assert (folder / "node_modules").is_dir(), "npm ci was not run in tests/peers/tmf; ./openes test does"
        self.url, self.products = f"http://127.0.0.1:{self.port}", {}
        self._popen = subprocess.Popen(["node", folder / "node_modules/@stoplight/prism-cli/dist/index.js", "mock", "-h", "127.0.0.1", "-p", str(self.port),
                                        folder / "inventory.yaml"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in self._popen.stdout:
            if "is listening" in line:
                return
        raise AssertionError(f"prism ended with {self._popen.wait()}")

    def close(self):
        self._popen.terminate()
        self._popen.wait(30)
        self._popen.stdout.close()


@pytest.fixture(scope="module")
def prism():
    made = Prism()
    yield made
    made.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory, prism):
    api = f"{prism.url}/tmf-api"
    services = f"[bss services]\nurl = {api}/serviceInventory/v4/service?supportingResource.value={{imsi}}\nmapping = tmf638\ntimeout = 5s\n" \
               f"[bss strict]\nurl = {api}/productInventory/v4/product?imsi={{imsi}}\nmapping = tmf637\ntimeout = 5s\n"
    made = BssStack(tmp_path_factory.mktemp("tmf"), prism, more=services, settings={"mode": "off"}, section={
        "url": f"{api}/productInventory/v4/product?productCharacteristic.name=IMSI&productCharacteristic.value={{imsi}}", "mapping": "tmf637",
        "hub_url": f"{api}/productInventory/v4/hub", "hub_callback": "https://ecs.operator.example/v1/tenants/demo/bss/crm", "hub_query": "status=active"})
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def line(running):
    one = running.line("silver", imsi=IMSI)
    yield one
    running.stack.ctl("subscriber", "remove", "--tenant", "demo", "--imsi", IMSI)


def log(running, event):
    return [said for said in map(json.loads, running.stack["policy0"].log().splitlines()) if said["event"] == event]


def test_the_mock_follows_the_file(prism):
    with urllib.request.urlopen(f"{prism.url}/tmf-api/serviceInventory/v4/service?supportingResource.value={IMSI}") as answer:
        assert len(json.load(answer)) == 2


def test_a_hub_that_checks_what_it_is_sent_takes_our_registration(running):
    wait_for(lambda: log(running, "bss.hub_registered"), what="the hub answers")


def test_a_product_says_plan_number_and_state(running, line):
    running.settings(source="crm", max_age=3600)
    assert line.authenticate().status == 200
    row = line.row()
    assert (row["plan"], row["msisdn"], row["status"]) == ("gold", "+491700000999", "active")


def test_services_say_what_is_provisioned(running, line):
    running.settings(source="services", max_age=3600)
    assert line.authenticate().status == 200
    row = line.row()
    assert [row[name]["provisioning"] for name in ("voice", "vowifi", "sms")] == ["provisioned", "in_progress", "not_provisioned"]
    assert row["plan"] == "silver"


def test_a_question_that_the_inventory_refuses_is_no_answer(running, line):
    running.settings(source="strict", max_age=3600)
    assert line.authenticate().status == 200 and line.row()["plan"] == "silver"
    assert log(running, "bss.no_answer")[-1]["code"] in (400, 422)

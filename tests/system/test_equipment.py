"""Devices: the operator's list, EIRs over N5g-eir and S13 (docs/equipment.md), and the table of models, by real requests of a phone."""

import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from core import Peer, documented
from operators import Operators
from stack import ROOT, Stack, free_port, wait_for
from ts43 import Client, authenticate, params
from usim import TEST_SETS, Usim

PEER = Path(__file__).resolve().parent.parent / "peers" / "eir.py"
IMEI = "356938035643809"  # what ts43.params() sends
DEVICE = IMEI[:14]


class N5gEir:
    """tests/peers/eir.py as a process of a test."""

    def __init__(self):
        self.port, self._process = 0, None

    def start(self):
        """Listens when it returns; after stop() again on the same port."""
        self._process = subprocess.Popen([sys.executable, str(PEER), "--port", str(self.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        said = self._process.stdout.readline().split()
        assert said[:1] == ["port"], said
        self.port = int(said[1])
        return self

    def stop(self):
        if self._process:
            self._process.stdin.close()
            self._process.wait(timeout=10)
            self._process.stdout.close()
            self._process = None

    def _ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", data=data, timeout=10) as answer:
            return json.load(answer)

    def control(self, **what):
        self._ask("/control", what)

    def knows(self, status, imei=DEVICE):
        self._ask("/equipment", {imei: status})

    def seen(self):
        return self._ask("/seen")


def eir_file(port):
    text = re.search(r"```ini\n(\[n5g .*?)```", (ROOT / "docs/equipment.md").read_text(), re.S).group(1)
    return re.sub(r"url = .*", f"url = http://127.0.0.1:{port}", text)


class Equipment:
    """The five processes, an EIR of each kind, and one phone with a TOKEN."""

    def __init__(self, folder, ebin):
        self.n5g = N5gEir().start()
        self.s13 = Peer(folder, ebin, "eir1", "eir", subscribers=[])
        self.files = {"policy": folder / "eir.conf", "auth": folder / "core.conf"}
        self.files["policy"].write_text(eir_file(self.n5g.port))
        self.files["auth"].write_text(documented({"eir1": self.s13.port}, page="equipment.md"))
        self.diameter_ops = free_port()
        self.stack = Stack(folder / "stack", overrides={"policy": {"eir_file": self.files["policy"]}, "auth": {"core_file": self.files["auth"]}}, peers_die=True)
        self.stack.environment = {**self.stack.environment, "OPENES_DIAMETER_OPS_LISTEN": f"127.0.0.1:{self.diameter_ops}"}

    def start(self):
        self.s13.start()
        self.stack.start().load_demo()
        self.api, self.client = Operators(self.stack), Client(self.stack)
        wait_for(self.s13_is_open, 40, "the EIR's connection")
        answer = authenticate(self.client, Usim("001010000000001", *TEST_SETS[0]))
        assert answer.status == 200
        self.token = answer.token()
        return self

    def s13_is_open(self):
        try:
            text = urllib.request.urlopen(f"http://127.0.0.1:{self.diameter_ops}/metrics", timeout=5).read().decode()
        except OSError:
            return False
        return any(line.startswith("openes_diameter_peers_open") and line.endswith(" 1") for line in text.splitlines())

    def stop(self):
        try:
            self.stack.stop()
        finally:
            self.s13.stop()
            self.n5g.stop()

    @property
    def policy(self):
        return self.stack["policy0"]

    def tenant(self, **equipment):
        tenant = json.loads((ROOT / "deploy/demo/tenant.json").read_text())
        status, body = self.api("PUT", "/v1/tenants/demo", {**tenant, "equipment": equipment})
        assert status in (200, 201), body

    def ask(self, app="ap2004", **more):
        return self.client.get(params(token=self.token, app=app, **more))

    def status(self, **more):
        return self.ask(**more).status

    def listed(self, imei=IMEI, **members):
        status, body = self.api("PUT", f"/v1/tenants/demo/equipment/{imei}", members)
        assert status in (200, 201), body

    def renew(self):
        """As at the start, for the next test."""
        self.tenant()
        self.api("DELETE", f"/v1/tenants/demo/equipment/{IMEI}")
        self.n5g.control()
        self.n5g.knows(None)
        self.s13.do("reset")
        self.s13.do(f"equipment {DEVICE} unknown")


@pytest.fixture(scope="module")
def running(tmp_path_factory, ebin):
    equipment = Equipment(tmp_path_factory.mktemp("equipment"), ebin)
    try:
        yield equipment.start()
    finally:
        equipment.stop()


@pytest.fixture()
def equipment(running):
    running.renew()
    return running


def test_a_device_on_the_operators_list_is_refused_and_let_in_again(equipment):
    equipment.listed(state="blocked", reason="stolen")
    assert equipment.status() == 200, "nobody looks"
    equipment.tenant(mode="list")
    assert equipment.status() == 403
    assert equipment.status(app=["ap2003", "ap2004", "ap2005"]) == 403
    assert equipment.policy.metric('openes_policy_equipment_verdicts_total{verdict="equipment_blocked"}') >= 2
    assert '"policy.equipment_refused"' in equipment.policy.log() and IMEI not in equipment.policy.log()
    equipment.listed(imei=DEVICE + "55", state="tracked")
    assert equipment.status() == 200
    assert equipment.api("DELETE", f"/v1/tenants/demo/equipment/{DEVICE}")[0] == 200
    assert equipment.status() == 200
    equipment.tenant(mode="list", unknown="refuse")
    assert equipment.status() == 403
    equipment.listed(state="allowed")
    assert equipment.status() == 200


def test_an_authentication_with_a_blocked_device_ends_in_403(equipment):
    equipment.tenant(mode="list")
    equipment.listed(state="blocked")
    assert authenticate(Client(equipment.stack), Usim("001010000000002", *TEST_SETS[1])).status == 403


@pytest.mark.parametrize("told,status", [("WHITELISTED", 200), ("GREYLISTED", 200), ("BLACKLISTED", 403), (None, 200)])
def test_an_eir_over_http_2_is_asked_and_believed(equipment, told, status):
    equipment.n5g.knows(told)
    equipment.tenant(mode="n5g", source="eir1", max_age=0)
    equipment.n5g.control()
    assert equipment.status() == status
    asked = equipment.n5g.seen()
    assert [(r["path"], r["query"], r["protocol"]) for r in asked] == [("/n5g-eir-eic/v1/equipment-status", {"pei": [f"imei-{DEVICE}9"]}, "2")]
    assert equipment.status(app=["ap2003", "ap2004"]) == status


def test_an_answer_holds_for_its_time_and_the_list_stands_over_it(equipment):
    equipment.n5g.knows("BLACKLISTED")
    equipment.tenant(mode="n5g", source="eir1", max_age=0)
    assert equipment.status() == 403
    equipment.tenant(mode="n5g", source="eir1", max_age=3600)
    wait_for(lambda: equipment.n5g.control() or (equipment.status() == 403 and not equipment.n5g.seen()), what="the answer is kept")
    equipment.listed(state="allowed")
    assert equipment.status() == 200
    assert not equipment.n5g.seen()


def test_without_an_answer_the_tenant_says_what_follows(equipment):
    equipment.tenant(mode="n5g", source="eir1", max_age=0)
    equipment.n5g.knows("BLACKLISTED")
    assert equipment.status() == 403
    for fault in ({"status": 500}, {"status": 404, "cause": "RESOURCE_URI_STRUCTURE_NOT_FOUND"}, {"body": "<html>"}):
        equipment.n5g.control(**fault)
        for when_away, status in (("last", 403), ("allow", 200), ("unavailable", 503)):
            equipment.tenant(mode="n5g", source="eir1", max_age=0, when_away=when_away)
            assert equipment.status() == status, (fault, when_away)
    # nine in a row: it rests, and is not even asked
    assert '"policy.eir_rests"' in equipment.policy.log()
    equipment.n5g.control()
    assert equipment.status() == 503 and not equipment.n5g.seen()
    # then one question finds it well again
    wait_for(lambda: equipment.status() == 403, what="the EIR is asked again")
    assert '"policy.eir_is_back"' in equipment.policy.log()


def test_an_eir_that_says_nothing_costs_its_timeout_and_no_thread(equipment):
    equipment.tenant(mode="n5g", source="eir1", max_age=0, when_away="allow")
    equipment.n5g.control(delay=True)
    assert equipment.status() == 200
    wait_for(lambda: equipment.n5g.control() or (equipment.status() == 200 and equipment.n5g.seen()), what="the EIR is asked again")


@pytest.mark.parametrize("told,status", [(0, 200), (2, 200), (1, 403), ("unknown", 403)])
def test_an_eir_over_s13_is_asked_and_believed(equipment, told, status):
    equipment.s13.do(f"equipment {DEVICE} {told}")
    equipment.tenant(mode="s13", source="devices", max_age=0, unknown="refuse")
    before = equipment.s13.count("ECR")
    assert equipment.status() == status
    assert equipment.s13.count("ECR") == before + 1 and equipment.s13.count("errors") == 0
    assert DEVICE in equipment.s13.do("seen")


def test_what_an_eir_of_s13_cannot_say_is_no_answer(equipment):
    for fault in ({"result": 3004}, {"result": 5012}, {"experimental": 5001}, {"fault": "no_result"}):
        equipment.tenant(mode="s13", source="devices", max_age=0, when_away="unavailable", unknown="refuse")
        equipment.s13.do("reset")
        equipment.s13.do(f"equipment {DEVICE} 0")
        equipment.s13.set(**fault)
        assert equipment.status() == 503, fault
        equipment.s13.do("reset")
        assert equipment.status() == 200
    equipment.tenant(mode="s13", source="nowhere", when_away="unavailable")
    assert equipment.status() == 503
    equipment.tenant(mode="n5g", source="nowhere", when_away="allow")
    assert equipment.status() == 200


def test_a_device_without_an_imei_is_unknown_and_nobody_is_asked(equipment):
    usim = Usim("001010000000003", *TEST_SETS[2])
    client = Client(equipment.stack)
    answer = authenticate(client, usim, terminal_id="f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
    assert answer.status == 200
    ask = params(token=answer.token(), terminal_id="f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
    equipment.tenant(mode="n5g", source="eir1", max_age=0)
    assert client.get(ask).status == 200
    equipment.tenant(mode="n5g", source="eir1", max_age=0, unknown="refuse")
    assert client.get(ask).status == 403
    assert not equipment.n5g.seen()


def test_policy_ends_cleanly_while_an_eir_is_silent(equipment):
    equipment.tenant(mode="n5g", source="eir1", max_age=0, when_away="allow")
    wait_for(lambda: equipment.n5g.control() or (equipment.status() == 200 and equipment.n5g.seen()), what="the EIR is asked")
    equipment.n5g.control(delay=True)
    import threading
    thread = threading.Thread(target=equipment.status)
    thread.start()
    wait_for(equipment.n5g.seen, what="the question")
    assert equipment.policy.stop() == 0
    equipment.policy.start()
    thread.join()
    equipment.n5g.control()
    wait_for(lambda: equipment.status() == 200, what="policy is back")


def test_lists_of_devices_and_models_are_imported_line_by_line(equipment, tmp_path):
    ctl = equipment.stack.ctl
    devices = tmp_path / "devices.csv"
    devices.write_text("imei,state,reason\n" + "".join(f"{n:014},tracked,test\n" for n in range(1200)) + f"{IMEI},blocked,\n12,blocked,\n")
    done = ctl("equipment", "import", "--tenant", "demo", devices, "--report", tmp_path / "refused.txt", check=False)
    assert done.returncode == 1 and "1201 created, 0 changed, 0 unchanged, 1 refused" in done.stdout
    assert (tmp_path / "refused.txt").read_text().startswith("line 1203: an IMEI of 14 digits")
    equipment.tenant(mode="list")
    assert equipment.status() == 403
    rows = ctl("equipment", "list", "--tenant", "demo", "--json").stdout
    assert len(json.loads(rows)) == 1201
    ctl("equipment", "set", "--tenant", "demo", IMEI, "--state", "allowed", "--reason", "found")
    assert json.loads(ctl("equipment", "show", "--tenant", "demo", IMEI, "--json").stdout)["reason"] == "found"
    assert equipment.status() == 200
    ctl("equipment", "remove", "--tenant", "demo", IMEI)

    models = tmp_path / "models.jsonl"
    models.write_text('{"tac":"35693803","vendor":"ACME","model":"Phone9","capabilities":["vowifi","vonr: 14.10"]}\n{"tac":"1"}\n')
    done = ctl("model", "import", "--tenant", "demo", models, check=False)
    assert done.returncode == 1 and "1 created, 0 changed, 0 unchanged, 1 refused" in done.stdout
    ctl("model", "set", "--tenant", "demo", "35693804", "--vendor", "ACME", "--capabilities", "volte,vonr:14.2")
    assert "35693804" in ctl("model", "list", "--tenant", "demo").stdout
    ctl("tenant", "set", "--tenant", "demo", "--use-models", "yes", "--equipment", "list")
    vers = equipment.ask().characteristic("VERS")
    ctl("model", "remove", "--tenant", "demo", "35693804")
    explained = ctl("explain", "--tenant", "demo", "--imsi", "001010000000001", "--app", "ap2004", "--terminal-id", IMEI, "--terminal-sw-version", "14.2").stdout
    assert "ACME Phone9" in explained and "vowifi" in explained and "vonr" not in explained
    assert vers


def test_the_operators_api_answers_as_its_description_says(equipment):
    api = equipment.api
    assert api("PUT", f"/v1/tenants/demo/equipment/{IMEI}", {"state": "blocked", "since": "2026-01-01T00:00:00Z"})[0] == 201
    assert api("GET", f"/v1/tenants/demo/equipment/{DEVICE}")[1]["since"] == "2026-01-01T00:00:00Z"
    assert api("GET", "/v1/tenants/demo/equipment?limit=1")[0] == 200
    assert api("PUT", "/v1/tenants/demo/equipment/12", {"state": "blocked"})[0] == 422
    assert api("PUT", f"/v1/tenants/demo/equipment/{IMEI}", {"state": "stolen"})[0] == 422
    assert api("POST", "/v1/tenants/demo/equipment:import", {"rows": [{"imei": IMEI, "state": "tracked"}, {"imei": "x"}]})[1]["refused"] == 1
    assert api("DELETE", f"/v1/tenants/demo/equipment/{IMEI}")[0] == 200
    assert api("GET", f"/v1/tenants/demo/equipment/{IMEI}")[0] == 404
    assert api("PUT", "/v1/tenants/demo/models/35693809", {"vendor": "ACME", "capabilities": ["vonr: 14.2"]})[0] == 201
    assert api("GET", "/v1/tenants/demo/models/35693809")[1]["capabilities"] == ["vonr: 14.2"]
    assert api("GET", "/v1/tenants/demo/models")[0] == 200
    assert api("POST", "/v1/tenants/demo/models:import?dry_run=true", {"rows": [{"tac": "35693810"}]})[1]["created"] == 1
    assert api("GET", "/v1/tenants/demo/models/35693810")[0] == 404
    assert api("DELETE", "/v1/tenants/demo/models/35693809")[0] == 200
    equipment.tenant(mode="list")
    equipment.listed(state="blocked")
    assert api("GET", f"/v1/tenants/demo/explain?imsi=001010000000001&app=ap2004&terminal_id={IMEI}")[1]["refused"] == "equipment_blocked"

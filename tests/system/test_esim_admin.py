"""The operator's view of eSIM (docs/operators-api.md): stock, profiles that another channel sold, orders that wait for a person."""

import base64
import itertools
import json
import sys

import pytest
from operators import Operators
from stack import ROOT, Stack, wait_for
from ts43 import Client, authenticate, params
from usim import demo_usim

sys.path.insert(0, str(ROOT / "tests/peers"))
from esim_bss import EsimBss  # noqa: E402
from smdp import REQUESTER, SmDp  # noqa: E402

DEMO = "/v1/tenants/demo"
EID = "890490320000000000000000000000{:02d}"
TYPE = "companion"  # as the BSS says
WATCH = "1$smdp.example$SHOP-0042"
HURRY = {"retry_first": "20ms", "retry_max": "50ms", "tries_max": "2", "breaker_failures": "0"}
_numbers = itertools.count(10)


class Esim:
    """A stack whose tenant orders watches' profiles from its own stock, and a phone that asks for them."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.iccids = [f"89010100000000001{n}" for n in range(10, 20)]
        self.dp, self.bss = SmDp(stock={TYPE: self.iccids}), EsimBss()
        keys = {"url": self.dp.url, "requester_id": REQUESTER, "smdp_address": "smdp.example", **HURRY}
        peers = folder / "peers.conf"
        peers.write_text("[smdp home]\n" + "".join(f"{name} = {value}\n" for name, value in keys.items()) + self.bss.section(**HURRY))
        peers.chmod(0o600)
        self.stack = Stack(folder / "stack", overrides={"esim": {"peers_file": peers}}, peers_die=True).start().load_demo()
        self.api = Operators(self.stack)
        self.settings()
        self.usim, self.phone = demo_usim(1), Client(self.stack)
        self.line = f"{DEMO}/subscribers/{self.usim.imsi}"
        self.token = authenticate(self.phone, self.usim, app="ap2006").token()

    def settings(self):
        tenant, gold = (json.loads((ROOT / f"deploy/demo/{name}.json").read_text()) for name in ("tenant", "plan-gold"))
        tenant["esim"] = {"smdp": "home", "bss": "crm", "own_stock": True, "answer_within_ms": 100}
        gold["esim"], gold["companion"]["max"] = {"companion_profile_type": TYPE}, 20
        assert self.api("PUT", DEMO, tenant)[0] == 200 and self.api("PUT", f"{DEMO}/plans/gold", gold)[0] == 200

    def close(self):
        self.phone.close()
        self.stack.stop()
        self.dp.close()
        self.bss.close()

    def ask(self, operation, watch, **more):
        """What ap2006 answers about that watch."""
        answer = self.phone.get(params(token=self.token, app="ap2006", operation=operation, companion_terminal_id=f"watch-{watch}",
                                       companion_terminal_eid=EID.format(watch), companion_terminal_service="SharedNumber", **more))
        return answer.status, answer.body.decode()

    def order(self):
        """A watch that wants a profile; its number and the order."""
        watch = next(_numbers)
        assert self.ask("ManageSubscription", watch, operation_type="0")[0] == 200
        return watch, self.orders(eid=EID.format(watch))[0]["id"]

    def orders(self, **query):
        return self.api("GET", f"{DEMO}/esim-orders?" + "&".join(f"{k}={v}" for k, v in query.items()))[1]["items"]

    def state(self, order):
        return self.api("GET", f"{DEMO}/esim-orders/{order}")[1]["state"]

    def reaches(self, order, state):
        wait_for(lambda: self.state(order) == state, what=f"the order is {state}")

    def act(self, order, verb, body=None):
        return self.api("POST", f"{DEMO}/esim-orders/{order}:{verb}", body)

    def ctl(self, *words):
        return json.loads(self.stack.ctl(*words, "--tenant", "demo", "--json").stdout)


@pytest.fixture(scope="module")
def esim(tmp_path_factory):
    running = Esim(tmp_path_factory.mktemp("esim"))
    try:
        rows = [{"iccid": iccid, "profile_type": TYPE} for iccid in running.iccids]
        assert running.api("POST", f"{DEMO}/profile-stock:import", {"rows": rows})[1]["created"] == 10
        yield running
    finally:
        running.close()


@pytest.fixture(autouse=True)
def well(esim):
    yield
    esim.dp.say()
    esim.bss.tell()
    esim.dp.check()
    esim.bss.check()


def test_a_list_of_iccids_goes_into_the_stock(esim, tmp_path):
    batch = tmp_path / "batch.csv"
    batch.write_text("iccid,profile_type\n8901010000000000901F,phone\n89010100000000009021,phone\n12,phone\n8901010000000000901,phone\n")
    done = esim.stack.ctl("stock", "import", "--tenant", "demo", "--json", batch, check=False)
    assert done.returncode == 1 and json.loads(done.stdout)["created"] == 2 and "18 to 20 digits" in done.stderr
    phones = [row for row in esim.ctl("stock", "list") if row["profile_type"] == "phone"]
    assert phones == [{"profile_type": "phone", "free": 2, "reserved": 0, "used": 0, "spoiled": 0}]
    for iccid in ("8901010000000000901", "89010100000000009021"):
        assert esim.ctl("stock", "delete", "--iccid", iccid) == {}
    assert esim.api("DELETE", f"{DEMO}/profile-stock/89010100000000009021")[0] == 404


def test_a_profile_of_another_channel_is_downloaded_by_its_watch(esim, tmp_path):
    """V12-ODSA-C-05"""
    body = {"app": "ap2006", "service": "SharedNumber", "eid": EID.format(1), "terminal_id": "watch-1", "name": "Jo's watch",
            "download": {"activation_code": f"LPA:{WATCH}"}}
    assert esim.api("PUT", f"{esim.line}/profiles/8901010000000000042F", body)[0] == 201
    audit = esim.api.headers["Openes-Audit-Id"]
    status, text = esim.ask("AcquireConfiguration", 1)
    assert status == 200 and "8901010000000000042" in text
    assert base64.b64encode(WATCH.encode()).decode() in text, "V12-ODSA-C-05: DownloadInfo of a profile that is pre-activated"

    entry = next(e for e in esim.api("GET", "/v1/audit?limit=20")[1]["items"] if e["id"] == audit)
    assert (entry["resource"], entry["outcome"]) == (f"subscriber/{esim.usim.imsi}/profiles", "done")
    assert "SHOP-0042" not in json.dumps(esim.api("GET", f"{esim.line}/profiles")[1]), "codes are not read back"
    (tmp_path / "watch.json").write_text(json.dumps(body))
    assert esim.ctl("profile", "put", "--imsi", esim.usim.imsi, "8901010000000000042", "--file", tmp_path / "watch.json")["status"] == "activated"
    assert esim.ctl("profile", "show", "8901010000000000042")["has_activation_code"]
    assert any(p["terminal_id"] == "watch-1" for p in esim.ctl("profile", "list", "--imsi", esim.usim.imsi))

    assert esim.ctl("profile", "delete", "--imsi", esim.usim.imsi, "8901010000000000042") == {}
    assert base64.b64encode(WATCH.encode()).decode() not in esim.ask("AcquireConfiguration", 1)[1]
    events = esim.api("GET", f"{DEMO}/esim-events")[1]["items"]
    assert [e["kind"] for e in events if e["imsi"] == esim.usim.imsi][-1] == "profile.ended"


def test_an_order_that_is_stuck_goes_on_when_it_is_tried_again(esim):
    esim.dp.say(status=503)
    watch, order = esim.order()
    esim.reaches(order, "stuck")
    assert [o["id"] for o in esim.ctl("order", "list", "--stuck")] == [order]
    shown = esim.ctl("order", "show", order)
    assert esim.api("DELETE", f"{DEMO}/profile-stock/{shown['iccid']}")[0] == 409, "the order has it"
    assert shown["step"] == "download_order" and [s["step"] for s in shown["steps"]][:2] == ["order", "order"]
    assert "download_order" in shown["left"] and shown["reason"]
    esim.dp.say()
    assert esim.ctl("order", "retry", order)["state"] == "going"
    esim.reaches(order, "waiting")
    assert esim.act(order, "retry")[0] == 409
    assert "ProfileActivationCode" in esim.ask("AcquireConfiguration", watch)[1]


def test_an_order_that_is_stuck_is_taken_back(esim):
    esim.dp.say(status=503)
    _, order = esim.order()
    esim.reaches(order, "stuck")
    iccid = esim.api("GET", f"{DEMO}/esim-orders/{order}")[1]["iccid"]
    esim.dp.say()
    assert esim.ctl("order", "cancel", order)["is_cancelled"]
    esim.reaches(order, "undone")
    assert esim.bss.orders[order]["cancelled"], "the BSS gave the price back"
    assert esim.api("DELETE", f"{DEMO}/profile-stock/{iccid}")[0] == 200, "the profile is free again"


def test_what_cannot_be_taken_back_is_closed_by_a_person(esim):
    esim.bss.tell("cancel", status=503)
    esim.dp.say(status=503)
    _, order = esim.order()
    esim.reaches(order, "stuck")
    esim.dp.say()
    esim.act(order, "cancel")
    esim.reaches(order, "stuck")  # at the BSS now
    status, closed = esim.act(order, "cancel")
    assert status == 200 and closed["state"] == "undone" and closed["left"] == ["cancel"]


def test_the_late_answer_of_the_bss_moves_its_order(esim):
    esim.bss.tell("order", pending=-1)
    _, order = esim.order()
    wait_for(lambda: any(s["outcome"] == "pending" for s in esim.api("GET", f"{DEMO}/esim-orders/{order}")[1]["steps"]), what="it is in work there")

    # 409 while it is being asked again
    wait_for(lambda: esim.act(order, "advance", {"state": "done", "msisdn": "+15550000099"})[0] == 200, what="the answer is taken")
    esim.reaches(order, "waiting")
    assert esim.act(order, "advance", {"state": "done"})[0] == 409
    assert any(p["msisdn"] == "+15550000099" for p in esim.api("GET", f"{esim.line}/profiles")[1]["items"])


def test_support_looks_and_operators_change(esim):
    made = {role: esim.api("PUT", f"/v1/credentials/esim-{role}", {"role": role, "tenant": "demo"})[1]["token"] for role in ("readonly", "support", "operator")}
    as_ = {role: esim.api.as_(token) for role, token in made.items()}
    for path in ("/esim-orders", "/profile-stock", "/esim-events", f"/subscribers/{esim.usim.imsi}/profiles"):
        assert as_["readonly"]("GET", DEMO + path)[0] == 403 and as_["support"]("GET", DEMO + path)[0] == 200
    rows = {"rows": [{"iccid": "890101000000000777", "profile_type": "x"}]}
    assert as_["support"]("POST", f"{DEMO}/profile-stock:import", rows)[0] == 403
    assert as_["operator"]("POST", f"{DEMO}/profile-stock:import", rows)[0] == 200
    assert as_["operator"]("GET", "/v1/tenants/other/esim-orders")[0] == 403
    assert as_["operator"]("PUT", f"{DEMO}/subscribers/001010999999999/profiles/8901010000000000042", {"app": "ap2009", "terminal_id": "p"})[0] == 404

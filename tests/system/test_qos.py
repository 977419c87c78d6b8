"""Quality of service is asked for while a boost is in force (docs/qos.md): no session is made twice, none is left when the boost ended,
whatever the network does and whenever policy ends."""

import datetime
import itertools
import json
import sqlite3
import sys

import pytest
from operators import Operators
from stack import ROOT, Stack, wait_for

sys.path.insert(0, str(ROOT / "tests/peers"))
from qos import CAMARA, PCF, Qos  # noqa: E402

DEMO = "/v1/tenants/demo"
BOOST = 166
_numbers = itertools.count(500)


def documented(section, **changes):
    """The section of that name out of docs/qos.md, with other values for some keys; None: without."""
    text = (ROOT / "docs/qos.md").read_text().split(f"[qos {section}]\n", 1)[1].split("```", 1)[0]
    keys = dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)
    keys.update({name: str(value) for name, value in changes.items()})
    return f"[qos {section}]\n" + "".join(f"{name} = {value}\n" for name, value in keys.items() if value != "None")


class QosStack:
    """The sections of docs/qos.md, in a hurry."""

    def __init__(self, folder, net, mode="pcf", on_failure="withdraw", keys=None, **stack):
        folder.mkdir(parents=True, exist_ok=True)
        self.net, self.file = net, folder / "qos.conf"
        hurry = {"timeout": "700ms", "retry_first": "50ms", "retry_max": "200ms", "lease": "500ms", "url": net.url, **(keys or {})}
        no_token = {"ca_file": None, "token_url": None, "client_id": None, "client_secret_file": None, "scope": None}
        self.file.write_text(documented("pcf", **{"http2": None, **hurry}) + documented("qod", **{**no_token, **hurry}))
        stack.setdefault("peers_die", True)
        self.stack = Stack(folder / "stack", overrides={"policy": {"qos_file": self.file}}, **stack)
        self.stack.start().load_demo()
        self.api = Operators(self.stack)
        gold = json.loads((ROOT / "deploy/demo/plan-gold.json").read_text())
        gold["data"]["boosts"][0]["qos_profile"] = "QOS_E"
        assert self.api("PUT", f"{DEMO}/plans/gold", gold)[0] == 200
        self.settings(mode, on_failure)

    def settings(self, mode, on_failure):
        tenant = json.loads((ROOT / "deploy/demo/tenant.json").read_text())
        tenant["qos"] = {"mode": mode, "source": "pcf" if mode == "pcf" else "qod", "dnn": "internet", "on_failure": on_failure}
        assert self.api("PUT", DEMO, tenant)[0] == 200

    def line(self):
        return Line(self)

    def orders(self, state=None):
        return self.api("GET", f"{DEMO}/qos-orders" + (f"?state={state}" if state else ""))[1]["items"]

    def policy(self):
        return self.stack["policy0"]

    def up(self):
        self.policy().start()
        wait_for(lambda: self.api.raw("GET", DEMO)[0] == 200, 60, "the gateway has found policy again")

    def again(self):
        """As after a power cut."""
        self.policy().kill()
        self.up()


class Line:
    def __init__(self, running):
        n = next(_numbers)
        self.running, self.imsi, self.msisdn = running, f"001010000000{n}", f"+15550000{n}"
        self.path = f"{DEMO}/subscribers/{self.imsi}"
        assert running.api("PUT", self.path, {"plan": "gold", "msisdn": self.msisdn})[0] == 201

    def boost(self, provisioning="provisioned", seconds=3600):
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
        boosts = [{"type": BOOST, "provisioning": provisioning, "until": until.strftime("%Y-%m-%dT%H:%M:%SZ")}]
        assert self.running.api("PATCH", self.path, {"boosts": boosts})[0] == 200

    def no_boost(self):
        assert self.running.api("PATCH", self.path, {"boosts": []})[0] == 200

    def held(self):
        return self.running.api("GET", self.path)[1]["boosts"][0]["provisioning"]

    def orders(self):
        return [o for o in self.running.orders() if o["imsi"] == self.imsi]

    def comes_to(self, state):
        wait_for(lambda: [o["state"] for o in self.orders()] == [state], 60, f"the order is {state}")
        return self.orders()[0]


@pytest.fixture
def made(tmp_path):
    """made(...): a network and a stack that asks it."""
    nets, stacks = [], []

    def make(client=None, **kwargs):
        nets.append(Qos(client=client))
        stacks.append(QosStack(tmp_path / f"qos{len(stacks)}", nets[-1], **kwargs))
        return stacks[-1]

    yield make
    for one in nets:
        one.say()
    for one in stacks:
        one.stack.stop()
    for one in nets:
        one.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with Qos() as net:
        running = QosStack(tmp_path_factory.mktemp("qos"), net)
        try:
            yield running
        finally:
            net.say()
            running.stack.stop()


@pytest.fixture
def running(shared):
    shared.settings("pcf", "withdraw")
    shared.net.say()
    yield shared
    shared.net.say()


def session_of(running, line):
    """What the network has for a line, of either interface."""
    return [s for s in running.net.sessions.values()
            if s.get("ascReqData", {}).get("supi") == f"imsi-{line.imsi}" or s.get("device", {}).get("phoneNumber") == line.msisdn]


# ---- the two interfaces


def test_a_pcf_is_asked_when_the_boost_begins_and_told_when_it_ends(running):
    line = running.line()
    line.boost("in_progress")
    assert line.orders() == []
    line.boost()
    order = line.comes_to("active")
    assert session_of(running, line) == [{"ascReqData": {
        "supi": f"imsi-{line.imsi}", "dnn": "internet", "sliceInfo": {"sst": 1, "sd": "0000a1"},
        "medComponents": {"1": {"medCompN": 1, "qosReference": "QOS_E"}}, "notifUri": "http://localhost/none", "suppFeat": "0"}}]
    asked = [r for r in running.net.requests("make") if line.imsi.encode() in r.body]
    assert [r.path for r in asked] == [PCF] and asked[0].headers["Idempotency-Key"] == order["id"]
    line.no_boost()
    assert line.comes_to("ended")["remote_id"] == order["remote_id"]
    assert session_of(running, line) == []
    assert running.net.requests("end")[-1].method == "POST"


def test_the_api_for_developers_is_asked_by_number_and_for_as_long_as_the_boost_lasts(running):
    running.settings("camara", "withdraw")
    line = running.line()
    line.boost(seconds=1000)
    line.comes_to("active")
    [session] = session_of(running, line)
    assert session["device"] == {"phoneNumber": line.msisdn} and session["qosProfile"] == "QOS_E"
    assert 900 < session["duration"] <= 1001
    line.boost(seconds=5000)  # another end is another session
    wait_for(lambda: sorted(o["state"] for o in line.orders()) == ["active", "ended"], 60, "the longer one is active")
    assert session_of(running, line)[0]["duration"] > 4000 and len(session_of(running, line)) == 1
    line.no_boost()
    wait_for(lambda: {o["state"] for o in line.orders()} == {"ended"}, 60, "both ended")
    assert session_of(running, line) == [] and running.net.requests("end")[-1].path.startswith(CAMARA)


def test_a_boost_that_ends_by_itself_ends_its_session(running):
    line = running.line()
    line.boost(seconds=4)
    line.comes_to("ended")
    assert session_of(running, line) == []


def test_an_access_token_is_got_and_got_again_when_it_is_refused(made, tmp_path):
    secret = tmp_path / "qod.secret"
    secret.write_text("hush-hush-hush-hush\n")
    secret.chmod(0o600)
    net_client = ("openes", "hush-hush-hush-hush")
    keys = {"client_id": "openes", "client_secret_file": secret, "scope": "qod"}
    running = made(client=net_client, mode="camara")
    running.file.write_text(running.file.read_text() + f"token_url = {running.net.url}/token\n" + "".join(f"{k} = {v}\n" for k, v in keys.items()))
    running.policy().stop()
    running.up()
    one, other = running.line(), running.line()
    one.boost()
    one.comes_to("active")
    running.net.forget_tokens()
    other.boost()
    other.comes_to("active")
    assert len(running.net.made) == 2


# ---- what goes wrong with a network


def test_a_lost_answer_makes_no_second_session(running):
    line = running.line()
    before = len(running.net.made)
    running.net.say(lose=True)
    line.boost()
    wait_for(lambda: any(o["tries"] >= 2 for o in line.orders()), what="it is asked again")
    running.net.say()
    line.comes_to("active")
    assert len(running.net.made) == before + 1 and len(session_of(running, line)) == 1


def test_a_slow_network_makes_no_second_session(running):
    line = running.line()
    before = len(running.net.made)
    running.net.say(hold=True)
    line.boost()
    wait_for(lambda: any(o["tries"] >= 2 for o in line.orders()), what="it is asked again")
    running.net.say()
    line.comes_to("active")
    assert len(running.net.made) == before + 1


def test_what_was_made_without_our_knowing_is_ended_when_the_boost_ends_meanwhile(running):
    line = running.line()
    running.net.say(lose=True)
    line.boost()
    wait_for(lambda: session_of(running, line), what="it is made")
    line.no_boost()
    assert line.orders()[0]["state"] == "asking"
    running.net.say()
    line.comes_to("ended")
    assert session_of(running, line) == []


def test_a_refusal_takes_the_boost_back_with_an_event(running):
    line = running.line()
    running.net.say(status=403)
    line.boost()
    wait_for(lambda: line.held() == "not_provisioned", 60, "the boost is taken back")
    assert line.comes_to("ended")["reason"] == "HTTP status 403"
    with sqlite3.connect(running.stack.dir / "policy.db") as db:
        assert db.execute("SELECT kind, apps FROM outbox WHERE imsi = ? ORDER BY sequence DESC", (line.imsi,)).fetchone() == ("subscriber.changed", "ap2010")
    trail = running.api("GET", "/v1/audit?limit=20")[1]["items"]
    assert ("qos.withdraw", f"subscriber/{line.imsi}") in [(e["action"], e["resource"]) for e in trail if e["who"] == "qos"]


def test_an_order_that_failed_is_listed_and_tried_again_or_closed_by_people(running):
    running.settings("pcf", "keep")
    line = running.line()
    running.net.say(status=400)
    line.boost()
    order = line.comes_to("failed")
    assert line.held() == "provisioned" and not order["may_exist"]
    listed = running.stack.ctl("qos", "list", "--tenant", "demo", "--state", "failed").stdout
    assert order["id"] in listed and "HTTP status 400" in listed
    running.net.say()
    json.loads(running.stack.ctl("qos", "retry", "--tenant", "demo", order["id"], "--json").stdout)
    line.comes_to("active")
    json.loads(running.stack.ctl("qos", "cancel", "--tenant", "demo", order["id"], "--json").stdout)
    line.comes_to("ended")
    assert session_of(running, line) == []
    assert running.api("PATCH", line.path, {"msisdn": ""})[0] == 200
    assert len(line.orders()) == 1  # not again for the same boost
    assert running.api("POST", f"{DEMO}/qos-orders/{order['id']}:retry")[0] == 409
    assert running.api("POST", f"{DEMO}/qos-orders/none:cancel")[0] == 404


def test_a_line_that_is_deleted_leaves_nothing_in_the_network_and_nothing_here(running):
    line = running.line()
    line.boost()
    line.comes_to("active")
    running.net.say(status=503)
    assert running.api("DELETE", line.path)[0] == 200
    assert len(line.orders()) == 1
    running.net.say()
    wait_for(lambda: not line.orders(), 60, "its order goes")
    assert session_of(running, line) == []


def test_another_sim_is_another_session(running):
    line = running.line()
    line.boost()
    line.comes_to("active")
    old, line.imsi = line.imsi, f"001010000000{next(_numbers)}"
    assert running.api("POST", f"{line.path}:swap-sim", {"new_imsi": line.imsi})[0] == 200
    line.comes_to("active")
    wait_for(lambda: not [o for o in running.orders() if o["imsi"] == old], 60, "the old one goes")
    supis = [s["ascReqData"]["supi"] for s in running.net.sessions.values()]
    assert supis.count(f"imsi-{line.imsi}") == 1 and f"imsi-{old}" not in supis


def test_a_network_that_is_gone_is_asked_when_it_is_back(made):
    running = made(keys={"tries_max": 1000})
    running.net.gone()
    line, other = running.line(), running.line()
    line.boost()
    other.boost()
    wait_for(lambda: all(o["tries"] >= 2 for o in running.orders()), what="both were tried")
    other.no_boost()  # nobody can have heard of it
    other.comes_to("ended")
    running.net.back()
    line.comes_to("active")
    assert len(running.net.made) == 1


# ---- policy ends without warning


def test_policy_that_dies_while_it_asks_makes_no_second_session(made):
    running = made()
    line = running.line()
    running.net.say(hold=True)
    line.boost()
    wait_for(lambda: running.net.made, what="it is made, and not answered")
    running.policy().kill()
    running.net.say()
    running.up()
    line.comes_to("active")
    assert len(running.net.made) == 1 and len(running.net.sessions) == 1
    keys = {r.headers["Idempotency-Key"] for r in running.net.requests("make")}
    assert len(keys) == 1


def test_policy_that_dies_while_it_asks_leaves_no_session_when_the_boost_ends(made):
    running = made()
    line = running.line()
    running.net.say(hold=True)
    line.boost()
    wait_for(lambda: running.net.made, what="it is made, and not answered")
    running.policy().kill()
    running.net.say(status=503)
    running.up()
    line.no_boost()
    running.net.say()
    line.comes_to("ended")
    assert running.net.sessions == {} and len(running.net.made) == 1


def test_policy_that_dies_while_it_ends_a_session_ends_it_once_more(made):
    running = made()
    line = running.line()
    line.boost()
    line.comes_to("active")
    running.net.say(hold=True)
    line.no_boost()
    wait_for(lambda: running.net.requests("end"), what="its end is asked for")
    running.again()
    running.net.say()
    line.comes_to("ended")
    assert running.net.sessions == {} and len(running.net.made) == 1


def test_many_orders_and_deaths_at_any_time_leave_what_the_lines_have(made):
    running = made(keys={"tries_max": 1000})
    lines = [running.line() for _ in range(24)]
    for line in lines:
        line.boost()
    for n in range(3):
        wait_for(lambda: len(running.net.made) >= min(6 * n + 1, len(lines)), 60, "some are made")
        running.again()
    for line in lines[::2]:
        line.no_boost()
    running.again()
    wait_for(lambda: sorted(o["state"] for o in running.orders()) == ["active"] * 12 + ["ended"] * 12, 120, "all settle")
    assert sorted(s["ascReqData"]["supi"] for s in running.net.sessions.values()) == sorted(f"imsi-{line.imsi}" for line in lines[1::2])
    assert len(running.net.made) <= len(lines)


def test_two_replicas_send_each_order_once(made):
    running = made(replicas={"policy": 2}, keys={"timeout": "20s", "lease": "20s"})
    lines = [running.line() for _ in range(20)]
    for line in lines:
        line.boost()
    wait_for(lambda: len(running.orders("active")) == 20, 60, "all are active")
    keys = [r.headers["Idempotency-Key"] for r in running.net.requests("make")]
    assert len(keys) == len(set(keys)) == 20


def test_a_wrong_section_is_named_at_the_start(made):
    running = made()
    running.policy().stop()
    running.file.write_text("[qos pcf]\nurl = ftp://pcf.example\n")
    running.policy().start(wait=False)
    running.policy().popen.wait(20)
    assert "[qos pcf], line 1: url begins with https:// or http://" in running.policy().log()
    running.policy().was_killed = True

"""The operator's own systems are asked about a line (docs/bss.md): what is asked, when, and what holds when they do not answer."""

import sqlite3
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from bss_stack import DEMO, Bss, BssStack, client_certificate, documented, product
from people import Keys
from stack import BIN, ROOT, wait_for
from ts43 import Client

HOUR = 3600


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """One stack and one BSS for the tests that leave both as they found them."""
    with Bss() as bss:
        made = BssStack(tmp_path_factory.mktemp("bss"), bss)
        try:
            yield made
        finally:
            made.stop()


@pytest.fixture
def bss(running):
    running.settings(max_age=HOUR)
    running.bss.say()
    yield running.bss
    running.bss.say()


@pytest.fixture
def own(tmp_path):
    made = []

    def make(bss, **kwargs):
        made.append(BssStack(tmp_path / f"bss{len(made)}", bss, **kwargs))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def line(running, bss):
    """A line of plan silver, authenticated, that the BSS has confirmed."""
    one = running.line("silver")
    bss.products[one.imsi] = product(one.imsi, "silver")
    assert one.authenticate().status == 200
    return one


def stale(running, *lines, seconds=24 * HOUR):
    """As if the BSS had last answered so long ago."""
    with sqlite3.connect(running.stack.dir / "policy.db", timeout=30) as db:
        for one in lines:
            db.execute("UPDATE subscriber SET bss_at = bss_at - ? WHERE imsi = ?", (seconds * 1000, one.imsi))


def policy(running, name):
    return running.stack["policy0"].metric(name)


# ---- asked


def test_a_fresh_answer_is_used_without_asking_and_a_stale_one_asked_for_again(running, bss, line):
    assert len(bss.asked(line.imsi)) == 1  # when it authenticated
    assert line.sms() == "1" and line.sms() == "1"
    assert len(bss.asked(line.imsi)) == 1
    stale(running, line)
    assert line.sms() == "1"
    assert len(bss.asked(line.imsi)) == 2


def test_a_change_in_the_bss_is_in_the_next_answer_and_wakes_what_it_touches(running, bss, line):
    before = len(running.events())
    bss.products[line.imsi] = product(line.imsi, "basic", msisdn="491700000001")
    stale(running, line)
    assert line.sms() == "2"
    assert line.row()["plan"] == "basic" and line.row()["msisdn"] == "+491700000001"
    events = running.events()[before:]
    assert [(kind, imsi) for kind, imsi, _ in events] == [("subscriber.changed", line.imsi)]
    trail = running.api("GET", "/v1/audit?limit=1")[1]["items"][0]
    assert trail["who"] == "bss:crm" and trail["resource"] == f"subscriber/{line.imsi}" and "basic" in trail["detail"]


def test_an_answer_that_changes_nothing_writes_no_event_and_no_record(running, bss, line):
    before, trail = len(running.events()), running.api("GET", "/v1/audit?limit=1")[1]["items"][0]["id"]
    stale(running, line)
    assert line.sms() == "1" and len(bss.asked(line.imsi)) == 2
    assert len(running.events()) == before
    assert running.api("GET", "/v1/audit?limit=1")[1]["items"][0]["id"] == trail
    stale(running, line, seconds=0)
    assert line.sms() == "1" and len(bss.asked(line.imsi)) == 2  # fresh again


def test_a_suspension_in_the_bss_ends_tokens_at_the_next_request(running, bss, line):
    bss.products[line.imsi] = product(line.imsi, "silver", status="suspended")
    stale(running, line)
    assert line.ask().status == 511
    assert line.row()["status"] == "suspended"


def test_many_requests_of_one_line_are_one_question(running, bss, line):
    stale(running, line)
    bss.say(hold=True)
    clients = [Client(running.stack) for _ in range(12)]
    joined = policy(running, "openes_policy_bss_joined_total")
    with ThreadPoolExecutor(12) as pool:
        answers = [pool.submit(line.ask, client=c) for c in clients]
        wait_for(lambda: policy(running, "openes_policy_bss_joined_total") == joined + 11, what="eleven wait with the first")
        bss.say()
        assert {a.result().status for a in answers} == {200}
    assert len(bss.asked(line.imsi)) == 2
    for c in clients:
        c.close()


def test_a_slow_bss_keeps_nobody_else_waiting(running, bss, line):
    """Nor is a thread of the server's taken by it."""
    other = running.line("silver")
    bss.products[other.imsi] = product(other.imsi, "silver")
    assert other.authenticate().status == 200
    stale(running, line)
    bss.say(hold=True)
    waiting = threading.Thread(target=line.ask)
    waiting.start()
    wait_for(lambda: len(bss.asked(line.imsi)) == 2, what="the question")
    for _ in range(20):
        assert other.sms() == "1"
    bss.say()
    waiting.join()


def test_a_line_that_only_the_bss_has_is_made_where_the_tenant_wants_that(running, bss):
    one = running.line("silver", here=False)
    bss.products[one.imsi] = product(one.imsi, "gold", msisdn="491700000002")
    assert one.authenticate().status == 403
    assert bss.asked(one.imsi) == []
    running.settings(max_age=HOUR, create_unknown=True)
    assert one.authenticate().status == 200
    assert one.row()["plan"] == "gold" and one.row()["msisdn"] == "+491700000002"


def test_who_is_known_to_nobody_is_not_asked_for_again_at_once(running, bss):
    running.settings(max_age=HOUR, create_unknown=True)
    one = running.line("silver", here=False)
    assert one.authenticate().status == 403
    assert one.authenticate().status == 403
    assert len(bss.asked(one.imsi)) == 1


def test_a_line_that_the_bss_does_not_know_stays_as_it_is(running, bss, line):
    del bss.products[line.imsi]
    stale(running, line)
    assert line.sms() == "1"
    assert "bss.line_not_known" in running.stack["policy0"].log()


def test_explain_says_who_answered_and_how_long_ago(running, bss, line):
    stale(running, line, seconds=2 * HOUR)
    said = running.api("GET", f"{DEMO}/explain?imsi={line.imsi}&app=ap2005")[1]
    assert said["bss"]["source"] == "crm" and said["bss"]["mode"] == "query" and said["bss"]["asked_next_time"] is True
    assert 2 * HOUR <= said["bss"]["age"] < 3 * HOUR
    assert any(rule["rule"] == "bss" for rule in said["rules"])


# ---- away


WRONG = {
    "an error": {"status": 500},
    "no JSON": {"body": b"<html>we are sorry</html>"},
    "no product": {"body": b"[{\"id\": 1}]"},
    "a state that nobody knows": {"body": b"[{\"status\": \"lost\", \"productOffering\": {\"id\": \"gold\"}}]"},
    "a plan that we do not have": {"body": b"[{\"status\": \"active\", \"productOffering\": {\"id\": \"platinum\"}}]"},
    "another line": {"body": b"[{\"status\": \"active\", \"productOffering\": {\"id\": \"gold\"}, "
                             b"\"productCharacteristic\": [{\"name\": \"IMSI\", \"value\": \"001010999999999\"}]}]"},
}


@pytest.mark.parametrize("told", WRONG.values(), ids=WRONG)
def test_the_last_answer_holds_when_the_bss_says_nothing_of_use(running, bss, line, told):
    stale(running, line)
    bss.say(**told)
    assert line.sms() == "1"
    assert line.row()["plan"] == "silver"


RULES = [("last", "1", 200), ("default_plan", "2", 200), ("unavailable", None, 503)]


@pytest.mark.parametrize("rule, shown, status", RULES)
def test_the_tenant_says_what_holds_when_the_answer_is_too_old(running, bss, line, rule, shown, status):
    running.settings(max_age=HOUR, stale_max_age=2 * HOUR, when_away=rule, default_plan="basic")
    bss.say(status=503)
    stale(running, line, seconds=HOUR + 60)
    assert line.sms() == "1"  # not too old yet
    stale(running, line, seconds=HOUR)
    answer = line.ask("ap2005")
    assert answer.status == status
    if status == 200:
        assert answer.apps()["ap2005"]["EntitlementStatus"] == shown
    else:
        assert answer.headers["Retry-After"]
    assert line.row()["plan"] == "silver"


def test_nobody_learns_that_a_line_is_unknown_while_the_bss_is_away(running, bss):
    running.settings(max_age=HOUR, create_unknown=True)
    one = running.line("silver", here=False)
    bss.say(status=500)
    assert one.authenticate().status == 503
    bss.say()
    bss.products[one.imsi] = product(one.imsi, "silver")
    wait_for(lambda: one.authenticate().status == 200, what="the BSS is asked again")


def test_a_bss_that_is_gone_is_left_alone_and_taken_up_again(running, bss, line):
    lines = [line]
    bss.gone()
    try:
        for _ in range(8):
            stale(running, line)
            assert line.sms() == "1"
        assert "bss.left_alone" in running.stack["policy0"].log()
        assert policy(running, 'openes_policy_bss_questions_total{result="left_alone"}') > 0
    finally:
        bss.back()
    bss.products[line.imsi] = product(line.imsi, "basic")
    wait_for(lambda: lines[0].sms() == "2", what="the BSS is asked again")
    assert "bss.back" in running.stack["policy0"].log()


def test_a_bss_that_never_answers_costs_its_time_and_no_more(own):
    with Bss() as bss:
        running = own(bss, section={"timeout": "200ms", "breaker_failures": 2, "breaker_open": "10m"}, settings={"max_age": HOUR})
        one = running.line("silver")
        bss.say(hold=True)
        assert one.authenticate().status == 200
        assert one.sms() == "1" and one.sms() == "1"
        assert len(bss.asked(one.imsi)) == 2  # then it is left alone
        assert policy(running, 'openes_policy_bss_questions_total{result="silent"}') == 2


def test_past_the_bound_nobody_waits_for_a_question(own):
    with Bss() as bss:
        running = own(bss, section={"in_flight_max": 1}, settings={"max_age": HOUR})
        first, second = running.line("silver"), running.line("silver")
        for one in (first, second):
            bss.products[one.imsi] = product(one.imsi, "silver")
            assert one.authenticate().status == 200
        stale(running, first, second)
        bss.say(hold=True)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(first.sms)
            wait_for(lambda: len(bss.asked(first.imsi)) == 2, what="the question")
            assert second.sms() == "1" and len(bss.asked(second.imsi)) == 1
            bss.say()
            assert waiting.result() == "1"


def test_policy_killed_between_question_and_answer_asks_again(own):
    with Bss() as bss:
        running = own(bss, settings={"max_age": HOUR}, peers_die=True)
        one = running.line("silver")
        bss.products[one.imsi] = product(one.imsi, "silver")
        assert one.authenticate().status == 200
        stale(running, one)
        bss.products[one.imsi] = product(one.imsi, "basic")
        bss.say(hold=True)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(one.ask, "ap2005")
            wait_for(lambda: len(bss.asked(one.imsi)) == 2, what="the question")
            running.stack["policy0"].kill()
            running.stack["policy0"].start()
            bss.say()
            assert waiting.result().status in (200, 503)
        assert one.sms() == "2" and one.row()["plan"] == "basic"


def test_policy_that_is_stopped_waits_for_the_answer_and_ends_well(own):
    with Bss() as bss:
        running = own(bss, settings={"max_age": HOUR})
        one = running.line("silver")
        bss.products[one.imsi] = product(one.imsi, "silver")
        assert one.authenticate().status == 200
        stale(running, one)
        bss.say(hold=True)
        with ThreadPoolExecutor(2) as pool:
            waiting = pool.submit(one.ask, "ap2005")
            wait_for(lambda: len(bss.asked(one.imsi)) == 2, what="the question")
            stopping = pool.submit(running.stack["policy0"].stop)
            wait_for(lambda: running.stack["policy0"].http("/readyz")[0] != 200, what="policy drains")
            bss.say()
            assert stopping.result() == 0 and waiting.result().status in (200, 503)
        running.stack["policy0"].start()


def test_on_postgresql_with_two_replicas_an_answer_is_everybodys(own, postgresql):
    """There reads block, so that a question begins and ends on other threads."""
    with Bss() as bss:
        running = own(bss, settings={"max_age": HOUR}, db=postgresql.databases(), replicas={"policy": 2})
        one = running.line("silver")
        bss.products[one.imsi] = product(one.imsi, "silver")
        assert one.authenticate().status == 200
        for _ in range(12):
            assert one.sms() == "1"
        assert len(bss.asked(one.imsi)) == 1
        bss.products[one.imsi] = product(one.imsi, "basic")
        refresh = {"id": "r1", "time": "2026-01-01T00:00:00Z", "type": "line.refresh", "imsi": one.imsi}
        assert running.post("crm/events", refresh) == (200, {"outcome": "applied"})
        bss.say(hold=True)
        clients = [Client(running.stack) for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            answers = [pool.submit(one.ask, client=c) for c in clients]
            wait_for(lambda: len(bss.asked(one.imsi)) >= 2, what="the question")
            bss.say()
            assert {a.result().apps()["ap2005"]["EntitlementStatus"] for a in answers} == {"2"}
        assert len(bss.asked(one.imsi)) <= 3  # one for each replica
        for c in clients:
            c.close()


# ---- how it is asked


def test_with_client_certificates_and_tokens_of_the_operators(tmp_path, own):
    """The whole section of docs/bss.md."""
    keys = Keys(tmp_path / "pki")
    cert, key = client_certificate(tmp_path / "pki")
    secret = tmp_path / "client.secret"
    secret.write_text("s3cret&more\n")
    secret.chmod(0o600)
    with Bss(pki=tmp_path / "pki", mutual=True, client=("openes", "s3cret&more")) as bss:
        running = own(bss, section={"ca_file": keys.ca, "cert_file": cert, "key_file": key, "token_url": f"{bss.url}/token", "client_id": "openes",
                                    "client_secret_file": secret, "scope": "product.read", "hub_url": f"{bss.url}/hub",
                                    "hub_callback": "https://ecs.operator.example/v1/tenants/demo/bss/crm", "hub_query": "eventType=productStateChangeEvent"},
                      settings={"max_age": HOUR})
        wait_for(lambda: bss.hubs, what="the hub is asked for events")
        assert bss.hubs == [{"callback": "https://ecs.operator.example/v1/tenants/demo/bss/crm", "query": "eventType=productStateChangeEvent"}]
        one = running.line("silver")
        bss.products[one.imsi] = product(one.imsi, "gold")
        assert one.authenticate().status == 200 and one.row()["plan"] == "gold"
        asked = bss.asked(one.imsi)[-1]
        assert asked.client_certificate and asked.headers["traceparent"].startswith("00-")
        bss.forget_tokens()
        bss.products[one.imsi] = product(one.imsi, "silver")
        stale(running, one)
        assert one.sms() == "1" and one.row()["plan"] == "silver"
        assert len([s for s in bss.seen if s.path == "/token"]) == 2


@pytest.mark.parametrize("section, said", [
    ({"url": "ftp://crm/{imsi}"}, "url begins with"), ({"url": "http://crm/"}, "names the line"), ({"url": "http://crm/{imei}"}, "names the line"),
    ({"mapping": "/nowhere.json"}, "/nowhere.json cannot be read"), ({"cert_file": "x.pem"}, "belong together"),
    ({"token_url": "http://crm/token"}, "needs client_id"), ({"hub_url": "http://crm/hub"}, "come together"), ({"colour": "red"}, "colour"),
])
def test_what_is_wrong_with_a_section_stops_the_start_and_is_said(tmp_path, section, said):
    keys = tmp_path / "keys"
    subprocess.run(["bash", "-ec", f"ROOT={ROOT}; source {ROOT}/tools/openes.d/keys.sh; make_keys {keys}"], check=True)
    file, config = tmp_path / "bss.conf", tmp_path / "policy.conf"
    clean = {name: None for name in ("ca_file", "cert_file", "key_file", "token_url", "client_id", "client_secret_file", "webhook_secret_file", "hub_url",
                                     "hub_callback")}
    file.write_text(documented("crm", **{**clean, **section}))
    config.write_text(f"[policy]\nbus_key_file = {keys}/bus.key\npseudonym_key_file = {keys}/pseudonym.key\ntoken_keys_file = {keys}/token.keys\n"
                      f"db = sqlite:{tmp_path}/policy.db\nbus_listen = ipc://{tmp_path}/p\nevents_listen = ipc://{tmp_path}/e\nbss_file = {file}\n")
    done = subprocess.run([BIN / "openes-policy", "--config", config], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and said in done.stderr, done.stderr

"""The order management that the tests of eSIM orders ask (tests/peers/esim_bss) keeps docs/esim-bss.md, and sees who does not."""

import http.client
import json
import re
import sys

import pytest
from stack import ROOT

sys.path.insert(0, str(ROOT / "tests/peers"))
from esim_bss import PAGE, EsimBss  # noqa: E402

SECRET = ("openes", "s3cret")


@pytest.fixture
def bss():
    with EsimBss() as bss:
        yield bss


def ask(bss, step, order="a1", key=None, token=None, **more):
    body = {"order": order, "tenant": "demo", "step": step, "kind": "subscribe", "service": "DiffNumber", **more}
    headers = {"Idempotency-Key": key or f"{order}.{step}", "Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    connection = http.client.HTTPConnection("127.0.0.1", bss.port, timeout=20)
    connection.request("POST", f"/esim-orders/{step}", json.dumps(body), headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_a_key_happens_once(bss):
    first = ask(bss, "order")
    assert first == ask(bss, "order") and first[1]["state"] == "done"
    assert ask(bss, "order", order="a2")[1]["imsi"] != first[1]["imsi"]
    assert bss.counts()["paid"] == 2
    bss.check()


def test_an_order_that_is_paid_twice_is_seen(bss):
    ask(bss, "order")
    ask(bss, "order", key="another")
    with pytest.raises(AssertionError, match="a1 is paid twice"):
        bss.check()


def test_another_body_under_the_same_key_is_seen(bss):
    ask(bss, "order")
    ask(bss, "order", plan="another")
    with pytest.raises(AssertionError, match="another body"):
        bss.check()


def test_an_order_goes_there_and_back(bss):
    assert ask(bss, "verify", response="1234")[1]["state"] == "done"
    ask(bss, "order")
    ask(bss, "provision", profile={"iccid": "89001000000000000017"})
    assert bss.orders["a1"]["provisioned"] == {"iccid": "89001000000000000017"}
    assert ask(bss, "deprovision") == ask(bss, "deprovision") == (200, {"state": "done"})
    ask(bss, "cancel")
    assert bss.counts() == {"ordered": 0, "cancelled": 1, "provisioned": 0, "retired": 0, "paid": 0, "problems": 0}


def test_an_order_that_was_cancelled_before_it_came_is_refused(bss):
    assert ask(bss, "cancel")[0] == 404
    assert ask(bss, "order") == (422, {"code": "cancelled", "message": "the double does not do that"})
    assert bss.counts()["paid"] == 0
    bss.check()


def test_what_is_pending_is_done_in_the_end(bss):
    bss.tell("order", pending=-1)
    assert ask(bss, "order")[1]["state"] == ask(bss, "order")[1]["state"] == "pending"
    bss.tell("order")
    assert ask(bss, "order")[1]["state"] == "done"


def test_it_acts_before_it_loses_an_answer_and_not_before_a_503(bss):
    bss.tell(lose=1)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        ask(bss, "order")
    assert bss.counts()["paid"] == 1
    bss.tell("order", status=503)
    with pytest.raises(json.JSONDecodeError):
        ask(bss, "order", order="a2")
    assert bss.counts()["paid"] == 1


def test_one_that_owns_the_order_says_how_to_download():
    with EsimBss(owns=True, says={"profile_type": None}) as bss:
        done = ask(bss, "order", kind="transfer", msisdn="+999100000001")[1]
        assert done["activation_code"].startswith("1$smdp.example$") and done["msisdn"] == "+999100000001" and "profile_type" not in done
        assert ask(bss, "retire", kind="transfer")[1]["state"] == "done"
        assert bss.counts()["retired"] == 1


def test_a_token_is_needed_where_there_is_a_client():
    with EsimBss(client=SECRET) as bss:
        assert ask(bss, "order")[0] == 401
        bss.tokens.add("good")
        assert ask(bss, "order", token="good")[0] == 200
        assert "client_id = openes" in bss.section(client_secret_file="/x") and f"token_url = {bss.url}/token" in bss.section()


def test_the_page_explains_each_key_of_its_section(bss):
    table = dict(re.findall(r"^\| `(\w+)` \| (\S+) \|", PAGE.read_text(), re.M))
    section = bss.section(timeout="1s")
    assert f"url = {bss.url}\n" in section and "timeout = 1s\n" in section and "ca_file" not in section
    example = re.findall(r"^(\w+) = ", PAGE.read_text(), re.M)
    assert set(example) <= set(table) and {"retry_first", "client_id"} <= set(example)

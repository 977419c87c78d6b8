"""One-time codes by SMS for a request that names a number (RCC.14; TS.43 8.3, 2.10)."""

import json
import re
import sqlite3
import urllib.parse

import pytest
from logins import Logins
from stack import wait_for
from ts43 import XML, nai, params


@pytest.fixture(scope="module")
def logins(tmp_path_factory):
    with Logins(tmp_path_factory.mktemp("codes"), node=False) as made:
        made.tenant(sms_code=True)
        made.numbers = [f"+155500000{n:02}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12)]
        yield made


@pytest.fixture
def client(logins):
    connection = logins.client()
    yield connection
    connection.close()


@pytest.fixture
def number(logins):
    """One for each test: codes are limited by number."""
    logins.tenant(sms_code=True)
    return logins.numbers.pop(0)


def ask(client, number, **more):
    return client.get(params(msisdn=number, app="ap2009", **more))


def answer_code(client, cookie, code, **more):
    return client.get({"OTP": code, **more}, headers={"Cookie": cookie})


def start(logins, client, number, **more):
    """(cookie, code)"""
    sent = len(logins.sms.texts)
    answer = ask(client, number, **more)
    assert answer.status == 200
    return answer.cookie(), logins.sms.code(sent + 1)


def other(code, n=0):
    return f"{(int(code) + 1 + n) % 1000000:06}"


def test_a_code_and_its_cookie_give_a_token(logins, client, number):
    """V12-OTP-01, V12-OTP-02"""
    sent = len(logins.sms.texts)
    first = ask(client, number, app_name="com.app")
    assert first.status == 200 and first.body == b"" and "Location" not in first.headers
    cookie = first.cookie()
    assert cookie.startswith("ecs=")
    code = logins.sms.code(sent + 1)
    assert logins.sms.texts[sent]["to"] == number and len(logins.sms.texts) == sent + 1
    answer = answer_code(client, cookie, code)  # as RCS clients do: nothing but the code
    assert answer.status == 200 and list(answer.apps()) == ["ap2009"]
    token = answer.token()
    assert client.get(params(app="ap2009", app_name="com.app", token=token)).status == 200
    assert client.get(params(app="ap2009", token=token)).status == 511, "bound as the first request was"
    assert answer_code(client, cookie, code).token() == token, "an answer that got lost"


def test_a_number_may_be_written_as_clients_write_it(logins, client, number):
    """V12-OTP-01: with a '+' that was escaped, with one that was not, and with one that was forgotten."""
    for written in ("msisdn=%2B", "msisdn=+", "msisdn="):
        sent = len(logins.sms.texts)
        query = urllib.parse.urlencode(params(app="ap2009")) + f"&{written}{number[1:]}"
        assert client.send("GET", "/?" + query, headers={"Accept": XML}).status == 200
        logins.sms.code(sent + 1)
        assert logins.sms.texts[sent]["to"] == number


def test_the_second_request_may_be_a_whole_one(logins, client, number):
    """V12-OTP-02: figures of TS.43 show the parameters once more, and the name in small letters."""
    cookie, code = start(logins, client, number)
    answer = client.post({**params(app="ap2009", msisdn=number), "otp": code}, headers={"Cookie": cookie})
    assert answer.status == 200 and answer.token()


def test_a_wrong_code_is_511_and_the_sixth_try_is_none(logins, client, number):
    """V12-OTP-03"""
    cookie, code = start(logins, client, number)
    for n in range(4):
        answer = answer_code(client, cookie, other(code, n))
        assert answer.status == 511 and b"TOKEN" not in answer.body
    assert answer_code(client, cookie, code[:-1]).status == 511
    assert answer_code(client, cookie, code).status == 511, "right, and too late"


def test_a_restart_gives_no_try_back(logins, client, number):
    """V12-OTP-03"""
    cookie, code = start(logins, client, number)
    for n in range(3):
        assert answer_code(client, cookie, other(code, n)).status == 511
    auth = logins.stack["auth0"]
    auth.kill()
    auth.start()
    wait_for(lambda: client.get(params(EAP_ID=nai("001010000000001"))).status == 200, 30, "auth is back")
    for n in range(3, 5):
        assert answer_code(client, cookie, other(code, n)).status == 511
    assert answer_code(client, cookie, code).status == 511


def test_a_code_is_spent_by_its_first_use(logins, client, number):
    """V12-OTP-02, V12-OTP-03: the same again says the same, anything else is refused; of one cookie, with one number."""
    cookie, code = start(logins, client, number)
    other_cookie, other_code = start(logins, client, number)
    assert answer_code(client, other_cookie, code if code != other_code else other(code)).status == 511, "of another login"
    token = answer_code(client, cookie, code).token()
    assert answer_code(client, cookie, other(code)).status == 511
    assert answer_code(client, cookie, code).token() == token
    assert answer_code(client, other_cookie, other_code).status == 200


@pytest.mark.parametrize("headers", [{}, {"Cookie": "ecs=x"}, {"Cookie": "ecs=" + "A" * 30}, {"Cookie": "other=1"}], ids=str)
def test_a_code_without_its_cookie_is_511(client, headers, logins):
    """V12-OTP-03"""
    assert client.get({"OTP": "123456"}, headers=headers).status == 511


def test_a_strangers_number_is_answered_like_any_other(logins, client, number):
    """V12-OTP-01: who asks does not learn who is a customer."""
    sent = len(logins.sms.texts)
    known = ask(client, number)
    logins.sms.code(sent + 1)
    for stranger in ("+19998887766", "+15550000011"):  # nobody's; of a terminated line
        unknown = ask(client, stranger)
        assert (unknown.status, unknown.body, sorted(unknown.headers)) == (known.status, known.body, sorted(known.headers))
        assert len(unknown.cookie()) == len(known.cookie())
        assert [answer_code(client, unknown.cookie(), f"{n:06}").status for n in range(6)] == [511] * 6
    start(logins, client, number)  # a stranger's text would have come before this one
    assert [text["to"] for text in logins.sms.texts[sent:]] == [number, number]


def test_codes_are_limited_by_number_whoever_has_it(logins, client, number):
    """Three in an hour here; also where nothing is sent, so that the limit tells nothing."""
    for whose in (number, "+19990001122"):
        answers = [ask(client, whose) for _ in range(5)]
        limited = [a for a in answers if a.status == 503]
        assert [a.status for a in answers[:3]] == [200] * 3 and len(limited) == 2
        assert all(0 < int(a.headers["Retry-After"]) <= 3601 for a in limited)


def test_codes_are_limited_by_address(tmp_path):
    with Logins(tmp_path, node=False, auth={"codes_per_address": 4}) as own:
        own.tenant(sms_code=True)
        connection = own.client()
        statuses = [ask(connection, f"+1999000{n:04}").status for n in range(7)]
        assert statuses == [200] * 4 + [503] * 3
        connection.close()


def test_a_number_beside_other_credentials_starts_nothing(logins, client, number):
    cookie, code = start(logins, client, number)
    token = answer_code(client, cookie, code).token()
    sent = len(logins.sms.texts)
    assert client.get(params(app="ap2009", msisdn=number, token=token)).status == 200
    assert client.get(params(EAP_ID=nai("001010000000001"), msisdn=number)).type.startswith("application/vnd.gsma.eap-relay")
    start(logins, client, number)  # another text would have come before this one
    assert len(logins.sms.texts) == sent + 1


def test_without_codes_a_number_is_a_parameter_like_others(logins, client):
    logins.tenant()
    assert ask(client, "+15550000001").status == 511
    logins.tenant(oidc="fake")
    assert ask(client, "+15550000001").status == 302


@pytest.mark.parametrize("bad", ["abc", "+", "+1", "+1555000000012345678", "+1555\u06610000001"])
def test_what_is_no_number_gets_no_code(logins, client, bad):
    logins.tenant(sms_code=True)
    answer = ask(client, bad)
    assert answer.status == 511 and "Set-Cookie" not in answer.headers


def test_codes_are_in_no_log_and_no_database(logins, client, number):
    cookie, code = start(logins, client, number)
    assert answer_code(client, cookie, code).status == 200
    for process in logins.stack.processes.values():
        for line in process.log().splitlines():
            entry = json.loads(line) if line.startswith("{") else {}
            texts = [str(v) for k, v in entry.items() if k not in ("time", "us", "trace", "traceparent", "span")]
            assert not [t for t in texts if re.search(rf"\b{code}\b", t) or number in t or cookie[4:] in t], line
    with sqlite3.connect(logins.stack.dir / "auth.db") as db:
        dump = "\n".join(db.iterdump()).lower()
    assert code.encode().hex() not in dump and number.encode().hex() not in dump and number not in dump


def test_a_code_goes_on_at_another_replica(tmp_path):
    """V12-OTP-02: two of auth; one is killed between the SMS and the code."""
    with Logins(tmp_path, node=False, replicas={"auth": 2}, peers_die=True) as own:
        own.tenant(sms_code=True)
        connection = own.client()
        cookie, code = start(own, connection, "+15550000001")
        own.stack["auth0"].kill()
        wait_for(lambda: answer_code(connection, cookie, code).status == 200, 30, "the other replica answers")
        connection.close()

"""Logins at an OpenID provider (TS.43 2.8.2, 2.8.4) and the second factor's web sheet (2.8.2.1)."""

import base64
import hashlib
import json
import re
import sqlite3
import urllib.parse

import pytest
from browser import Browser
from logins import IMSI, NUMBER, Logins
from people import FakeProvider, query_of
from stack import wait_for
from ts43 import XML, Client, authenticate, nai, params


@pytest.fixture(scope="module")
def logins(tmp_path_factory):
    with Logins(tmp_path_factory.mktemp("oidc")) as made:
        yield made


@pytest.fixture
def client(logins):
    connection = logins.client()
    yield connection
    connection.close()


@pytest.fixture
def fake(logins):
    """The provider of the test's own, honest again after each test."""
    logins.tenant(oidc="fake", error_url="https://portal.demo.example/why", error_user_data="reason=login&x=1")
    f = logins.fake
    yield f
    f.claims, f.raw_id_token, f.token_answer, f.header, f.alg, f.subject = {}, None, None, {}, "ES256", NUMBER
    f.sign_with = f.published[0]
    f.hold.set()


@pytest.fixture(autouse=True)
def own_number(logins):
    logins.fake.subject = NUMBER


def log_in(logins, url, number=NUMBER):
    """A person with a browser, until the app takes over: the URL that it is given."""
    with Browser(stop_at=logins.url) as browser:
        browser.open(url).wait("!!document.querySelector('input[name=login]')", "the login page")
        browser.run("document.querySelector('input[name=login]').focus()")
        browser.type(number)
        browser.run("document.querySelector('input[name=password]').focus()")
        browser.type("anything").enter()
        browser.wait("!!document.querySelector('button[type=submit]')", "the consent page")
        if browser.taken is None:
            browser.click("button[type=submit]")
        wait_for(lambda: browser.settle().taken is not None, 60, "the way back to the ECS")
        return browser.taken


# --- a certified provider, a real browser ---

@pytest.mark.parametrize("provider", ["certified", "by-key"])
def test_a_person_logs_in_at_a_certified_provider(logins, client, provider):
    """V12-OIDC-01, V12-OIDC-02, V12-OIDC-03, V12-OIDC-04, V12-OIDC-05: with a secret and UserInfo; with a key of ours and the number in
    the ID token."""
    logins.tenant(oidc=provider)
    start = client.get(params(app=["ap2004", "ap2003"], app_name="com.app"))
    assert start.status == 302
    asked = query_of(start.headers["Location"])
    assert (asked["response_type"], asked["client_id"], asked["redirect_uri"]) == ("code", "ecs", logins.url)
    assert "openid" in asked["scope"].split() and len(asked["state"]) >= 22 and len(asked["nonce"]) >= 22
    back = log_in(logins, start.headers["Location"])
    assert back.startswith(logins.url)
    answer = client.send("GET", "/?" + urllib.parse.urlsplit(back).query, headers={"Accept": XML})  # as Android does: no cookie, nothing else
    assert answer.status == 200 and set(answer.apps()) == {"ap2003", "ap2004"}
    assert answer.apps()["ap2004"]["EntitlementStatus"] == "1"
    token = answer.token()
    assert client.get(params(token=token, app_name="com.app", IMSI=IMSI)).status == 200
    assert client.get(params(token=token, app_name="com.other")).status == 302, "bound as the request was"
    again = client.send("GET", "/?" + urllib.parse.urlsplit(back).query, headers={"Accept": XML})
    assert again.status == 200 and again.token() == token, "an answer that got lost is asked for again"


def test_who_is_nobodys_customer_gets_no_token(logins, client):
    """V12-OIDC-07: the login is good, and there is no such line."""
    logins.tenant(oidc="certified", error_text="You have no line here.")
    back = log_in(logins, client.get(params()).headers["Location"], number="+19990000000")
    answer = client.send("GET", "/?" + urllib.parse.urlsplit(back).query, headers={"Accept": XML})
    assert answer.status == 200 and b"TOKEN" not in answer.body
    assert answer.apps()["ap2004"] == {"GeneralErrorText": "You have no line here."}


# --- what starts a login, and what does not ---

def test_a_login_starts_where_no_other_credential_is(logins, client, fake):
    """V12-OIDC-01, V12-TOK-04"""
    assert client.get(params(token="damaged")).status == 302
    assert client.post(params()).status == 302
    assert client.get(params(EAP_ID=nai(IMSI))).status == 200
    assert client.get(params(EAP_ID=nai(IMSI), token="damaged")).status == 200


def test_servers_are_never_sent_to_a_login(logins, client, fake):
    """V12-S2S-06"""
    answer = client.get(params(app="ap2011", terminal_id=None, requestor_id="mdm", operation="CheckEligibility"))
    assert answer.status == 511 and "Location" not in answer.headers


def test_a_companion_that_does_not_work_is_told_so_before_anybody_logs_in(logins, client, fake):
    """7.7, figure 28. V12-OIDC-09: the page that NotEnabledURL names, and no state is made; other models, and no companion, log in."""
    page = {"url": "https://portal.demo.example/no-watch", "user_data": "why=model", "companion_models": ["Watch One", "Band"]}
    logins.tenant(oidc="fake", not_enabled=page)
    def location(**more):
        answer = client.get(params(app="ap2006", operation="CheckEligibility", **more))
        assert answer.status == 302
        return answer.headers["Location"]
    assert location(companion_terminal_id="35", companion_terminal_model="watch one") == "https://portal.demo.example/no-watch?why=model"
    assert "state=" in location(companion_terminal_id="35", companion_terminal_model="Watch Two")
    assert "state=" in location(companion_terminal_model="Band"), "no companion is named"
    assert client.get(params(EAP_ID=nai(IMSI), app="ap2006", companion_terminal_id="35", companion_terminal_model="Band")).status == 200


def test_without_a_provider_it_is_511(logins, client):
    """V12-HTTP-09"""
    for settings in ({}, {"oidc": "unheard-of"}):
        logins.tenant(**settings)
        answer = client.get(params())
        assert answer.status == 511 and "Location" not in answer.headers


def test_the_code_is_exchanged_with_pkce_and_once(logins, client, fake):
    """V12-OIDC-02, V12-OIDC-03"""
    asked = logins.start(client)
    assert asked["code_challenge_method"] == "S256"
    before = fake.exchanges
    assert logins.back(client, asked["state"]).status == 200
    authorization, form = fake.forms[-1]
    assert authorization is None and form["client_id"] == "ecs" and form["client_secret"] == "a secret: with / what + escapes need"
    assert (form["grant_type"], form["code"], form["redirect_uri"]) == ("authorization_code", "a-code", logins.url)
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
    assert logins.back(client, asked["state"]).status == 200
    assert fake.exchanges == before + 1, "the same answer again is not exchanged again"


def test_each_login_has_a_state_and_a_nonce_of_its_own(logins, client, fake):
    """V12-OIDC-06"""
    seen = [logins.start(client) for _ in range(20)]
    for name in ("state", "nonce", "code_challenge"):
        assert len({query[name] for query in seen}) == 20


def test_logins_are_limited_by_address(tmp_path):
    with Logins(tmp_path, node=False, auth={"logins_per_address": 4}) as own:
        own.tenant(oidc="fake")
        connection = own.client()
        answers = [connection.get(params()) for _ in range(6)]
        assert [a.status for a in answers] == [302] * 4 + [503] * 2
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 3601
        connection.close()


# --- replays ---

def test_a_replayed_state_yields_no_token(logins, client, fake):
    """V12-OIDC-06: with another code, with an error, before and after a success."""
    state = logins.start(client)["state"]
    assert logins.back(client, state).status == 200
    for query in ({"code": "another-code"}, {"error": "access_denied"}, {"code": "a-code2"}):
        answer = client.get({**query, "state": state})
        assert answer.status == 511 and b"TOKEN" not in answer.body


def test_an_unknown_state_yields_no_token(logins, client, fake):
    """V12-OIDC-06"""
    state = logins.start(client)["state"]
    for forged in ("x", state[:-1] + ("A" if state[-1] != "A" else "B"), "A" * 30, state + "A", "\u2603"):
        assert logins.back(client, forged).status == 511
    before = fake.exchanges
    assert logins.back(client, "B" * 30).status == 511 and fake.exchanges == before, "the provider is not asked"


def test_a_login_outlives_auth(logins, client, fake):
    """V12-OIDC-05, V12-OIDC-06: what is pending, and what is spent, is in the database."""
    pending, spent = logins.start(client)["state"], logins.start(client)["state"]
    token = logins.back(client, spent).token()
    auth = logins.stack["auth0"]
    auth.kill()
    auth.start()
    wait_for(lambda: client.get(params(EAP_ID=nai(IMSI))).status == 200, 30, "auth is back")
    assert logins.back(client, spent).token() == token
    assert logins.back(client, spent, "other").status == 511
    fake.nonce = None
    fake.claims = {"nonce": None}
    for _ in range(2):
        answer = logins.back(client, pending)
        assert answer.status == 200 and b"TOKEN" not in answer.body, "without its nonce, and asked again as before"


def test_the_database_holds_nothing_that_opens_a_login(logins, client, fake):
    state = logins.start(client, terminal_id="490154203237518")["state"]
    with sqlite3.connect(logins.stack.dir / "auth.db") as db:
        dump = "\n".join(db.iterdump()).lower()
    raw = base64.urlsafe_b64decode(state + "==")
    assert state.lower() not in dump and raw[6:].hex() not in dump and "490154203237518".encode().hex() not in dump
    assert raw[:6].hex() in dump, "the row is there, though"


# --- an ID token that is not right (V12-OIDC-04) ---

WRONG_CLAIMS = {
    "issuer": {"iss": "https://elsewhere.example"}, "audience": {"aud": "somebody-else"}, "audience list": {"aud": ["a", "b"]},
    "authorized party": {"aud": ["ecs", "b"], "azp": "b"}, "several audiences": {"aud": ["ecs", "b"]}, "expired": {"exp": 1700000000},
    "no exp": {"exp": None}, "no iat": {"iat": None}, "issued tomorrow": {"iat": 4000000000, "exp": 4000000300}, "lives forever": {"exp": 4000000000},
    "nonce": {"nonce": "AAAAAAAAAAAAAAAAAAAAAA"}, "no nonce": {"nonce": None}, "at_hash": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "no sub": {"sub": None},
    "no subject claim": {"phone_number": None}, "a number that is none": {"phone_number": "secret"}, "unverified number": {"phone_number_verified": False},
    "unverified number in words": {"phone_number_verified": "false"},
}


@pytest.mark.parametrize("claims", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS.keys())
def test_an_id_token_with_a_wrong_claim_yields_no_token(logins, client, fake, claims):
    """V12-OIDC-04, V12-OIDC-07"""
    fake.claims = claims
    answer = logins.back(client, logins.start(client)["state"])
    assert answer.status == 200 and b"TOKEN" not in answer.body
    assert answer.apps()["ap2004"] == {"GeneralErrorURL": "https://portal.demo.example/why", "GeneralErrorUserData": "reason=login&x=1"}


def unsigned(provider):
    """alg none, as the first JWT libraries took it."""
    head, body, _ = FakeProvider.id_token(_honest(provider), "an-access-token").split(".")
    return base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode() + "." + body + "."


def symmetric(provider):
    """HS256 with the provider's public key as the secret."""
    from jwcrypto import jwk, jws
    _, body, _ = FakeProvider.id_token(_honest(provider), "an-access-token").split(".")
    key = jwk.JWK(kty="oct", k=base64.urlsafe_b64encode(provider.published[0].export_to_pem()).rstrip(b"=").decode())
    signed = jws.JWS(base64.urlsafe_b64decode(body + "=="))
    signed.add_signature(key, alg="HS256", protected=json.dumps({"alg": "HS256", "kid": "k1"}))
    return signed.serialize(compact=True)


def broken(provider):
    token = FakeProvider.id_token(_honest(provider), "an-access-token")
    return token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]


def _honest(provider):
    provider.raw_id_token = None
    return provider


@pytest.mark.parametrize("forge", [unsigned, symmetric, broken, lambda p: "no.to.ken", lambda p: "x"], ids=["none", "HS256", "broken", "no token", "x"])
def test_an_id_token_with_a_wrong_signature_yields_no_token(logins, client, fake, forge):
    """V12-OIDC-04"""
    fake.raw_id_token = forge
    answer = logins.back(client, logins.start(client)["state"])
    assert answer.status == 200 and b"TOKEN" not in answer.body and b"GeneralErrorURL" in answer.body


def test_a_key_that_the_provider_never_published_signs_nothing(logins, client, fake):
    """V12-OIDC-04: neither under its own name nor under a good one's."""
    for kid in ("k1", "stranger"):
        fake.sign_with = FakeProvider.new_key(kid)
        answer = logins.back(client, logins.start(client)["state"])
        assert answer.status == 200 and b"TOKEN" not in answer.body and b"GeneralErrorURL" in answer.body


def test_keys_may_be_rotated_and_strangers_make_us_ask_once(tmp_path):
    """V12-OIDC-04: a key that was published after ours were fetched is fetched for, and no more often than every 30 seconds
    however many logins come with a kid that nobody knows."""
    with Logins(tmp_path, node=False, auth={"logins_per_address": 0}) as own:
        own.tenant(oidc="fake", error_url="https://portal.demo.example/why")
        connection = own.client()

        def log_in_with(key, alg):
            own.fake.sign_with, own.fake.alg = key, alg
            answer = own.back(connection, own.start(connection)["state"])
            assert answer.status == 200 and (b"TOKEN" in answer.body) != (b"GeneralErrorURL" in answer.body)
            return b"TOKEN" in answer.body
        assert log_in_with(own.fake.published[0], "ES256") and own.fake.asked.count("/jwks") == 1
        own.fake.published.append(FakeProvider.new_key("k2", "RSA"))
        wait_for(lambda: log_in_with(own.fake.published[1], "RS256"), 38, "a login signed with the new key", every=0.5)
        assert own.fake.asked.count("/jwks") == 2, "once, for the many that came too soon"
        for n in range(5):
            assert not log_in_with(FakeProvider.new_key(f"stranger-{n}"), "ES256")
        assert own.fake.asked.count("/jwks") <= 3
        assert log_in_with(own.fake.published[0], "ES256"), "the old key is published still"
        connection.close()


def test_userinfo_vouches_for_the_access_token(logins, client, fake):
    """V12-OIDC-04: without at_hash, or without the number in the ID token, UserInfo is asked, and has to speak of the same user."""
    logins.tenant(oidc="fake-userinfo")
    for claims in ({"at_hash": None}, {"phone_number": None}):
        fake.claims = claims
        for answer, is_good in (((200, {}, {"sub": "user-1", "phone_number": NUMBER}), True), ((200, {}, {"sub": "user-2", "phone_number": NUMBER}), False),
                                ((200, {}, {"phone_number": NUMBER}), False), ((401, {}, {}), False)):
            authorizations = []
            fake.userinfo = lambda request, a=answer: (authorizations.append(request.headers["Authorization"]), a)[1]
            result = logins.back(client, logins.start(client)["state"])
            assert result.status == 200 and (b"TOKEN" in result.body) == is_good
            assert authorizations == ["Bearer an-access-token"]
    state = logins.start(client)["state"]
    fake.userinfo = lambda request: (500, {}, {})
    assert logins.back(client, state).status == 503
    fake.userinfo = lambda request: (200, {}, {"sub": "user-1", "phone_number": NUMBER})
    assert logins.back(client, state).status == 200
    fake.userinfo = None


def test_the_subject_may_be_an_imsi(logins, client, fake):
    """V12-OIDC-04, V12-OIDC-05"""
    logins.tenant(oidc="fake-imsi")
    for imsi, is_good in ((IMSI, True), ("001010000099999", False), ("0010100000000011", False), (None, False)):
        fake.claims = {"https://claims.example/imsi": imsi, "phone_number": None}
        answer = logins.back(client, logins.start(client)["state"])
        assert answer.status == 200 and (b"TOKEN" in answer.body) == is_good


def test_a_terminated_line_gets_no_token(logins, client, fake):
    logins.fake.subject = "+15550000011"
    answer = logins.back(client, logins.start(client)["state"])
    assert answer.status == 200 and b"TOKEN" not in answer.body


# --- errors of the provider ---

def test_an_error_return_is_a_document_without_token(logins, client, fake):
    """V12-OIDC-07"""
    state = logins.start(client, app=["ap2004", "ap2006"])["state"]
    before = fake.exchanges
    answer = client.get({"error": "access_denied", "error_description": "<no> & never", "state": state})
    assert answer.status == 200 and b"TOKEN" not in answer.body and fake.exchanges == before
    wanted = {"GeneralErrorURL": "https://portal.demo.example/why", "GeneralErrorUserData": "reason=login&x=1"}
    assert answer.apps() == {"ap2004": wanted, "ap2006": wanted}
    again = client.get({"error": "access_denied", "error_description": "<no> & never", "state": state}, accept="application/json")
    assert again.status == 200 and b"GeneralErrorURL" in again.body and b"TOKEN" not in again.body
    assert logins.back(client, state).status == 511, "that login is over"


def test_a_code_that_the_provider_refuses_is_511(logins, client, fake):
    fake.token_answer = (400, {}, {"error": "invalid_grant"})
    assert logins.back(client, logins.start(client)["state"]).status == 511


@pytest.mark.parametrize("answer", [
    (500, {}, "oops"), (503, {"Retry-After": "120"}, ""), (200, {}, "no json"), (200, {}, {"access_token": "only"}), (401, {}, {"error": "invalid_client"}),
    (302, {"Location": "https://127.0.0.1/"}, ""), (200, {}, {"access_token": "a", "id_token": "b", "token_type": "mac"}), (200, {}, "[" * 10000),
], ids=["500", "503", "no JSON", "no ID token", "not our client", "redirect", "not Bearer", "deep"])
def test_a_provider_that_is_of_no_help_costs_no_login(logins, client, fake, answer):
    """503 with Retry-After, and the same code is good when the provider is."""
    state = logins.start(client)["state"]
    fake.token_answer = answer
    refused = logins.back(client, state)
    assert refused.status == 503 and int(refused.headers["Retry-After"]) > 0
    fake.token_answer = None
    assert logins.back(client, state).status == 200


def test_a_slow_provider_is_503_and_holds_nobody_up(logins, client, fake, sim):
    fake.hold.clear()
    state = logins.start(client)["state"]
    slow = logins.client()
    slow._connection.request("GET", "/?" + urllib.parse.urlencode({"code": "a-code", "state": state}))
    assert authenticate(client, sim(2)).status == 200, "others are served meanwhile"
    response = slow._connection.getresponse()
    assert response.status == 503 and int(response.headers["Retry-After"]) > 0
    response.read()
    fake.hold.set()
    assert logins.back(client, state).status == 200
    slow.close()


def test_a_provider_that_is_gone_is_503(tmp_path):
    with Logins(tmp_path, node=False) as own:
        own.tenant(oidc="fake")
        connection = own.client()
        state = own.start(connection)["state"]
        own.fake.close()
        assert own.back(connection, state).status == 503
        connection.close()


# --- replicas ---

def test_the_same_return_at_two_replicas_is_exchanged_once(tmp_path):
    """V12-OIDC-06: whoever claims the login first works on it; the other one says later, or the same."""
    with Logins(tmp_path, node=False, replicas={"auth": 2, "gateway": 2}) as own:
        own.tenant(oidc="fake")
        clients = [Client(own.stack, port=own.stack[f"gateway{i % 2}"].port) for i in range(6)]
        for _ in range(5):
            state, before = own.start(clients[0])["state"], own.fake.exchanges
            for c in clients:
                c._connection.request("GET", "/?" + urllib.parse.urlencode({"code": "a-code", "state": state}), headers={"Accept": XML})
            answers = [(r.status, r.read()) for r in (c._connection.getresponse() for c in clients)]
            tokens = {re.search(rb'name="token" value="([^"]+)"', body).group(1) for status, body in answers if status == 200}
            assert len(tokens) == 1 and own.fake.exchanges == before + 1
            assert {status for status, _ in answers} <= {200, 503}
            assert own.back(clients[1], state).token().encode() in tokens
        for c in clients:
            c.close()


def test_a_login_whose_auth_died_over_it_is_taken_up_again(tmp_path):
    """V12-OIDC-05: killed while the provider was asked; the claim ends with the call that it was for."""
    with Logins(tmp_path, node=False, peers_die=True) as own:
        own.tenant(oidc="fake")
        connection, other = own.client(), own.client()
        state = own.start(connection)["state"]
        own.fake.hold.clear()
        other._connection.request("GET", "/?" + urllib.parse.urlencode({"code": "a-code", "state": state}))
        wait_for(lambda: own.fake.exchanges == 1, 20, "the provider is asked")
        own.stack["auth0"].kill()
        own.fake.hold.set()
        own.stack["auth0"].start()
        assert own.back(connection, state, "another-code").status in (503, 511), "claimed is claimed"
        seen = []

        def is_taken_up():
            seen.append(own.back(connection, state).status)
            assert seen[-1] in (200, 503)
            return seen[-1] == 200
        wait_for(is_taken_up, 40, "the login goes on")
        connection.close()
        other.close()


def test_logins_on_postgresql(tmp_path, postgresql):
    """V12-OIDC-05, V12-OIDC-06, V12-OIDC-08"""
    with Logins(tmp_path, node=False, db=postgresql.databases(), replicas={"auth": 2}) as own:
        own.tenant(oidc="fake")
        connection = own.client()
        state = own.start(connection)["state"]
        assert own.back(connection, state).token() == own.back(connection, state).token()
        assert own.back(connection, state, "other").status == 511
        sheet = second_factor(own, connection)
        assert connection.send("GET", "/otp?" + urllib.parse.urlsplit(sheet).query).status == 200
        code = own.sms.code(1)
        assert form(connection, sheet, code="000000" if code != "000000" else "000001").status == 200
        back = form(connection, sheet, code=code).headers["Location"]
        assert connection.send("GET", "/?" + urllib.parse.urlsplit(back).query, headers={"Accept": XML}).token()
        connection.close()


# --- the second factor ---

def second_factor(logins, client, **more):
    """Logs in at the provider; gives the URL of the web sheet."""
    logins.tenant(oidc="fake", second_factor=True)
    answer = logins.back(client, logins.start(client, **more)["state"])
    assert answer.status == 302 and b"TOKEN" not in answer.body
    return answer.headers["Location"]


@pytest.fixture
def quiet_number(logins):
    """A number of its own for each test: codes are limited by number."""
    numbers = logins.__dict__.setdefault("numbers", [f"+155500000{n:02}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 12)])
    logins.fake.subject = numbers.pop(0)
    return logins.fake.subject


def test_the_token_is_withheld_until_the_code_is_right(logins, client, fake, quiet_number):
    """V12-OIDC-08: provider, web sheet, code, and the document."""
    sheet = second_factor(logins, client, app_name="com.app")
    assert sheet.startswith(logins.url + "otp?h=")
    sent = len(logins.sms.texts)
    with Browser(stop_at=logins.url + "?") as browser:
        browser.open(sheet).wait("document.activeElement.id == 'code'", "the focus in the field")
        code = logins.sms.code(sent + 1)
        text = logins.sms.texts[-1]
        assert text["to"] == quiet_number and text["from"] == "Demo" and "Demo Mobile" in text["text"]
        wrong = "000000" if code != "000000" else "000001"
        browser.type(wrong).enter()
        assert "4" in browser.run("document.querySelector('[role=alert]').textContent")
        browser.wait("document.activeElement.id == 'code'", "the focus in the field")
        browser.type(code).enter()
        wait_for(lambda: browser.settle().taken is not None, 30, "the way back to the ECS")
        back = browser.taken
        assert not [u for u in browser.requests if not u.startswith(logins.url)], "nothing from elsewhere"
        assert not [line for line in browser.console if "Content Security" in line]
    query = urllib.parse.urlsplit(back).query
    answer = client.send("GET", "/?" + query, headers={"Accept": XML})
    assert answer.status == 200 and answer.apps()["ap2004"]
    assert client.get(params(token=answer.token(), app_name="com.app")).status == 200
    assert client.send("GET", "/?" + query, headers={"Accept": XML}).token() == answer.token()
    forged = query_of(back)
    assert client.get({**forged, "code": "0" * 32}).status == 511


def form(client, sheet, **fields):
    handle = query_of(sheet)["h"]
    return client.send("POST", "/otp", body=urllib.parse.urlencode({"h": handle, **fields}),
                       headers={"Content-Type": "application/x-www-form-urlencoded"})


def test_the_sheet_sends_one_sms_however_often_it_is_loaded(logins, client, fake, quiet_number):
    sheet = second_factor(logins, client)
    sent = len(logins.sms.texts)
    path = "/otp?" + urllib.parse.urlsplit(sheet).query
    pages = [client.send("GET", path) for _ in range(3)]
    assert [page.status for page in pages] == [200] * 3 and len(logins.sms.texts) == sent + 1
    head = pages[0].headers
    policy = head["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script" not in policy and "frame-ancestors 'none'" in policy
    assert head["Cache-Control"] == "no-store" and head["Referrer-Policy"] == "no-referrer" and len(pages[0].body) < 20000
    assert re.search(rb"<style nonce=\"([0-9a-f]+)\"", pages[0].body).group(1).decode() in policy
    assert form(client, sheet, again="1").status == 200 and len(logins.sms.texts) == sent + 2
    first, second = logins.sms.code(sent + 1), logins.sms.code(sent + 2)
    if first != second:
        assert form(client, sheet, code=first).status == 200, "the older code is dead"
    assert form(client, sheet, code=second).status == 302


def test_five_wrong_codes_end_a_code_also_across_a_restart(logins, client, fake, quiet_number):
    """V12-OIDC-08"""
    sheet = second_factor(logins, client)
    sent = len(logins.sms.texts)
    assert client.send("GET", "/otp?" + urllib.parse.urlsplit(sheet).query).status == 200
    code = logins.sms.code(sent + 1)
    wrong = "000000" if code != "000000" else "000001"
    for _ in range(3):
        assert form(client, sheet, code=wrong).status == 200
    auth = logins.stack["auth0"]
    auth.kill()
    auth.start()
    wait_for(lambda: client.get(params(EAP_ID=nai(IMSI))).status == 200, 30, "auth is back")
    assert b"<bdi>1</bdi>" in form(client, sheet, code=wrong).body, "a restart gives no try back"
    assert form(client, sheet, code=wrong).status == 200
    answer = form(client, sheet, code=code)
    assert answer.status == 200 and "Location" not in answer.headers, "the right one comes too late"


def test_a_code_is_good_once(logins, client, fake, quiet_number):
    """V12-OIDC-08: the same answer again says the same; another does nothing."""
    sheet = second_factor(logins, client)
    sent = len(logins.sms.texts)
    assert client.send("GET", "/otp?" + urllib.parse.urlsplit(sheet).query).status == 200
    code = logins.sms.code(sent + 1)
    first = form(client, sheet, code=code)
    assert first.status == 302 and form(client, sheet, code=code).headers["Location"] == first.headers["Location"]
    assert form(client, sheet, code="000000" if code != "000000" else "000001").status == 410
    assert client.send("GET", "/otp?" + urllib.parse.urlsplit(sheet).query).status == 410
    assert client.send("GET", "/otp?h=" + "A" * 30).status == 410


def test_an_sms_gateway_that_refuses_is_503_and_the_sheet_tries_again(logins, client, fake, quiet_number):
    sheet = second_factor(logins, client)
    path = "/otp?" + urllib.parse.urlsplit(sheet).query
    logins.sms.accept = False
    try:
        refused = client.send("GET", path)
        assert refused.status == 503 and int(refused.headers["Retry-After"]) > 0 and "text/html" in refused.type
    finally:
        logins.sms.accept = True
    sent = len(logins.sms.texts)
    assert client.send("GET", path).status == 200 and len(logins.sms.texts) == sent + 1
    authorization, content_type, _ = logins.sms.seen[-1]
    assert authorization == "Basic " + base64.b64encode(b"openes:pass:word").decode() and content_type == "application/json"


SHEETS = {"en-light": ("en-US", False), "en-dark": ("en-US", True), "ar-dark": ("ar", True), "de-light": ("de-AT,de;q=0.8", False)}


@pytest.mark.parametrize("language,dark", SHEETS.values(), ids=SHEETS.keys())
def test_the_sheet_can_be_used_by_everybody(logins, client, fake, quiet_number, request, language, dark, tmp_path):
    sheet = second_factor(logins, client)
    with Browser(width=360, height=640, dark=dark, language=language) as browser:
        browser.open(sheet).wait("document.activeElement.id == 'code'", "the focus in the field")
        html = "document.documentElement"
        assert browser.run(f"{html}.lang") == language[:2]
        assert browser.run(f"getComputedStyle({html}).direction") == ("rtl" if language == "ar" else "ltr")
        assert browser.run("document.querySelector('label[for=code]').textContent.length > 0")
        assert browser.run("[code.inputMode, code.autocomplete].join()") == "numeric,one-time-code"
        assert browser.run(f"{html}.scrollWidth <= innerWidth && document.querySelector('button.quiet').getBoundingClientRect().bottom <= innerHeight")
        browser.type("000000").enter()
        assert browser.run("document.querySelector('[role=alert]').textContent.length > 0")
        low = browser.run(CONTRAST)
        assert not low, f"contrast below 4.5: {low}"
        browser.wait("document.activeElement.id == 'code'", "the focus in the field")
        for wanted in ("submit", "again"):
            browser.press("Tab", 9)
            assert browser.run("document.activeElement.name || document.activeElement.type") == wanted, "by keyboard alone"
        browser.screenshot(tmp_path / f"sheet-{request.node.callspec.id}.png")


# Each text against what is painted behind it (WCAG 2.1, 1.4.3).
CONTRAST = """(() => {
    const numbers = c => c.match(/[\\d.]+/g).map(Number);
    const light = c => numbers(c).slice(0, 3).map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
    const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
        if (numbers(c)[3] !== 0) return c; } return 'rgb(255, 255, 255)'; };
    return [...document.querySelectorAll('p, h1, label, input[type=text], button')].map(e => {
        const a = light(getComputedStyle(e).color), b = light(ground(e));
        return [e.textContent.trim(), (Math.max(a, b) + .05) / (Math.min(a, b) + .05)];
    }).filter(([, ratio]) => ratio < 4.5).map(([text]) => text).join('; ');
})()"""

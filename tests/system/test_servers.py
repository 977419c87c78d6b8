"""Servers that ask: the token endpoint (TS.43 2.8.3, RFC 7523), access tokens on the device path, their management."""

import json
import threading

import pytest
from jwcrypto import jwk
from operators import Operators
from servers import ENDPOINT, HOST, OTHER_HOST, Backend, Servers, ask
from stack import wait_for
from ts43 import EAP_RELAY, nai, params

MDM = "/v1/tenants/demo/clients"


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_a_server_gets_an_access_token_for_its_assertion(servers, alg):
    """V12-S2S-01, V12-S2S-02, V12-S2S-04"""
    status, headers, body = servers.backend(alg).credentials()
    assert status == 200 and body["access_token"] and body["token_type"] == "Bearer" and 290 < body["expires_in"] <= 300
    assert body["scope"] == "number:read" and headers["Cache-Control"] == "no-store"


def test_a_request_without_grant_type_is_understood_as_ts43_prints_it(servers):
    """V12-S2S-01"""
    form = {"client_id": "mdm", "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion": servers.mdm.sign()}
    assert servers.mdm.post(form)[0] == 200


@pytest.mark.parametrize("claims", [
    {"exp": 1_600_000_000}, {"exp": 4_000_000_000}, {"exp": None}, {"iss": None}, {"sub": None}, {"sub": "other"}, {"aud": None}, {"jti": None},
    {"aud": f"https://{HOST}/"}, {"aud": f"https://{OTHER_HOST}{ENDPOINT}"}, {"iat": 4_000_000_000}, {"nbf": 4_000_000_000}, {"iss": "nobody", "sub": "nobody"},
], ids=str)
def test_an_assertion_with_wrong_claims_is_refused(servers, claims):
    """V12-S2S-02, V12-S2S-03"""
    status, headers, body = servers.mdm.credentials(servers.mdm.sign(**claims))
    assert status == 401 and body["error"] == "invalid_client" and headers["Cache-Control"] == "no-store"


def test_an_assertion_that_another_key_signed_is_refused(servers):
    """V12-S2S-03"""
    mdm, other = servers.mdm, Backend(servers.running, "mdm")
    assert mdm.credentials(other.sign())[0] == 401
    public = jwk.JWK(kty="oct", k=json.loads(mdm.key.export_public())["x"], kid=mdm.key.kid)
    assert mdm.credentials(mdm.sign(key=public, alg="HS256"))[0] == 401
    header, payload, _ = mdm.sign().split(".")
    assert mdm.credentials(f"eyJhbGciOiJub25lIn0.{payload}.")[0] == 401
    assert mdm.credentials(f"{header}.{payload}.")[0] == 401


def test_a_replayed_assertion_is_refused(servers):
    assertion = servers.mdm.sign()
    assert servers.mdm.credentials(assertion)[0] == 200
    status, _, body = servers.mdm.credentials(assertion)
    assert status == 401 and body["error"] == "invalid_client"


def test_an_assertion_sent_twice_at_once_gets_one_token(servers):
    for _ in range(5):
        assertion, statuses = servers.mdm.sign(), []
        threads = [threading.Thread(target=lambda a=assertion, s=statuses: s.append(servers.mdm.credentials(a)[0])) for _ in range(2)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        assert sorted(statuses) == [200, 401]


def test_kill_9_of_auth_forgets_no_assertion(own_stack, tmp_path):
    servers = Servers(own_stack(overrides=Servers.overrides(tmp_path), peers_die=True))
    assertion, running = servers.mdm.sign(), servers.running
    assert servers.mdm.credentials(assertion)[0] == 200
    running["auth0"].kill()
    assert servers.mdm.credentials()[0] == 503
    running["auth0"].start()
    wait_for(lambda: servers.mdm.credentials()[0] == 200, what="auth is back")
    assert servers.mdm.credentials(assertion)[0] == 401


@pytest.mark.parametrize("form,error", [
    ({"grant_type": "password"}, "unsupported_grant_type"), ({"scope": "number:read everything"}, "invalid_scope"), ({"scope": 'a"b'}, "invalid_scope"),
    ({"client_assertion_type": "saml"}, "invalid_request"), ({"resource": "https://elsewhere.example/"}, "invalid_target"),
    ({"scope": "app_token"}, "invalid_request"),
], ids=str)
def test_errors_are_those_of_oauth(servers, form, error):
    status, _, body = servers.mdm.credentials(**form)
    assert (status, body["error"]) == (400, error)


def test_the_endpoint_belongs_to_the_operator_whose_host_it_is(servers):
    assert servers.mdm.credentials()[0] == 200
    assert servers.stranger.credentials()[0] == 200
    assert servers.mdm.post({}, host="nobody.example")[0] == 400
    form = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion": servers.mdm.sign()}
    assert servers.mdm.post(form, host=OTHER_HOST)[0] == 401
    assert servers.mdm.post({**form, "client_assertion": servers.mdm.sign(aud=f"https://nobody.example{ENDPOINT}")}, host="nobody.example")[0] == 401


# ---- server-initiated requests (TS.43 10) ----


def ask_as_server(servers, access_token, **more):
    return ask(servers.running, more.pop("operation", "AcquirePlan"), app="ap2011", access_token=access_token, **more)


def test_ap2011_is_served_with_an_access_token_alone(servers):
    """V12-S2S-05, V12-S2S-06; without an enterprise there are no plans."""
    token = servers.mdm.access_token()
    plans = ask_as_server(servers, token)
    assert plans.status == 200 and plans.json()["ap2011"] == {"OperationResult": "1"}
    answer = ask_as_server(servers, token, operation=None)
    assert answer.status == 200 and "Token" not in answer.json() and "ap2011" in answer.json()


def test_ap2011_needs_a_good_access_token(servers):
    """V12-S2S-05"""
    token = servers.mdm.access_token()
    for damaged in (token[:-4], "x", token + "A"):
        assert ask_as_server(servers, damaged).status == 401
    assert ask_as_server(servers, None).status == 511


def test_ap2011_is_never_challenged_nor_redirected(servers):
    """V12-S2S-06"""
    for token in (None, "x"):
        with servers.connection() as connection:
            answer = connection.get(params(app="ap2011", EAP_ID=nai(servers.sim(1).imsi), **({"token": token} if token else {})), accept=EAP_RELAY)
        assert answer.status == 511 and "Location" not in answer.headers and "Set-Cookie" not in answer.headers


def test_an_access_token_of_another_tenant_is_refused(servers):
    token = servers.stranger.access_token()
    assert ask_as_server(servers, token, host=HOST).status == 401
    assert ask_as_server(servers, token, host=OTHER_HOST, requestor_id="any").status == 200


def test_a_server_does_only_what_its_scopes_and_requestor_ids_allow(servers):
    """V12-HTTP-04"""
    token = servers.mdm.access_token()
    assert ask_as_server(servers, token, requestor_id="mdm-2").status == 403
    assert ask_as_server(servers, token, requestor_id=None, terminal_id="1").status == 400
    assert ask_as_server(servers, servers.mdm.access_token(scope="CheckEligibility")).status == 403


def test_a_client_that_was_disabled_or_removed_is_refused_at_once(servers):
    backend = servers.backend(scopes=["AcquirePlan"])
    token = backend.access_token()
    assert ask_as_server(servers, token).status == 200
    servers.running.ctl("client", "set", "--tenant", "demo", "--client", backend.id, "--disabled", "yes")
    assert ask_as_server(servers, token).status == 401
    wait_for(lambda: backend.credentials()[0] == 401, what="auth has heard of it")
    servers.running.ctl("client", "set", "--tenant", "demo", "--client", backend.id, "--disabled", "no")
    assert ask_as_server(servers, token).status == 200
    servers.running.ctl("client", "delete", "--tenant", "demo", backend.id)
    assert ask_as_server(servers, token).status == 401


# ---- management ----


def test_clients_are_managed_through_the_operators_api(servers):
    api, backend = servers.api, Backend(servers.running, "managed")
    path, body = f"{MDM}/managed", {"id": "managed", "name": "A server", "jwks": backend.jwks(), "scopes": ["a", "b:c"], "requestor_ids": ["r"], "token_ttl": 60}
    assert api("GET", path)[0] == 404
    status, made = api("PUT", path, body)
    assert status == 201 and json.loads(made["jwks"]) == backend.jwks() and made["token_ttl"] == 60 and made["disabled"] is False
    assert api("PUT", path, {**body, "jwks": made["jwks"]})[0] == 200, "the set as its text is the same"
    assert api("GET", path) == (200, made)
    assert made in api("GET", MDM)[1]["items"] and api("GET", f"{MDM}?limit=1")[1]["next"]
    assert servers.running.ctl("client", "list", "--tenant", "demo").stdout.count("managed") == 1
    assert api("DELETE", path)[0] == 200 and api("DELETE", path)[0] == 404
    trail = [(r["action"], r["resource"]) for r in api("GET", "/v1/audit?tenant=demo&limit=5")[1]["items"]]
    assert ("client.put", "client/managed") in trail and ("client.delete", "client/managed") in trail


def test_keys_that_cannot_be_used_are_refused_with_the_reason(servers):
    backend = Backend(servers.running, "unfit")
    private = {"keys": [json.loads(backend.key.export_private())]}
    symmetric = {"keys": [json.loads(jwk.JWK.generate(kty="oct", size=256).export())]}
    for jwks in ({"keys": []}, private, symmetric, "no JSON"):
        status, body = servers.api("PUT", f"{MDM}/unfit", {"id": "unfit", "jwks": jwks})
        assert status == 422 and body["field"] == "jwks" and body["error"]
    assert servers.api("PUT", f"{MDM}/unfit", {"id": "unfit"})[0] == 422
    assert servers.api("PUT", f"{MDM}/unfit", {"id": "other", "jwks": backend.jwks()})[0] == 422
    assert servers.api("PUT", f"{MDM}/unfit", {"id": "unfit", "jwks": backend.jwks(), "scopes": ["a b"]})[0] == 422


def test_only_administrators_change_clients(servers):
    created = servers.api("PUT", "/v1/credentials/reader", {"role": "operator"})[1]
    reader = Operators(servers.running, created["token"])
    assert reader("GET", MDM)[0] == 200
    assert reader("PUT", f"{MDM}/x", {"id": "x", "jwks": servers.mdm.jwks()})[0] == 403
    assert reader("DELETE", f"{MDM}/mdm")[0] == 403


def test_a_tenant_has_64_clients_at_most(servers):
    api, keys = servers.api, servers.stranger.jwks()
    path = "/v1/tenants/other/clients"
    for i in range(63):
        assert api("PUT", f"{path}/c{i}", {"id": f"c{i}", "jwks": keys})[0] == 201
    assert api("PUT", f"{path}/one-more", {"id": "one-more", "jwks": keys})[0] == 409
    assert servers.stranger.credentials()[0] == 200, "auth has understood all of them"
    for i in range(63):
        assert api("DELETE", f"{path}/c{i}")[0] == 200

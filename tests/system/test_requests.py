"""How requests are read, negotiated and refused (TS.43 2.2 to 2.5, 2.10)."""

import gzip
import json

import pytest
from ts43 import EAP_RELAY, XML, Client, authenticate, params


@pytest.fixture
def token(client, sim):
    return authenticate(client, sim(1), app=["ap2003", "ap2004", "ap2005"]).token()


@pytest.mark.parametrize("change", [
    {"app": None}, {"terminal_id": None}, {"entitlement_version": None}, {"entitlement_version": "12"}, {"entitlement_version": "twelve"},
    {"entitlement_version": "1.2.3"}, {"notif_token": "fcm-token"}, {"notif_token": "fcm-token", "notif_action": "two"}, {"app": "ap2999"},
], ids=str)
def test_bad_parameters_are_400(client, token, change):
    """V12-REQ-09, V12-REQ-12, V12-REQ-13, V12-REQ-15, V12-HTTP-02"""
    answer = client.get(params(token=token, **change) if "token" not in change else params(**change))
    assert answer.status == 400


def test_a_requestor_id_stands_in_for_the_terminal(client):
    """V12-REQ-10: not 400; without credentials it is 511."""
    assert client.get(params(terminal_id=None, requestor_id="mdm-1")).status == 511


def test_no_credentials_is_511(client):
    """V12-HTTP-09, V12-HTTP-10"""
    assert client.get(params()).status == 511


def test_a_uuid_serves_as_terminal_id(client, sim):
    """V12-REQ-11, V12-REQ-14, V12-REQ-21"""
    answer = authenticate(client, sim(1), terminal_id="3c9a1f6e-0c52-4d0c-9a54-7f1d6f6f9b20", terminal_vendor="V" * 60, terminal_model="", terminal_sw_version="S" * 100)
    assert answer.status == 200


@pytest.mark.parametrize("version,status", [("1.0", 200), ("2.0", 200), ("11.10", 200), ("12.0", 200), ("12.1", 200), ("13.0", 406), ("99.0", 406)])
def test_versions(client, token, version, status):
    """V12-VER-01, V12-VER-02, V12-VER-03"""
    answer = client.get(params(token=token, entitlement_version=version))
    assert answer.status == status
    if status == 406:
        assert answer.reason == "protocol not supported"


@pytest.mark.parametrize("form", [["ap2003", "ap2004"], "[ap2003,ap2004]", "ap2003,ap2004", ["AP2003", "Ap2004"]], ids=str)
def test_several_applications_in_every_form_that_clients_send(client, token, form):
    """V12-REQ-05, V12-REQ-06, V12-REQ-07, V12-REQ-08, V12-REQ-17, V12-DOC-03, V12-DOC-04"""
    by_get, by_post = client.get(params(token=token, app=form)), client.post(params(token=token, app=form))
    assert set(by_get.apps()) == set(by_post.apps()) == {"ap2003", "ap2004"}


def test_get_and_post_answer_alike(client, token):
    """V12-REQ-01, V12-REQ-02, V12-REQ-04"""
    request = params(token=token, app=["ap2003", "ap2004", "ap2005"])
    by_get, by_post = client.get(request).apps(), client.post({**request, "vers": 0}).apps()
    for apps in (by_get, by_post):
        assert apps["ap2004"].pop("ServiceFlow_UserData"), "a handle of its own in every answer"
    assert by_get == by_post


def test_unknown_parameters_and_applications_beside_known_ones_are_passed_over(client, token):
    """V12-REQ-18"""
    answer = client.get(params(token=token, app=["ap2004", "ap2999"], favourite_colour="blue", gid1="null"))
    assert set(answer.apps()) == {"ap2004"}


@pytest.mark.parametrize("vers", ["0", "7", "-1", "1 HTTP/1.1"])
def test_vers_is_read_as_its_leading_integer(client, token, vers):
    assert client.get(params(token=token, vers=vers)).status == 200


def test_parameter_names_are_compared_without_regard_to_case(client, token):
    request = {k.upper(): v for k, v in params(token=token).items()}
    assert client.get(request).status == 200


@pytest.mark.parametrize("accept,expected", [
    (XML, XML), ("application/json", "application/json"), ("application/json, " + XML, XML), ("*/*", XML), ("application/json, application/xml", "application/json"),
    (EAP_RELAY, "application/json"), ("text/html, */*;q=0.1", XML),
])
def test_the_document_has_the_form_the_client_reads(client, token, accept, expected):
    """V12-DOC-05"""
    answer = client.get(params(token=token), accept=accept)
    assert answer.type == expected
    if expected == "application/json":
        assert set(answer.json()) == {"Vers", "Token", "ap2004"}


def test_every_json_value_is_a_string(client, token):
    """V12-DOC-06, V12-DOC-07, V12-DOC-09"""
    document = client.get(params(token=token, app=["ap2003", "ap2004", "ap2005"]), accept="application/json").json()

    def leaves(node):
        if isinstance(node, dict):
            for value in node.values():
                yield from leaves(value)
        elif isinstance(node, list):
            for value in node:
                yield from leaves(value)
        else:
            yield node

    assert all(isinstance(leaf, str) for leaf in leaves(document))
    assert isinstance(document["ap2003"]["VoiceOverCellularEntitleInfo"], list)


def test_gzip_goes_out_only_where_it_is_accepted(client, token):
    """V12-DOC-10, V12-DOC-11"""
    request = params(token=token, app=["ap2003", "ap2004", "ap2005"])
    plain = client.get(request)
    packed = client.get(request, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body).count(b"APPLICATION") == 3
    assert "Content-Encoding" not in client.get(request, headers={"Accept-Encoding": "gzip;q=0"}).headers


def test_gzip_comes_in_with_a_limit(client, token):
    body = json.dumps(params(token=token)).encode()
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip", "Accept": XML}
    assert client.send("POST", "/", body=gzip.compress(body), headers=headers).status == 200
    assert client.send("POST", "/", body=gzip.compress(body)[:-9], headers=headers).status == 400
    assert client.send("POST", "/", body=gzip.compress(b" " * 5_000_000 + body), headers=headers).status == 413


def test_texts_are_in_the_language_of_the_phone(client, sim):
    """V12-REQ-22"""
    token = authenticate(client, sim(6)).token()
    texts = {lang: client.get(params(token=token), headers={"Accept-Language": lang}).apps()["ap2004"]["MessageForIncompatible"]
             for lang in ("en", "fr-CA", "de-DE,de;q=0.9,en;q=0.5", "es", "ar", "xx")}
    assert len(set(texts.values())) == 5 and texts["xx"] == texts["en"] and all(texts.values())


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_are_405_and_name_the_right_ones(client, method):
    answer = client.send(method, "/")
    assert answer.status == 405 and answer.headers["Allow"] == "GET, POST"


def test_paths_that_are_not_configured_are_404(client, token):
    answer = client.send("GET", "/etc/passwd?token=" + token)
    assert answer.status == 404 and b"APPLICATION" not in answer.body


def test_any_path_the_operator_configures_is_served(own_stack, sim):
    """V12-REQ-23"""
    running = own_stack(overrides={"gateway": {"device_paths": "/ts43/entitlement,/other"}})
    for path, status in (("/ts43/entitlement", 511), ("/other", 511), ("/", 404)):
        assert Client(running, path=path).get(params()).status == status


def test_a_temporary_token_that_is_none_of_ours_is_401(client):
    """V12-HTTP-11, V12-TT-02"""
    assert client.get(params(temporary_token="abc")).status == 401


def test_the_trace_of_the_caller_is_kept_through_all_processes(client, stack, token):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = client.get(params(token=token), headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert answer.status == 200
    assert trace in answer.headers["traceparent"]
    assert trace in stack["gateway0"].log()


def test_identities_and_secrets_are_in_no_log(client, stack, sim):
    usim = sim(1)
    token = authenticate(client, usim).token()
    client.get(params(token=token, IMSI=usim.imsi))
    logs = "".join(p.log() for p in stack.processes.values())
    for secret in (usim.imsi, token, "356938035643809", "465b5ce8b199b49faa5f0a2ee238a6bc", "+15550000001", stack.admin_token):
        assert secret not in logs

"""The operators' API and openesctl, answers held against docs/openapi.yaml."""

import json
import re
import ssl
import urllib.error
import urllib.request

import jsonschema
import pytest
import yaml
from stack import ROOT

API = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())


def _resolve(node):
    """References inside the file, replaced by what they name."""
    if isinstance(node, dict):
        if "$ref" in node:
            target = API
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            return _resolve(target)
        return {k: _resolve(v) for k, v in node.items()}
    return [_resolve(v) for v in node] if isinstance(node, list) else node


def _operation(method, path):
    for template, item in API["paths"].items():
        pattern = "".join(f"[^/:]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^}]+\})", template))
        if re.fullmatch(pattern, path) and method.lower() in item:
            return item[method.lower()]
    raise AssertionError(f"{method} {path} is not in docs/openapi.yaml")


class Api:
    def __init__(self, stack, token=None):
        self._base, self._token = f"https://localhost:{stack.admin_port}", token or stack.admin_token
        self._context = ssl.create_default_context(cafile=stack.ca)

    def __call__(self, method, path, body=None, token=None, check=True):
        request = urllib.request.Request(self._base + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={"Authorization": f"Bearer {token or self._token}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, context=self._context, timeout=30) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        value = json.loads(text) if text else None
        if check:
            self._validate(method, path.split("?")[0], status, value)
        return status, value

    @staticmethod
    def _validate(method, path, status, value):
        responses = _operation(method, path)["responses"]
        assert str(status) in responses, f"{method} {path}: {status} is not in docs/openapi.yaml: {value}"
        content = _resolve(responses[str(status)]).get("content", {}).get("application/json")
        if content:
            jsonschema.Draft202012Validator(content["schema"]).validate(value)
        else:
            assert value is None


@pytest.fixture
def api(stack):
    return Api(stack)


IMSI = "001010000000777"
SUBSCRIBER = {"imsi": IMSI, "msisdn": "+15550000777", "plan": "gold", "status": "active"}
PATH = f"/v1/tenants/demo/subscribers/{IMSI}"


def test_the_openapi_file_is_itself_valid():
    assert API["openapi"].startswith("3.1")
    for path, item in API["paths"].items():
        for method, operation in item.items():
            if method in ("get", "put", "post", "patch", "delete"):
                assert operation["responses"] and operation["operationId"], (method, path)


def test_the_life_of_a_subscriber(api):
    assert api("PUT", PATH, SUBSCRIBER)[0] in (200, 201)
    assert api("PUT", PATH, SUBSCRIBER)[0] == 200, "the same again is the same"
    status, got = api("GET", PATH)
    assert status == 200 and got["msisdn"] == "+15550000777"
    assert api("PATCH", PATH, {"plan": "basic"})[0] == 200
    assert api("GET", PATH)[1]["plan"] == "basic"
    for action in ("suspend", "resume", "reset-tokens"):
        assert api("POST", f"{PATH}:{action}")[0] == 200
    assert any(s["imsi"] == IMSI for s in api("GET", "/v1/tenants/demo/subscribers?limit=100")[1]["items"])
    assert api("DELETE", PATH)[0] in (200, 204)
    assert api("GET", PATH)[0] == 404


@pytest.mark.parametrize("body", [
    {"imsi": IMSI}, {**SUBSCRIBER, "plan": "platinum"}, {**SUBSCRIBER, "status": "asleep"}, {**SUBSCRIBER, "msisdn": "12"}, {**SUBSCRIBER, "imsi": "001010000000778"},
    {**SUBSCRIBER, "nickname": "x"}, [], "text",
], ids=str)
def test_what_is_not_a_subscriber_is_refused_with_the_field_named(api, body):
    status, error = api("PUT", PATH, body)
    assert status in (400, 422) and error["error"]
    assert api("GET", PATH)[0] == 404


def test_nobody_without_a_credential_and_nobody_beyond_his_role(api):
    assert api("GET", PATH, token="wrong")[0] == 401
    status, created = api("PUT", "/v1/credentials/helpdesk", {"role": "support"})
    assert status in (200, 201)
    assert api("GET", "/v1/tenants/demo/subscribers/001010000000001", token=created["token"])[0] == 200
    assert api("PUT", PATH, SUBSCRIBER, token=created["token"])[0] == 403
    assert api("GET", "/v1/audit", token=created["token"])[0] == 403
    assert api("DELETE", "/v1/credentials/helpdesk")[0] in (200, 204)
    assert api("GET", "/v1/tenants/demo/subscribers/001010000000001", token=created["token"])[0] == 401


def test_every_change_is_in_the_audit_trail_and_no_secret_is(api, stack):
    stack.ctl("subscriber", "add", "--tenant", "demo", "--imsi", IMSI, "--msisdn", "+15550000777", "--plan", "gold",
              "--k", "465b5ce8b199b49faa5f0a2ee238a6bc", "--opc", "cd63cb71954a9f4e48a5994e37a02baf", "--amf", "8000")
    stack.ctl("subscriber", "suspend", "--tenant", "demo", "--imsi", IMSI)
    trail = json.dumps(api("GET", "/v1/audit?limit=50")[1])
    for action in ("keys.put", "subscriber.put", "subscriber.suspend"):
        assert action in trail
    assert "465b5ce8" not in trail and "cd63cb71" not in trail
    stack.ctl("subscriber", "remove", "--tenant", "demo", "--imsi", IMSI)


def test_a_subscriber_added_by_openesctl_authenticates_at_once(stack, client):
    from ts43 import authenticate
    from usim import TEST_SETS, Usim
    stack.ctl("subscriber", "add", "--tenant", "demo", "--imsi", IMSI, "--msisdn", "+15550000777", "--plan", "gold",
              "--k", TEST_SETS[2][0], "--opc", TEST_SETS[2][1], "--amf", "8000")
    try:
        answer = authenticate(client, Usim(IMSI, *TEST_SETS[2]))
        assert answer.status == 200 and answer.token()
    finally:
        stack.ctl("subscriber", "remove", "--tenant", "demo", "--imsi", IMSI)
    assert authenticate(client, Usim(IMSI, *TEST_SETS[2])).status == 403


def test_explain_shows_every_rule_it_looked_at(stack):
    shown = stack.ctl("explain", "--tenant", "demo", "--imsi", "001010000000006", "--app", "ap2004").stdout
    assert "plan" in shown.lower() and "2" in shown
    decision = json.loads(stack.ctl("explain", "--tenant", "demo", "--imsi", "001010000000006", "--app", "ap2004", "--json").stdout)
    assert decision["rules"] and all(rule["rule"] and "said" in rule for rule in decision["rules"])


def test_import_takes_the_good_lines_and_reports_the_bad_ones(stack, tmp_path, api):
    file = tmp_path / "subscribers.csv"
    good = [f"0010100000005{n:02},+155500005{n:02},gold,active,{'0' * 31}{n % 10},{'1' * 32},8000" for n in range(20)]
    bad = ["not-an-imsi,+15550000001,gold,active,,,", f"001010000000599,+15550000599,platinum,active,{'0' * 32},{'1' * 32},8000",
           "001010000000598,+15550000598,gold,active,xyz,abc,8000"]
    file.write_text("imsi,msisdn,plan,status,k,opc,amf\n" + "\n".join(good[:10] + bad + good[10:]) + "\n")
    done = stack.ctl("subscriber", "import", "--tenant", "demo", file, check=False)
    assert done.returncode == 1
    for line in ("12", "13", "14"):
        assert re.search(rf"\b{line}\b", done.stderr), done.stderr
    assert all(api("GET", f"/v1/tenants/demo/subscribers/0010100000005{n:02}")[0] == 200 for n in range(20))
    for imsi in ("001010000000599", "001010000000598"):
        assert api("GET", f"/v1/tenants/demo/subscribers/{imsi}")[0] == 404
        assert api("GET", f"/v1/tenants/demo/subscribers/{imsi}/keys")[0] in (200, 404)


def test_openesctl_teaches(stack):
    import subprocess
    from stack import BIN
    for words in (["--help"], ["subscriber", "--help"], ["subscriber", "add", "--help"]):
        done = subprocess.run([BIN / "openesctl", *words], capture_output=True, text=True, timeout=20)
        assert done.returncode == 0 and "openesctl" in done.stdout
    wrong = subprocess.run([BIN / "openesctl", "subscriber", "ad"], capture_output=True, text=True, timeout=20)
    assert wrong.returncode == 2 and wrong.stderr

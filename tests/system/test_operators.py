"""The operators' API and openesctl. Each test makes the subscribers it needs and removes them."""

import itertools
import json
import re
import subprocess

import jsonschema
import pytest
from operators import API, Operators, operations, resolve
from servers import Backend
from stack import BIN, ROOT
from ts43 import authenticate, params
from usim import TEST_SETS, TUAK_SETS, Tuak, Usim

DEMO = "/v1/tenants/demo"
DEMO_LINE = f"{DEMO}/subscribers/001010000000001"
OTHER_K, OTHER_OPC = TEST_SETS[3]
_numbers = itertools.count(700)


@pytest.fixture
def api(stack):
    return Operators(stack)


class Line:
    """An IMSI that is nobody's, and is nobody's again after the test."""

    def __init__(self, stack):
        self.stack, self.imsi = stack, f"001010000000{next(_numbers)}"
        self.path = f"{DEMO}/subscribers/{self.imsi}"
        self.body = {"imsi": self.imsi, "msisdn": f"+1555{self.imsi[-7:]}", "plan": "gold", "status": "active"}
        self.k, self.opc = TEST_SETS[2]

    def usim(self, keys=None):
        return Usim(self.imsi, *(keys or (self.k, self.opc)))

    def keys(self):
        return "--k", self.k, "--opc", self.opc, "--amf", "8000"

    def add(self, plan="gold"):
        self.stack.ctl("subscriber", "add", "--tenant", "demo", "--imsi", self.imsi, "--msisdn", self.body["msisdn"], "--plan", plan, *self.keys())
        return self

    def ctl(self, verb, *more, **how):
        return self.stack.ctl("subscriber", verb, "--tenant", "demo", "--imsi", self.imsi, *more, **how)


@pytest.fixture
def new_line(stack):
    made = []

    def make():
        made.append(Line(stack))
        return made[-1]

    yield make
    for line in made:
        line.ctl("remove")


@pytest.fixture
def line(new_line):
    return new_line()


@pytest.fixture
def credential(api):
    """credential(role, tenant=None): the API as somebody of that role."""
    names = []

    def make(role, tenant=None):
        names.append(f"test-{role}-{len(names)}")
        return api.as_(api("PUT", f"/v1/credentials/{names[-1]}", {"role": role, **({"tenant": tenant} if tenant else {})})[1]["token"])

    yield make
    for name in names:
        assert api("DELETE", f"/v1/credentials/{name}")[0] == 200


# --- the file ---

def test_the_openapi_file_is_itself_valid():
    assert API["openapi"].startswith("3.1")
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids)) > 20
    for schema in API["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(resolve(schema))
    for _, _, operation in operations():
        assert {"400", "401", "403", "422", "500", "503"} <= set(operation["responses"])


def test_the_openapi_file_and_the_gateways_table_have_the_same_operations():
    source = (ROOT / "services/gateway/gw_admin_routes.c").read_text()
    source = re.sub(r"\s*\\\n\s*", " ", source)  # a definition may go on
    macros = dict(re.findall(r"#define (\w+) ((?:\w+ )?\"[^\"]*\"(?: \"[^\"]*\")*)", source))

    def path_of(expression):
        out = ""
        for name, text in re.findall(r"(\w+)|\"([^\"]*)\"", expression):
            out += path_of(macros[name]) if name else text
        return out

    rows = re.findall(r"\{ \"(GET|PUT|POST|PATCH|DELETE)\", ([^,]+), \"[^\"]+\", ([^,]*),", source)
    assert {(m, path_of(p)) for m, p, _ in rows} == {(m, path) for m, path, _ in operations()}
    for method, expression, query in rows:
        item = API["paths"][path_of(expression)]
        parameters = [resolve(p) for p in item[method.lower()].get("parameters", [])]
        assert set(path_of(query).split()) == {p["name"] for p in parameters if p["in"] == "query"}, (method, path_of(expression))


# --- lines ---

def test_the_life_of_a_subscriber(api, line):
    assert api("PUT", line.path, line.body)[0] == 201
    assert api("PUT", line.path, line.body)[0] == 200, "the same again is the same"
    status, got = api("GET", line.path)
    assert status == 200 and got["msisdn"] == line.body["msisdn"] and got["devices"] == []
    assert api("PUT", line.path, got)[0] == 200, "what was read may be sent back"
    assert api("PATCH", line.path, {"plan": "basic"})[1]["plan"] == "basic"
    for action, status in (("suspend", "suspended"), ("suspend", "suspended"), ("resume", "active"), ("reset-tokens", "active"),
                           ("swap-sim", "active"), ("terminate", "terminated")):
        assert api("POST", f"{line.path}:{action}")[1]["status"] == status
    assert api("POST", f"{line.path}:resume")[0] == 409
    assert api("PATCH", line.path, {"status": "active"})[0] == 409
    assert api("DELETE", line.path)[0] == 200
    assert api("GET", line.path)[0] == 404 and api("DELETE", line.path)[0] == 404


@pytest.mark.parametrize("body,field", [
    ({"plan": None}, "plan"), ({"plan": "platinum"}, "plan"), ({"status": "asleep"}, "status"), ({"msisdn": "12"}, "msisdn"), ({"imsi": "001010000000778"}, "imsi"),
    ({"nickname": "x"}, "nickname"), ({"vowifi": {"terms": "perhaps"}}, "vowifi.terms"), ({"vowifi": {"address_expiry": "tomorrow"}}, "vowifi.address_expiry"),
    ({"opt_outs": ["naps"]}, "opt_outs"), ({"vowifi": 1}, "vowifi"), ([], None), ("text", None),
], ids=str)
def test_what_is_not_a_subscriber_is_refused_with_the_field_named(api, line, body, field):
    status, error = api("PUT", line.path, {**line.body, **body} if isinstance(body, dict) else body)
    assert status == 422 and error["error"] and error.get("field") == field
    assert api("GET", line.path)[0] == 404


def test_what_is_no_clean_request_is_refused(api, line):
    json_type = {"Content-Type": "application/json"}
    assert api.raw("PUT", line.path, b'{"plan":', json_type)[0] == 422
    assert api.raw("PUT", line.path, b"plan=gold", {"Content-Type": "application/x-www-form-urlencoded"})[0] == 415
    assert api.raw("GET", "/v1/nothing")[0] == 404
    status, headers, _ = api.raw("DELETE", DEMO)
    assert status == 405 and set(headers["Allow"].split(", ")) == {"GET", "PUT"}
    for query in ("limit=0", "limit=501", "limit=x", "colour=red", "status=lost"):
        assert api.raw("GET", f"{DEMO}/subscribers?{query}")[0] == 422
    assert api("GET", line.path)[0] == 404


def test_lists_come_in_pages_and_filter(api):
    seen, cursor = [], ""
    while cursor is not None:
        page = api("GET", f"{DEMO}/subscribers?limit=5{cursor and '&cursor=' + cursor}")[1]
        seen += [s["imsi"] for s in page["items"]]
        cursor = page.get("next")
    assert seen == sorted(set(seen)) and {f"0010100000000{n:02}" for n in range(1, 13)} <= set(seen)
    found = api("GET", f"{DEMO}/subscribers?msisdn=%2B15550000006")[1]["items"]
    assert [s["imsi"] for s in found] == ["001010000000006"]
    assert {s["status"] for s in api("GET", f"{DEMO}/subscribers?status=barred")[1]["items"]} == {"barred"}
    assert {p["id"] for p in api("GET", f"{DEMO}/plans")[1]["items"]} == {"basic", "gold", "silver"}
    assert "demo" in {t["id"] for t in api("GET", "/v1/tenants")[1]["items"]}


def test_a_dry_run_answers_and_changes_nothing(api, line):
    assert api("PUT", f"{line.path}?dry_run=true", line.body)[0] == 200
    assert "Openes-Audit-Id" not in api.headers
    assert api("GET", line.path)[0] == 404
    assert api("PUT", f"{line.path}?dry_run=true", {**line.body, "plan": "platinum"})[0] == 422


def test_a_change_is_in_the_very_next_answer(api, client, line):
    """V12-VWF-13"""
    line.add()
    token = authenticate(client, line.usim()).token()

    def vowifi():
        return client.get(params(token=token)).apps()["ap2004"]
    assert vowifi()["EntitlementStatus"] == "0" and vowifi()["TC_Status"] == "0"
    api("PATCH", line.path, {"vowifi": {"terms": "available", "address": "available"}})
    assert vowifi()["EntitlementStatus"] == "1"
    api("PATCH", line.path, {"plan": "basic"})
    assert vowifi()["EntitlementStatus"] == "2"
    api("PATCH", line.path, {"plan": "gold"})
    plan = api("GET", f"{DEMO}/plans/gold")[1]
    try:
        api("PUT", f"{DEMO}/plans/gold", {**plan, "vowifi": False})
        assert vowifi()["EntitlementStatus"] == "2"
    finally:
        api("PUT", f"{DEMO}/plans/gold", plan)
    assert vowifi()["EntitlementStatus"] == "1"
    for action in ("reset-tokens", "suspend"):
        api("POST", f"{line.path}:{action}")
        assert client.get(params(token=token)).status == 511
        token = authenticate(client, line.usim()).token()
    assert vowifi()["EntitlementStatus"] == "0"
    api("POST", f"{line.path}:resume")
    assert vowifi()["EntitlementStatus"] == "1"


# --- who may ---

# What the least role that may do it is.
ALLOWED = [
    ("readonly", "GET", DEMO, None), ("readonly", "GET", f"{DEMO}/plans", None), ("readonly", "GET", f"{DEMO}/plans/gold", None),
    ("support", "GET", DEMO_LINE, None), ("support", "GET", f"{DEMO}/subscribers", None), ("support", "GET", f"{DEMO_LINE}/keys", None),
    ("support", "GET", f"{DEMO}/explain?imsi=001010000000001&app=ap2004", None),
    ("readonly", "GET", f"{DEMO}/rules", None), ("readonly", "GET", f"{DEMO}/addons", None), ("readonly", "GET", f"{DEMO}/outages", None),
    ("operator", "POST", f"{DEMO}/rules/new:test", {}),
    ("operator", "PATCH", DEMO_LINE, {}), ("operator", "GET", "/v1/keys/transport", None),
    ("admin", "GET", "/v1/audit", None), ("admin", "GET", "/v1/credentials", None),
]
ROLES = ("readonly", "support", "operator", "admin")


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_what_is_its_own_and_no_more(credential, role):
    somebody = credential(role)
    for least, method, path, body in ALLOWED:
        expected = 200 if ROLES.index(role) >= ROLES.index(least) else 403
        assert somebody(method, path, body)[0] == expected, (role, method, path)


def test_a_credential_of_a_tenant_ends_at_its_tenant(api, credential):
    api("PUT", "/v1/tenants/other", {"id": "other", "imsi_ranges": ["0010199"]})
    own = credential("admin", "other")
    assert own("GET", "/v1/tenants/other")[0] == 200
    assert [t["id"] for t in own("GET", "/v1/tenants")[1]["items"]] == ["other"]
    assert own("PUT", "/v1/tenants/other", {"id": "other", "imsi_ranges": ["0010199"], "validity": 3600})[0] == 200
    assert {r["tenant"] for r in own("GET", "/v1/audit")[1]["items"]} == {"other"}
    for method, path in (("GET", DEMO), ("GET", DEMO_LINE), ("DELETE", DEMO_LINE), ("GET", f"{DEMO_LINE}/keys"), ("GET", "/v1/credentials"), ("GET", "/v1/audit?tenant=demo")):
        assert own(method, path)[0] == 403, (method, path)
    assert own("PUT", "/v1/tenants/other", {"id": "other", "imsi_ranges": ["00101"]})[0] == 403, "nor takes subscribers from others"
    api("PUT", "/v1/tenants/other", {"id": "other"})


def test_nobody_without_a_credential(api, credential):
    assert api.as_("wrong")("GET", DEMO)[0] == 401
    status, headers, _ = api.as_("wrong").raw("GET", DEMO)
    assert headers["WWW-Authenticate"].startswith("Bearer")
    api("PUT", "/v1/credentials/brief", {"role": "readonly"})
    brief = api.as_(api("PUT", "/v1/credentials/brief", {"role": "readonly"})[1]["token"])
    assert brief("GET", DEMO)[0] == 200
    assert api("DELETE", "/v1/credentials/brief")[0] == 200
    assert brief("GET", DEMO)[0] == 401, "void at once"
    assert "token" not in json.dumps(api("GET", "/v1/credentials")[1])


def test_two_tenants_cannot_answer_for_the_same(api):
    demo = api("GET", DEMO)[1]
    status, error = api("PUT", "/v1/tenants/twin", {"id": "twin", "hosts": demo["hosts"], "plmns": demo["plmns"]})
    assert status == 409 and "demo" in error["error"]
    assert api("GET", "/v1/tenants/twin")[0] == 404


# --- keys and the trail ---

def test_keys_are_written_and_never_read(api, stack, line):
    line.add()
    status, keys = api("GET", f"{line.path}/keys")
    assert status == 200 and keys["exists"] and set(keys) <= {"exists", "algorithm", "updated"}
    files = b"".join(f.read_bytes() for f in stack.dir.iterdir() if re.search(r"\.(db|db-wal|log)$", f.name))
    for secret in (line.k, line.opc):
        assert bytes.fromhex(secret) not in files and secret.encode() not in files.lower()
    assert api("PUT", f"{line.path}/keys", {"box": "AAAA", "amf": "8000"})[0] == 422


def test_every_change_is_in_the_audit_trail_and_no_secret_is(api, line):
    line.add()
    line.ctl("set", "--plan", "silver")
    line.ctl("suspend")
    trail = [r for r in api("GET", "/v1/audit?limit=50&tenant=demo")[1]["items"] if line.imsi in r["resource"]]
    assert [(r["action"], r["outcome"], r["detail"]) for r in reversed(trail)] == [
        ("keys.put", "done", ""), ("subscriber.put", "created", ""), ("subscriber.patch", "done", 'plan: "gold" -> "silver"'),
        ("subscriber.suspend", "done", "status: active -> suspended")]
    assert {r["who"] for r in trail} == {"bootstrap"} and {r["client"] for r in trail} <= {"127.0.0.1", "::1"}
    assert line.k not in json.dumps(trail) and line.opc not in json.dumps(trail)


def test_a_subscriber_added_by_openesctl_authenticates_at_once_and_a_removed_one_no_more(client, line):
    line.add()
    answer = authenticate(client, line.usim())
    assert answer.status == 200 and answer.token()
    line.ctl("remove")
    assert authenticate(client, line.usim()).status == 403


def test_a_refused_line_leaves_the_keys_that_were_there(stack, client, new_line, tmp_path):
    line, somebody = new_line().add(), new_line().add()
    refused = stack.ctl("subscriber", "add", "--tenant", "demo", "--imsi", line.imsi, "--plan", "platinum", "--k", OTHER_K, "--opc", OTHER_OPC, check=False)
    assert refused.returncode == 1 and "plan" in refused.stderr
    refused = line.ctl("swap-sim", "--new-imsi", somebody.imsi, "--k", OTHER_K, "--opc", OTHER_OPC, check=False)
    assert refused.returncode == 1 and "another subscriber" in refused.stderr
    file = tmp_path / "refused.csv"
    file.write_text(f"imsi,plan,k,opc\n{line.imsi},platinum,{OTHER_K},{OTHER_OPC}\n")
    assert stack.ctl("subscriber", "import", "--tenant", "demo", file, check=False).returncode == 1
    for each in (line, somebody):
        assert authenticate(client, each.usim()).status == 200


def test_a_swapped_sim_is_the_subscribers_and_the_old_one_nobodys(client, api, new_line):
    line, new = new_line().add(), new_line()
    token = authenticate(client, line.usim()).token()
    line.ctl("swap-sim", "--new-imsi", new.imsi, "--k", OTHER_K, "--opc", OTHER_OPC)
    assert client.get(params(token=token)).status == 511
    assert authenticate(client, line.usim()).status == 403
    assert authenticate(client, new.usim((OTHER_K, OTHER_OPC))).status == 200
    assert api("GET", new.path)[1]["msisdn"] == line.body["msisdn"]
    assert api("GET", f"{line.path}/keys")[1]["exists"] is False


# --- openesctl ---

def test_import_takes_the_good_lines_and_reports_the_bad_ones(stack, tmp_path, api):
    file, report = tmp_path / "subscribers.csv", tmp_path / "report.txt"
    good = [f"0010100000005{n:02},+155500005{n:02},gold,active,{'0' * 31}{n % 10},{'1' * 32},8000" for n in range(20)]
    bad = ["not-an-imsi,+15550000001,gold,active,,,", f"001010000000599,+15550000599,platinum,active,{'0' * 32},{'1' * 32},8000",
           "001010000000598,+15550000598,gold,active,xyz,abc,8000"]
    file.write_text("imsi,msisdn,plan,status,k,opc,amf\n" + "\n".join(good[:10] + bad + good[10:]) + "\n")
    try:
        done = stack.ctl("subscriber", "import", "--tenant", "demo", file, "--report", report, check=False)
        assert done.returncode == 1 and "20 created, 0 changed, 0 unchanged, 3 refused" in done.stdout
        assert sorted(re.findall(r"^line (\d+): ", report.read_text(), re.M)) == ["12", "13", "14"]
        for line in ("12", "13", "14"):
            assert re.search(rf"^line {line}: ", done.stderr, re.M), done.stderr
        assert all(api("GET", f"{DEMO}/subscribers/0010100000005{n:02}")[0] == 200 for n in range(20))
        for imsi in ("001010000000599", "001010000000598"):
            assert api("GET", f"{DEMO}/subscribers/{imsi}")[0] == 404
            assert api("GET", f"{DEMO}/subscribers/{imsi}/keys")[1]["exists"] is False
        again = stack.ctl("subscriber", "import", "--tenant", "demo", "-", "--json", stdin="imsi;plan\n001010000000500;silver\n")
        assert json.loads(again.stdout)["changed"] == 1
        assert api("GET", f"{DEMO}/subscribers/001010000000500")[1]["msisdn"] == "+15550000500", "what a line does not name stays"
    finally:
        for n in range(20):
            stack.ctl("subscriber", "remove", "--tenant", "demo", "--imsi", f"0010100000005{n:02}")


@pytest.mark.parametrize("app", ["ap2003", "ap2004", "ap2005", "ap2006", "ap2009"])
def test_explain_shows_every_rule_it_looked_at(api, stack, app):
    shown = stack.ctl("explain", "--tenant", "demo", "--imsi", "001010000000006", "--app", app).stdout
    decision = json.loads(stack.ctl("explain", "--tenant", "demo", "--imsi", "001010000000006", "--app", app, "--json").stdout)
    assert api("GET", f"{DEMO}/explain?imsi=001010000000006&app={app}")[1] == decision
    assert "plan" in {rule["rule"] for rule in decision["rules"]}
    for rule in decision["rules"]:
        assert rule["saw"] in shown and rule["said"] in shown


def test_explain_says_what_the_phone_is_told(api, client, sim):
    told = client.get(params(token=authenticate(client, sim(6)).token(), app="ap2004"), accept="application/json").json()
    explained = api("GET", f"{DEMO}/explain?imsi=001010000000006&app=ap2004")[1]["answer"]
    for said in (told, explained):
        said["ap2004"].pop("ServiceFlow_UserData")
    assert explained["ap2004"] == told["ap2004"] and explained["Vers"] == told["Vers"]


def test_every_command_speaks_json(stack, new_line, tmp_path):
    line, other = new_line(), new_line()
    one, file = ["--tenant", "demo", "--imsi", line.imsi], tmp_path / "lines.csv"
    file.write_text(f"imsi,plan\n{line.imsi},gold\n")
    plan = tmp_path / "plan.json"
    plan.write_text('{"id": "json"}')
    devices, models = tmp_path / "devices.csv", tmp_path / "models.csv"
    devices.write_text("imei,state\n356938035643809,blocked\n")
    models.write_text("tac,model\n35693803,One\n")
    client = tmp_path / "client.json"
    client.write_text(json.dumps({"id": "json", "jwks": Backend(stack, "json").jwks()}))
    rules = tmp_path / "rules.json"
    rules.write_text('{"note": "json"}')
    number = json.loads(stack.ctl("policy", "put", "--tenant", "demo", rules, "--json").stdout)["number"]
    outage = ["outage", "declare", "--tenant", "demo", "--outage", "json", "--services", "tv", "--when", '{"line.plan": "json"}', "--text", "en: Gone|de: Weg"]
    commands = [
        ["policy", "put", "--tenant", "demo", rules], ["policy", "list", "--tenant", "demo"], ["policy", "show", "--tenant", "demo", number],
        ["policy", "test", "--tenant", "demo", rules], ["policy", "activate", "--tenant", "demo", number], ["policy", "rollback", "--tenant", "demo"],
        ["policy", "off", "--tenant", "demo"],
        ["enterprise", "set", "--tenant", "demo", "--enterprise", "json", "--allowed", "yes"], ["enterprise", "list", "--tenant", "demo"],
        ["enterprise", "show", "--tenant", "demo", "json"], ["enterprise", "delete", "--tenant", "demo", "json"],
        ["addon", "set", "--tenant", "demo", "--addon", "json", "--offer", '{"vowifi": true}'], ["addon", "list", "--tenant", "demo"],
        ["addon", "show", "--tenant", "demo", "json"], ["addon", "delete", "--tenant", "demo", "json"],
        outage, ["outage", "list", "--tenant", "demo"], ["outage", "show", "--tenant", "demo", "json"], ["outage", "end", "--tenant", "demo", "json"],
        ["tenant", "list"], ["tenant", "show", "demo"], ["tenant", "set", "--tenant", "demo", "--name", "Demo Mobile"],
        ["plan", "list", "--tenant", "demo"], ["plan", "set", "--tenant", "demo", plan], ["plan", "show", "--tenant", "demo", "json"],
        ["plan", "delete", "--tenant", "demo", "json"],
        ["client", "set", "--tenant", "demo", client], ["client", "list", "--tenant", "demo"], ["client", "show", "--tenant", "demo", "json"],
        ["client", "delete", "--tenant", "demo", "json"],
        ["subscriber", "add", *one, "--plan", "gold", *line.keys()], ["subscriber", "show", *one], ["subscriber", "list", "--tenant", "demo"],
        ["subscriber", "set", *one, "--plan", "basic"], ["subscriber", "suspend", *one], ["subscriber", "resume", *one],
        ["subscriber", "reset-tokens", *one], ["subscriber", "consents", *one], ["subscriber", "import", "--tenant", "demo", file], ["keys", "status", *one], ["keys", "set", *one, *line.keys()],
        ["explain", *one, "--app", "ap2004"], ["subscriber", "swap-sim", *one, "--new-imsi", other.imsi, *other.keys()],
        ["keys", "remove", "--tenant", "demo", "--imsi", other.imsi], ["subscriber", "terminate", "--tenant", "demo", "--imsi", other.imsi],
        ["subscriber", "remove", "--tenant", "demo", "--imsi", other.imsi], ["subscriber", "erase", "--tenant", "demo", "--imsi", other.imsi], ["audit", "--limit", "5"],
        ["subscriber", "remove", "--tenant", "demo", "--imsi", other.imsi], ["audit", "--limit", "5"],
        ["equipment", "set", "--tenant", "demo", "356938035643809", "--state", "tracked"], ["equipment", "list", "--tenant", "demo"],
        ["equipment", "show", "--tenant", "demo", "356938035643809"], ["equipment", "import", "--tenant", "demo", devices],
        ["equipment", "remove", "--tenant", "demo", "356938035643809"], ["model", "set", "--tenant", "demo", "35693803", "--vendor", "ACME"],
        ["model", "list", "--tenant", "demo"], ["model", "show", "--tenant", "demo", "35693803"],
        ["model", "import", "--tenant", "demo", models], ["model", "remove", "--tenant", "demo", "35693803"],
        ["credential", "add", "json", "--role", "readonly"], ["credential", "list"], ["credential", "remove", "json"],
        ["bss", "letters", "--tenant", "demo"], ["qos", "list", "--tenant", "demo"],
    ]
    for words in commands:
        json.loads(stack.ctl(*words, "--json").stdout)
    check = stack.ctl("check", "--tenant", "demo", "--json", check=False)
    assert check.returncode in (0, 1) and json.loads(check.stdout)
    help_text = stack.ctl("--help").stdout
    known = {tuple(m) for m in re.findall(r"^  ([a-z]+)(?: ([a-z-]+))?  +\S", help_text, re.M)}
    elsewhere = [["check"], ["bss", "replay"], ["bss", "discard"], ["qos", "retry"], ["qos", "cancel"]]  # test_bss_events.py has letters, test_qos.py orders
    of_esim = [[noun, verb] for noun, verbs in (("order", "list show retry cancel"), ("profile", "list show put delete"), ("stock", "list import delete")) for verb in verbs.split()]  # test_esim_admin.py
    of_notify = [[noun, verb] for noun, verbs in (("notify", "show test failures failure replay discard channels"),
                                                  ("mass", "list show pause resume cancel rate")) for verb in verbs.split()]  # test_notify_admin.py
    assert known == {(w[0], w[1] if len(w) > 1 and not w[1].startswith("-") else "") for w in commands + elsewhere + of_esim + of_notify}


def test_every_command_explains_itself():
    def run(*words):
        return subprocess.run([BIN / "openesctl", *words], capture_output=True, text=True, timeout=20)
    for noun, verb in re.findall(r"^  ([a-z]+)(?: ([a-z-]+))?  +\S", run("--help").stdout, re.M):
        words = [noun, verb] if verb else [noun]
        done = run(*words, "--help")
        assert done.returncode == 0 and f"openesctl {' '.join(words)} " in done.stdout, "usage and an example"
    wrong = run("subscriber", "ad")
    assert wrong.returncode == 2 and "add, show, list" in wrong.stderr
    wrong = run("subscriber", "add", "--imis", "1")
    assert wrong.returncode == 2 and "did you mean --imsi?" in wrong.stderr


def test_the_only_tenant_need_not_be_named(own_stack):
    running = own_stack()
    assert json.loads(running.ctl("explain", "--imsi", "001010000000001", "--app", "ap2004", "--json").stdout)["rules"]
    running.ctl("tenant", "set", "--tenant", "second", "--imsi-ranges", "0010199")
    done = running.ctl("explain", "--imsi", "001010000000001", "--app", "ap2004", check=False)
    assert done.returncode == 2 and "demo, second" in done.stderr


@pytest.mark.parametrize("words,why", [
    (["--algorithm", "comp128", "--k", "00" * 16], "milenage or tuak"),
    (["--algorithm", "tuak", "--k", "00" * 16, "--opc", "00" * 16], "--opc does not go with"),
    (["--k", "00" * 16, "--opc", "00" * 16, "--res-length", "8"], "--res-length does not go with"),
    (["--algorithm", "tuak", "--k", "00" * 16], "one of --topc and --top"),
    (["--algorithm", "tuak", "--k", "00" * 24, "--topc", "00" * 32], "32 or 64 hexadecimal digits"),
    (["--algorithm", "tuak", "--k", "00" * 16, "--topc", "00" * 16], "64 hexadecimal digits"),
    (["--algorithm", "tuak", "--k", "00" * 16, "--topc", "00" * 32, "--res-length", "12"], "4, 8 or 16"),
])
def test_secrets_that_make_no_sense_are_not_sent(stack, words, why):
    done = stack.ctl("keys", "set", "--tenant", "demo", "--imsi", "001010000000001", *words, check=False)
    assert done.returncode == 2 and why in done.stderr


@pytest.mark.parametrize("words", [["--algorithm", "tuak"], ["--amf", "8000"], ["--sqn", "32"], ["--res-length", "8"], ["--opc", "00" * 16]], ids=" ".join)
def test_half_of_a_secret_is_told_and_not_passed_over(stack, line, words):
    """A SIM whose keys were said to be TUAK's is not one with the keys that were there."""
    one = ["--tenant", "demo", "--imsi", line.add().imsi]
    before = stack.ctl("subscriber", "show", *one, "--json").stdout
    for command in (["add", *one, "--plan", "silver"], ["swap-sim", *one]):
        done = stack.ctl("subscriber", *command, *words, check=False)
        assert done.returncode == 2 and "--k is missing" in done.stderr and "--opc" in done.stderr
    assert stack.ctl("subscriber", "show", *one, "--json").stdout == before


def test_topc_of_tuak_is_computed_where_top_is_known(stack, client, line):
    """TS 35.233 test set 1: TOP goes no further than openesctl, and the SIM that has its TOPc gets in."""
    (k, topc), imsi = TUAK_SETS[0], line.add().imsi
    stack.ctl("keys", "set", "--tenant", "demo", "--imsi", imsi, "--algorithm", "tuak", "--k", k, "--top", "55" * 32, "--res-length", "4")
    assert json.loads(stack.ctl("keys", "status", "--tenant", "demo", "--imsi", imsi, "--json").stdout)["algorithm"] == "tuak"
    usim = Usim(imsi, k, topc, functions=Tuak(bytes.fromhex(k), bytes.fromhex(topc), res=4))
    assert authenticate(client, usim).status == 200

"""Several operators on one server: who is whose, what none can do to another, and that the flood of one is its own affair."""

import contextlib
import json
import re

import pytest
from operators import Operators, operations
from servers import HOST, OTHER_HOST, ask
from stack import ROOT, Stack, wait_for
from ts43 import EAP_RELAY, Client, authenticate, nai, params
from usim import TEST_SETS, Usim

LINES = {"alpha": "001017700000001", "beta": "001018800000001", "gamma": "001016600000001"}  # gamma: by GID1 alone
SPLIT = {"alpha": {"imsi_ranges": ["0010177"]}, "beta": {"imsi_ranges": ["0010188"]}, "gamma": {"gid1": ["AB12"]}}
GOLD = json.loads((ROOT / "deploy/demo/plan-gold.json").read_text())


class Tenants:
    """Three on one network, beside the demo's."""

    def __init__(self, running):
        self.running, self.api = running, Operators(running)
        for name, imsi in LINES.items():
            self.set(name)
            assert self.api("PUT", f"/v1/tenants/{name}/plans/gold", {**GOLD, "id": "gold"})[0] == 201
            running.ctl("subscriber", "add", "--tenant", name, "--imsi", imsi, "--plan", "gold", "--k", TEST_SETS[1][0], "--opc", TEST_SETS[1][1], "--amf", "8000")
        self.admins = {name: self.api.as_(self.api("PUT", f"/v1/credentials/{name}", {"role": "admin", "tenant": name})[1]["token"]) for name in LINES}
        self.sims = {name: Usim(imsi, *TEST_SETS[1]) for name, imsi in LINES.items()}
        wait_for(lambda: all(self.authenticate(name).status == 200 for name in LINES), what="auth knows the tenants")

    def set(self, name, **more):
        body = {"id": name, "plmns": ["00101"], "vowifi": {"url": self.url(name), "terms_required": True}, **SPLIT[name], **more}
        assert self.api("PUT", f"/v1/tenants/{name}", body)[0] in (200, 201)

    @staticmethod
    def url(name):
        return f"https://{name}.example/vowifi"

    @contextlib.contextmanager
    def client(self):
        client = Client(self.running)
        try:
            yield client
        finally:
            client.close()

    def authenticate(self, name, **more):
        with self.client() as client:
            return authenticate(client, self.sims[name], **{**({"GID1": "AB12"} if name == "gamma" else {}), **more})

    def token(self, name, **more):
        return self.authenticate(name, **more).token()

    def line(self, name):
        """Without its devices, which are noted when there is time."""
        return {k: v for k, v in self.api("GET", f"/v1/tenants/{name}/subscribers/{LINES[name]}")[1].items() if k != "devices"}

    def get(self, headers=None, **more):
        with self.client() as client:
            return client.get(params(**more), headers=headers)


@pytest.fixture(scope="module")
def tenants(tmp_path_factory):
    running = Stack(tmp_path_factory.mktemp("tenants"))
    try:
        yield Tenants(running.start().load_demo())
    finally:
        running.stop()


def test_phones_of_one_network_are_told_apart_by_range_and_by_gid1(tenants):
    for name in LINES:
        assert tenants.authenticate(name).apps()["ap2004"]["ServiceFlow_URL"] == tenants.url(name)
    assert tenants.authenticate("gamma", GID1="FF").status == 403
    assert tenants.authenticate("alpha", GID1="AB12").apps()["ap2004"]["ServiceFlow_URL"] == tenants.url("alpha"), "a range says more than GID1"


def test_a_token_shows_its_own_tenants_line_whatever_is_said_beside_it(tenants):
    token = tenants.token("alpha")
    for more in ({}, {"GID1": "AB12"}, {"headers": {"Host": HOST}}):
        assert tenants.get(token=token, **more).apps()["ap2004"]["ServiceFlow_URL"] == tenants.url("alpha")
    for name in ("beta", "gamma"):
        assert tenants.get(token=token, IMSI=LINES[name]).status == 511
        with tenants.client() as client:
            answer = client.get(params(token=token, EAP_ID=nai(LINES[name]), IMSI=LINES[name], GID1="AB12"), accept=EAP_RELAY)
        assert answer.type == EAP_RELAY, "whoever wants another line has to be its SIM"


def test_a_challenge_for_one_tenants_sim_is_not_answered_by_anothers(tenants):
    with tenants.client() as client:
        impostor = Usim(LINES["beta"], *TEST_SETS[2])
        assert authenticate(client, impostor).status == 403
    assert tenants.authenticate("beta").status == 200


def fill(template, tenant):
    known = {"tenant": tenant, "imsi": LINES[tenant], "plan": "gold"}
    return re.sub(r"\{([^}]+)\}", lambda found: known.get(found[1], "1"), template)


TENANTS_OWN = [(method, path, "requestBody" in found) for method, path, found in operations() if path.startswith("/v1/tenants/{tenant}")]


@pytest.mark.parametrize("method,path,has_body", TENANTS_OWN, ids=str)
def test_an_administrator_of_one_tenant_reads_and_changes_nothing_of_another(tenants, method, path, has_body):
    """Every operation of the API that names a tenant, with the credential that may do most; BSSs sign instead."""
    before = tenants.line("beta")
    status, _, text = tenants.admins["alpha"].raw(method, fill(path, "beta"), *((b"{}", {"Content-Type": "application/json"}) if has_body else ()))
    assert status in ((403,) if "/bss/" not in path else (401, 403, 404)), (status, text)
    assert LINES["beta"].encode() not in text
    assert tenants.line("beta") == before


def test_what_an_administrator_of_a_tenant_sees_of_all_is_its_own(tenants):
    alpha = tenants.admins["alpha"]
    assert [t["id"] for t in alpha("GET", "/v1/tenants")[1]["items"]] == ["alpha"]
    trail = alpha("GET", "/v1/audit?limit=200")[1]["items"]
    assert trail and {entry["tenant"] for entry in trail} == {"alpha"}
    for name in ("beta", "demo"):
        assert alpha("GET", f"/v1/audit?tenant={name}")[0] == 403
    assert alpha("PUT", "/v1/credentials/mine", {"role": "admin", "tenant": "beta"})[0] == 403


def test_a_line_and_keys_that_a_tenant_makes_for_anothers_imsi_are_nobodys(tenants):
    """Its range says whose an IMSI is, not who wrote it down."""
    running, imsi = tenants.running, LINES["beta"]
    running.ctl("subscriber", "add", "--tenant", "alpha", "--imsi", imsi, "--plan", "gold", "--k", TEST_SETS[2][0], "--opc", TEST_SETS[2][1], "--amf", "8000")
    try:
        with tenants.client() as client:
            assert authenticate(client, Usim(imsi, *TEST_SETS[2])).status == 403
        assert tenants.authenticate("beta").apps()["ap2004"]["ServiceFlow_URL"] == tenants.url("beta")
        running.ctl("subscriber", "suspend", "--tenant", "alpha", "--imsi", imsi)
        assert tenants.api("GET", f"/v1/tenants/beta/subscribers/{imsi}")[1]["status"] == "active"
    finally:
        running.ctl("subscriber", "remove", "--tenant", "alpha", "--imsi", imsi)
    assert tenants.authenticate("beta").status == 200


def test_a_temporary_token_of_one_tenant_is_refused_beside_the_access_token_of_another(servers):
    token, access = servers.phone().temporary_token("GetPhoneNumber"), servers.stranger.access_token()
    answer = ask(servers.running, "GetPhoneNumber", temporary_token=token, access_token=access)
    assert answer.status in (401, 403) and b"+1555" not in answer.body
    for host in (HOST, OTHER_HOST):
        answer = ask(servers.running, "GetPhoneNumber", temporary_token=token, access_token=access, host=host)
        assert answer.status in (401, 403) and b"+1555" not in answer.body
    assert ask(servers.running, "GetPhoneNumber", temporary_token=token).status == 200, "it was not spent"


# ---- limits ----


def limited(tenants):
    return tenants.running["policy0"].metric("openes_policy_limited_total")


def test_a_tenant_that_floods_is_told_to_wait_and_the_others_are_served(tenants):
    tokens = {name: tenants.token(name) for name in LINES}
    tenants.set("alpha", limits={"requests_per_second": 1})
    try:
        with tenants.client() as one, tenants.client() as other:
            wait_for(lambda: (one.get(params(token=tokens["alpha"])).waits()), what="more than one in a second")
            for name in ("beta", "gamma"):
                assert other.get(params(token=tokens[name])).status == 200
            wait_for(lambda: one.get(params(token=tokens["alpha"])).status == 200, what="the next second")
        assert tenants.authenticate("alpha").status == 200, "whoever authenticates is served"
    finally:
        tenants.set("alpha")
    with tenants.client() as one:
        assert [one.get(params(token=tokens["alpha"])).status for _ in range(20)] == [200] * 20
    lines = [json.loads(line) for line in tenants.running["policy0"].log().splitlines() if "tenant.limited" in line]
    assert lines and {line["tenant"] for line in lines} == {"alpha"} and lines[0]["refused"] >= 1


def test_nobody_of_a_tenant_raises_its_limit(tenants):
    own = {"id": "alpha", "plmns": ["00101"], **SPLIT["alpha"], "limits": {"requests_per_second": 7}}
    assert tenants.api("PUT", "/v1/tenants/alpha", own)[0] == 200
    try:
        status, error = tenants.admins["alpha"]("PUT", "/v1/tenants/alpha", {**own, "limits": {"requests_per_second": 0}})
        assert status == 403 and error["field"] == "limits"
        status, error = tenants.admins["alpha"]("PUT", "/v1/tenants/alpha", {**own, "authentication": {"challenges_per_second": 7}})
        assert status == 403 and error["field"] == "authentication.challenges_per_second"
        assert tenants.admins["alpha"]("PUT", "/v1/tenants/alpha", {**own, "validity": 3600})[0] == 200
    finally:
        tenants.set("alpha")

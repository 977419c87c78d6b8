"""ap2013, private user identity (TS.43 12): what the phone reads, and what a Wi-Fi gateway makes of it with its key alone."""

import base64
import datetime
import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from jwcrypto import jwe, jwk
from operators import Operators
from stack import ROOT, Stack
from ts43 import JSON, XML, Client, authenticate, params, whole_document
from usim import demo_imsi, demo_usim

KEY = bytes.fromhex("5f" * 32)


def tenant_key(tenant="demo"):
    """HKDF-SHA256 (RFC 5869) without salt, one block: what docs/private-identity.md tells an operator to compute."""
    prk = hmac.new(bytes(32), KEY, hashlib.sha256).digest()
    return hmac.new(prk, f"openes private identity {tenant}".encode() + b"\1", hashlib.sha256).digest()


def open_encrypted(name):
    token = jwe.JWE()
    token.deserialize(name, jwk.JWK(kty="oct", k=base64.urlsafe_b64encode(tenant_key()).rstrip(b"=").decode()))
    claims = json.loads(token.payload)
    return claims["imsi"], claims["exp"]


def open_pseudonym(name):
    assert name[0] == "2"
    octets = base64.urlsafe_b64decode(name[1:] + "=" * (-len(name[1:]) % 4))
    plain = AESGCM(tenant_key()).decrypt(octets[4:16], octets[16:], octets[:4])
    return plain[8:].decode(), int.from_bytes(plain[:8], "big")


class Identities:
    def __init__(self, running):
        self.running, self.api, self.client = running, Operators(running), Client(running)
        gold = json.loads((ROOT / "deploy/demo/plan-gold.json").read_text())
        assert self.api("PUT", "/v1/tenants/demo/plans/gold", {**gold, "private_identity": True})[0] == 200

    def tenant(self, **settings):
        tenant = json.loads((ROOT / "deploy/demo/tenant.json").read_text())
        status, body = self.api("PUT", "/v1/tenants/demo", {**tenant, "private_identity": settings})
        assert status == 200, body

    def log(self):
        return "".join(p.log() for p in self.running.processes.values())


@pytest.fixture(scope="module")
def identities(tmp_path_factory):
    folder = tmp_path_factory.mktemp("identities")
    key = folder / "private-id.key"
    key.write_text(KEY.hex() + "\n")
    key.chmod(0o600)
    running = Stack(folder / "stack", overrides={"policy": {"private_id_key_file": key}})
    try:
        yield Identities(running.start().load_demo())
    finally:
        running.stop()


@pytest.fixture(scope="module")
def phone(identities):
    """phone(n): a TOKEN of ap2013, by the full authentication of TS.43 12.2."""
    tokens = {}

    def get(n):
        if n not in tokens:
            tokens[n] = authenticate(identities.client, demo_usim(n), app="ap2013").token()
        return tokens[n]

    return get


def ask(identities, token, accept=XML):
    return identities.client.get(params(token=token, app="ap2013"), accept=accept)


@pytest.mark.parametrize("form", [XML, JSON], ids=["xml", "json"])
@pytest.mark.parametrize("kind,number,opened", [("encrypted", "2", open_encrypted), ("pseudonym", "1", open_pseudonym)], ids=["encrypted", "pseudonym"])
def test_a_gateway_opens_the_name_with_its_tenants_key_alone(identities, phone, kind, number, opened, form):
    """V12-PUI-01, V12-PUI-02, V12-PUI-03, V12-PUI-05, V12-PUI-06"""
    identities.tenant(type=kind, life=86400)
    parms = ask(identities, phone(1), form).applications()["ap2013"]
    assert list(parms) == ["EntitlementStatus", "PrivateUserID", "PrivateUserIDType", "PrivateUserIDExpiry"]
    assert parms["EntitlementStatus"] == "1" and parms["PrivateUserIDType"] == number
    name = parms["PrivateUserID"]
    assert 0 < len(name) < 1016 and demo_imsi(1) not in name and demo_imsi(1)[5:] not in name
    found, expiry = opened(name)
    assert found == demo_imsi(1)
    assert datetime.datetime.fromtimestamp(expiry, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") == parms["PrivateUserIDExpiry"]
    assert ask(identities, phone(1), form).applications()["ap2013"] == parms, "asking again makes no other name"
    assert ask(identities, phone(2), form).applications()["ap2013"]["PrivateUserID"] != name


def test_the_whole_document_letter_by_letter(identities, phone):
    """V12-PUI-02, V12-PUI-04: the phone takes its name from the challenge, and is told so by an empty one of type 1."""
    identities.tenant(type="challenge")
    assert ask(identities, phone(1)).masked() == whole_document("""<characteristic type="APPLICATION">
<parm name="AppID" value="ap2013"/>
<parm name="EntitlementStatus" value="1"/>
<parm name="PrivateUserID" value=""/>
<parm name="PrivateUserIDType" value="1"/>
</characteristic>
""")
    assert ask(identities, phone(1), JSON).applications()["ap2013"] == {"EntitlementStatus": "1", "PrivateUserID": "", "PrivateUserIDType": "1"}


def test_who_may_not_use_it_gets_no_name_and_never_status_3(identities, phone):
    """V12-PUI-01"""
    identities.tenant(type="encrypted")
    ctl = identities.running.ctl

    def line(*settings):
        ctl("subscriber", "set", "--tenant", "demo", "--imsi", demo_imsi(2), *settings)
        return ask(identities, phone(2)).applications()["ap2013"]

    assert line("--opt-outs", "private_identity") == {"EntitlementStatus": "2"}
    assert line("--opt-outs", "", "--plan", "basic") == {"EntitlementStatus": "2"}
    assert line("--plan", "gold")["EntitlementStatus"] == "1"
    identities.tenant()
    assert ask(identities, phone(2)).applications()["ap2013"] == {"EntitlementStatus": "2"}
    identities.tenant(type="encrypted")
    ctl("subscriber", "suspend", "--tenant", "demo", "--imsi", demo_imsi(3))
    assert ask(identities, phone(3)).applications()["ap2013"] == {"EntitlementStatus": "0"}


def test_the_help_desk_sees_why_but_neither_name_nor_key(identities, phone):
    identities.tenant(type="pseudonym")
    name = ask(identities, phone(1)).applications()["ap2013"]["PrivateUserID"]
    told = json.loads(identities.running.ctl("explain", "--tenant", "demo", "--imsi", demo_imsi(1), "--app", "ap2013", "--json").stdout)
    assert told["answer"]["ap2013"]["EntitlementStatus"] == "1" and name not in json.dumps(told)
    assert told["rules"][0] == {"rule": "private_identity.type", "saw": "pseudonym", "said": "go on"}
    log = identities.log()
    assert KEY.hex() not in log and tenant_key().hex() not in log and name not in log

"""What the flows of TS.43 7, 8 and 10 share: the five processes with an SM-DP+, an order management, a provider and an SMS gateway around them, and
phones that speak ODSA.

    odsa.settings(sheet="choice", url=...)      # of the tenant's member "esim", over Odsa.USUAL
    line = odsa.line(plan="all")                # a subscriber that no other test has
    phone = line.phone("ap2006", form="json")   # authenticates with EAP-AKA when it first asks; Phone(..., token=...) has one
    watch = Watch()                             # a companion: its identifiers, and what is asked for it
    told = phone.manage(0, **watch.new)         # the application of the answer as nested dicts, the same from XML and JSON
    watch.download(odsa, told["DownloadInfo"])  # from the SM-DP+, which checks it and tells us
    odsa.ends(line, "done")                     # its last order
"""

import base64
import csv
import io
import itertools
import json
import subprocess
import sys

from bss_stack import client_certificate
from operators import Operators
from people import FakeProvider, Keys, SmsGateway, query_of
from servers import Backend
from stack import ROOT, Stack, free_port, wait_for
from ts43 import JSON, XML, Client, authenticate, params
from usim import TEST_SETS, Usim

sys.path.insert(0, str(ROOT / "tests/peers"))
from esim_bss import EsimBss  # noqa: E402
from smdp import Notifier, SmDp, new_eid  # noqa: E402

DEMO = "/v1/tenants/demo"
LISTS = {"CompanionConfigurations", "PrimaryConfigurations", "PlanOffers"}
LINES = 500
PATIENCE = 20  # seconds; the bound only ends a failing test

CORE = """
[oidc fake]
issuer = {provider.issuer}
client_id = ecs
client_secret_file = {secret}
client_auth = post
redirect_uri = {url}
ca_file = {ca}
"""
SMDP = """
[smdp {name}]
url = {dp.url}
ca_file = {keys}/ca.crt
cert_file = {cert}
key_file = {key}
requester_id = openes.example
smdp_address = smdp.example
smds_address = smds.example
notify_certificates = {fingerprint}
{pace}"""
PACE = "timeout = 500ms\nretry_first = 20ms\nretry_max = 100ms\ntries_max = {tries}\nlease = 500ms\nbreaker_failures = 0\n"
PLANS = {
    "all": {"companion": {"allowed": True, "services": ["SharedNumber", "DiffNumber", "FamilyNumber"], "max": 3}, "primary_esim": True},
    "one": {"companion": {"allowed": True, "services": ["SharedNumber"], "max": 1}, "primary_esim": True},
    "none": {"companion": {"allowed": False, "services": [], "max": 0}, "primary_esim": False},
}
PLANS |= {name: PLANS["all"] for name in ("small", "large")}
KINDS = {"companion_profile_type": "gold", "primary_profile_type": "gold"}
_imeis = itertools.count(35_000_000_000_000)


def new_imei():
    return f"{next(_imeis)}0"


def nested(element):
    """A characteristic as TS.43 2.9.4 writes it in JSON: what holds several of one kind is a list."""
    out = {p.get("name"): p.get("value") for p in element.findall("parm")}
    for part in element.findall("characteristic"):
        name = part.get("type")
        out[name] = [{c.get("type"): nested(c)} for c in part.findall("characteristic")] if name in LISTS else nested(part)
    return out


def application(answer, app):
    """The only APPLICATION of a document, without its AppID."""
    assert answer.status == 200, (answer.status, answer.body)
    if answer.type.startswith(JSON):
        return answer.json()[app]
    found = [nested(c) for c in answer.xml().findall("characteristic") if c.get("type") == "APPLICATION"]
    assert [a.pop("AppID") for a in found] == [app]
    return found[0]


def activation_code(info):
    """V12-ODSA-MS-06, V12-ODSA-MS-07: the one of two ways that there is no EID for; in Base64, and of SGP.22 4.1."""
    assert set(info) == {"ProfileActivationCode"}
    code = base64.b64decode(info["ProfileActivationCode"], validate=True).decode()
    parts = code.split("$")
    assert parts[0] == "1" and parts[1] == "smdp.example" and len(parts) >= 3
    return code


class Device:
    """Something with an eUICC."""

    def __init__(self):
        self.id, self.eid, self.iccid = new_imei(), new_eid(), None

    def download(self, odsa, info, **more):
        """As its LPA does; the SM-DP+ tells of each point."""
        if "ProfileActivationCode" in info:
            profile = odsa.dp.download(activation_code(info), self.eid, **more)
        else:
            assert set(info) == {"ProfileSmdpAddress", "ProfileIccid"} and info["ProfileSmdpAddress"] == "smdp.example"
            profile = odsa.dp.download_by_address(info["ProfileSmdpAddress"], self.eid, **more)
            assert profile.iccid == info["ProfileIccid"]
        assert profile.state == "Installed"
        self.iccid = profile.iccid
        return profile


class Watch(Device):
    def __init__(self, **more):
        super().__init__()
        self.named = {"companion_terminal_id": self.id}
        self.new = {**self.named, "companion_terminal_eid": self.eid, "companion_terminal_vendor": "ACME", "companion_terminal_model": "Watch",
                    "companion_terminal_friendly_name": "Ann's watch", **more}

    @property
    def known(self):
        """With the ICCID that it has."""
        return {**self.new, "companion_terminal_iccid": self.iccid}


class NewPhone(Device):
    """A phone that has no SIM yet, as others name it."""

    @property
    def target(self):
        return {"target_terminal_id": self.id, "target_terminal_eid": self.eid}


class Phone:
    """Asks for a line in one application; `credential` is what it brings, {"token": ...} or another."""

    def __init__(self, odsa, line, app, form="xml", terminal_id=None, credential=None, **more):
        self.odsa, self.line, self.app, self.accept = odsa, line, app, JSON if form == "json" else XML
        self.terminal_id, self.credential, self.more = terminal_id or new_imei(), credential, more

    def log_in(self):
        """EAP-AKA with the line's SIM."""
        with self.odsa.client() as client:
            answer = authenticate(client, self.line.usim, app=self.app, terminal_id=self.terminal_id)
        assert answer.status == 200, (answer.status, answer.body)
        self.credential = {"token": answer.token()}
        return answer

    def ask(self, operation, **more):
        if self.credential is None:
            self.log_in()
        asked = params(app=self.app, operation=operation, terminal_id=self.terminal_id, **{**self.more, **self.credential, **more})
        with self.odsa.client() as client:
            return client.get(asked, accept=self.accept)

    def told(self, operation, result=1, **more):
        """V12-ODSA-G-01: there is an OperationResult in each answer."""
        told = application(self.ask(operation, **more), self.app)
        assert told["OperationResult"] == str(result), told
        return told

    def manage(self, operation_type, result=1, **more):
        told = self.told("ManageSubscription", result, operation_type=operation_type, **more)
        if result == 1:
            check_subscription(told)
        return told

    def look(self, **more):
        """The configurations that AcquireConfiguration tells of, without the list around them."""
        told = self.told("AcquireConfiguration", **more)
        kind = {"ap2006": "Companion", "ap2009": "Primary", "ap2011": "Enterprise"}[self.app] + "Configuration"
        found = [one[kind] for one in told.get(kind + "s", [])] + ([told[kind]] if kind in told else [])
        for one in found:
            check_configuration(one, self.app)
        return found

    def only(self, **more):
        found = self.look(**more)
        assert len(found) == 1, found
        return found[0]


def check_subscription(told):
    """V12-ODSA-MS-03, V12-ODSA-MS-04, V12-ODSA-MS-05, V12-ODSA-MS-13: a result, and what belongs to it."""
    result = told["SubscriptionResult"]
    assert result in "12345678" and len(result) == 1
    assert ("SubscriptionServiceURL" in told) == (result == "1")
    assert ("DownloadInfo" in told) == (result == "2")
    assert ("MSG" in told) == (result == "8")


def check_configuration(one, app):
    """V12-ODSA-AC-02, V12-ODSA-AC-05: members that are always there, and an interval only while something is awaited."""
    assert one["ServiceStatus"] in ("1", "2", "3", "4")
    assert app != "ap2006" or one["CompanionDeviceService"] in ("SharedNumber", "DiffNumber", "FamilyNumber")
    assert "PollingInterval" not in one or one["ServiceStatus"] == "2"


class Line:
    def __init__(self, odsa, n):
        self.odsa, self.imsi, self.msisdn = odsa, f"001010000010{n:03}", f"+15550010{n:03}"
        self.usim, self.path = Usim(self.imsi, *TEST_SETS[0]), f"{DEMO}/subscribers/{self.imsi}"

    def phone(self, app, **more):
        return Phone(self.odsa, self, app, **more)

    def patch(self, **members):
        status, body = self.odsa.api("PATCH", self.path, members)
        assert status == 200, body
        return self

    def orders(self, **filters):
        query = "&".join(f"{name}={value}" for name, value in {"imsi": self.imsi, **filters}.items())
        status, body = self.odsa.api("GET", f"{DEMO}/esim-orders?{query}")
        assert status == 200, body
        return body["items"]

    def order(self):
        """The last one, with its steps."""
        return self.odsa.api("GET", f"{DEMO}/esim-orders/{self.orders()[-1]['id']}")[1]

    def profiles(self):
        return self.odsa.api("GET", f"{self.path}/profiles")[1]["items"]

    def put_profile(self, iccid, **document):
        status, body = self.odsa.api("PUT", f"{self.path}/profiles/{iccid}", document)
        assert status in (200, 201), body


class Odsa:
    USUAL = {"smdp": "main", "bss": "crm", "answer_within_ms": 5000}

    def __init__(self, folder, **stack):
        self.dir, self._lines, self._backends, self._ends = folder, itertools.count(1), itertools.count(1), []
        self.port = free_port()
        self.sheet_url = f"https://127.0.0.1:{self.port}/sheet"
        self.stack = Stack(folder / "stack", device_port=self.port, peers_die=True, **stack)
        keys = self.stack.keys
        cert, key = client_certificate(keys)
        others = Keys(folder / "others")
        self.dp = self._keep(SmDp(pki=keys, stock={"gold": 2000, "silver": 100}))
        self.bss = self._keep(EsimBss(says={"profile_type": None}))
        self.provider, self.sms = self._keep(FakeProvider(others)), self._keep(SmsGateway(others))
        listen = f"127.0.0.1:{free_port()}"
        self.dp.notifier = Notifier(f"https://{listen}", self.stack.ca, cert, key)
        self._write(keys, cert, key, others, listen)

    def _keep(self, peer):
        self._ends.append(peer.close)
        return peer

    def _write(self, keys, cert, key, others, listen):
        secret, core, peers = (self.dir / name for name in ("secret", "core.conf", "peers.conf"))
        for file in (secret, self.dir / "sim-id.key"):
            file.write_text("11" * 32 + "\n")
            file.chmod(0o600)
        core.write_text(CORE.format(provider=self.provider, secret=secret, url=f"https://127.0.0.1:{self.port}/", ca=others.ca))
        told = subprocess.run(["openssl", "x509", "-in", cert, "-noout", "-fingerprint", "-sha256"], check=True, capture_output=True, text=True).stdout
        text = ""
        for tries, smdp, bss in ((4, "main", "crm"), (1000, "patient", "patient")):  # sections of the same peers
            pace = PACE.format(tries=tries)
            text += SMDP.format(name=smdp, dp=self.dp, keys=keys, cert=cert, key=key, fingerprint=told.split("=", 1)[1].strip(), pace=pace)
            quick = dict(line.split(" = ") for line in pace.splitlines())
            text += self.bss.section(**quick).replace("[bss crm]", f"[bss {bss}]")
        peers.write_text(text)
        self.stack.overrides = {
            "auth": {"core_file": core, "codes_per_number": 10, "codes_per_address": 1000},
            "policy": {"sim_id_key_file": self.dir / "sim-id.key"},
            "notify": {"sms_url": self.sms.url, "sms_user": "openes", "sms_password_file": secret, "sms_sender": "Demo", "sms_ca_file": others.ca},
            "esim": {"peers_file": peers},
            "gateway": {"es2_listen": listen, "es2_cert_file": keys / "server.crt", "es2_key_file": keys / "server.key", "es2_client_ca_file": keys / "ca.crt"},
        }

    def start(self):
        self.stack.start()
        self.api = Operators(self.stack)
        self._tenant = json.loads((ROOT / "deploy/demo/tenant.json").read_text())
        self._tenant["hosts"].append("127.0.0.1")
        self._tenant["authentication"] = {"sms_code": True, "oidc": "fake", "temporary_token_ttl": 900}
        self.settings()
        for name in PLANS:
            self.plan(name)
        rows = io.StringIO()
        table = csv.writer(rows)
        table.writerow(["imsi", "msisdn", "plan", "status", "k", "opc", "amf"])
        table.writerows([[line.imsi, line.msisdn, "one", "active", *TEST_SETS[0], "8000"] for line in (Line(self, n) for n in range(LINES))])
        self.stack.ctl("subscriber", "import", "--tenant", "demo", "-", stdin=rows.getvalue())
        return self

    def stop(self):
        for end in reversed(self._ends):
            end()
        self.stack.stop()

    def put(self, path, document):
        status, body = self.api("PUT", f"{DEMO}/{path}", document)
        assert status in (200, 201), body

    def plan(self, name, **esim):
        self.put(f"plans/{name}", {"id": name, "name": name, "volte": "all", **PLANS[name], "esim": {**KINDS, **esim}})

    def settings(self, more=None, **esim):
        """policy knows them at once. `more`: of the tenant itself."""
        document = {**self._tenant, **(more or {}), "esim": {**self.USUAL, **esim}}
        document["esim"] = {name: value for name, value in document["esim"].items() if value is not None}
        status, body = self.api("PUT", DEMO, document)
        assert status in (200, 201), body

    def sheets(self, sheet="choice", more=None, **esim):
        """Settings with web sheets of our own."""
        self.settings(more=more, sheet=sheet, url=self.sheet_url, **esim)

    def usual(self):
        """All is well again, before each test."""
        self.settings()
        self.dp.say()
        self.bss.owns, self.dp.notifier.is_held = False, False
        for step in ("*", "verify", "order", "provision", "service", "retire", "cancel", "deprovision"):
            self.bss.tell(step)

    def check(self):
        """What must never be, after each test."""
        self.dp.check()
        self.bss.check()

    def client(self):
        return _Closing(self.stack)

    def line(self, plan="all", **members):
        return Line(self, next(self._lines)).patch(plan=plan, **members)

    def ends(self, line, state="done"):
        """The last order of the line comes to that state."""
        try:
            wait_for(lambda: line.orders()[-1]["state"] == state, PATIENCE)
        except AssertionError:
            raise AssertionError(f"{state} was to come of {line.order()}") from None
        return line.order()

    def events(self, line):
        """What was written to be told to devices of the line: kind, application, terminal_id of the device."""
        found, after = [], 0
        while True:
            page = self.api("GET", f"{DEMO}/esim-events?after={after}&limit=500")[1]
            found += [(e["kind"], e["app"], e["terminal_id"]) for e in page["items"] if e["imsi"] == line.imsi]
            if page["next"] == after or not page["items"]:
                return found
            after = page["next"]

    def at_another_channel(self, device, download, release=True):
        """A profile that a shop ordered for the device by itself: its ICCID. With `activation_code` under that MatchingID, else bound to the EID."""
        code = download.get("activation_code")
        profile = self.dp.profiles.download_order(device.eid, profile_type="silver")
        self.dp.profiles.confirm_order(profile.iccid, release, device.eid, code.split("$")[2] if code else "")
        return profile.iccid

    def backend(self, **members):
        """A server that is registered as a client, once auth knows of it."""
        made = Backend(self.stack, f"server-{next(self._backends)}")
        self.put(f"clients/{made.id}", {"id": made.id, "jwks": made.jwks(), **members})
        wait_for(lambda: made.credentials()[0] == 200, PATIENCE, f"auth knows client {made.id}")
        return made

    def log_in_by_code(self, line, **more):
        """TS.43 8.3: the answer that has the TOKEN."""
        sent = len(self.sms.texts)
        with self.client() as client:
            first = client.get(params(msisdn=line.msisdn, **more))
            assert first.status == 200 and first.body == b""
            return client.get({"OTP": self.sms.code(sent + 1)}, headers={"Cookie": first.cookie()})

    def log_in_at_provider(self, line, **more):
        """TS.43 2.8.2: redirected, logged in and back; the answer that has the TOKEN."""
        self.provider.subject = line.msisdn
        with self.client() as client:
            first = client.get(params(**more))
            assert first.status == 302, (first.status, first.body)
            query = query_of(first.headers["Location"])
            self.provider.nonce = query["nonce"]
            return client.get({"code": "a-code", "state": query["state"]})


class _Closing(Client):
    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

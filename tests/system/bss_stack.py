"""A stack whose tenant "demo" is known to a BSS, with the configuration that docs/bss.md shows."""

import hashlib
import hmac
import itertools
import json
import sqlite3
import subprocess
import sys
import time

from operators import Operators
from stack import ROOT, Stack
from ts43 import Client, authenticate, params
from usim import TEST_SETS, Usim

sys.path.insert(0, str(ROOT / "tests/peers"))
from bss import Bss, product  # noqa: E402

__all__ = ["Bss", "BssStack", "client_certificate", "documented", "documented_mapping", "product"]
DEMO = "/v1/tenants/demo"
SECRET = "a-secret-that-signs-events"
_numbers = itertools.count(300)


def documented(section, **changes):
    """The section of that name out of docs/bss.md, with other values for some keys."""
    text = (ROOT / "docs/bss.md").read_text().split(f"[bss {section}]\n", 1)[1].split("```", 1)[0]
    keys = dict(line.split(" = ", 1) for line in text.split("\n[", 1)[0].splitlines() if " = " in line)
    keys.update({name: str(value) for name, value in changes.items()})
    return f"[bss {section}]\n" + "".join(f"{name} = {value}\n" for name, value in keys.items() if value != "None")


def documented_mapping():
    """The mapping of a list out of docs/bss.md."""
    return (ROOT / "docs/bss.md").read_text().split("```json\n", 1)[1].split("```", 1)[0]


def client_certificate(folder):
    """A certificate of the authority in `folder` that clients may show: certificate and key."""
    cert, key = folder / "client.crt", folder / "client.key"
    subprocess.run(["bash", "-ec", f"openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=openes -keyout {key} -out {folder}/client.csr && "
                    f"openssl x509 -req -in {folder}/client.csr -CA {folder}/ca.crt -CAkey {folder}/ca.key -CAcreateserial -days 2 -out {cert} "
                    "-extfile <(printf 'extendedKeyUsage=clientAuth')"], check=True, capture_output=True)
    return cert, key


class BssStack:
    """`section`: keys of [bss crm]; `settings`: members of the tenant's "bss"; `more`: further sections."""

    def __init__(self, folder, bss, section=None, settings=None, more="", **stack):
        folder.mkdir(parents=True, exist_ok=True)
        secret = folder / "webhook.secret"
        secret.write_text(SECRET)
        secret.chmod(0o600)
        self.bss, self.file = bss, folder / "bss.conf"
        keys = {"url": f"{bss.url}/product?imsi={{imsi}}", "ca_file": None, "cert_file": None, "key_file": None, "token_url": None, "client_id": None,
                "client_secret_file": None, "scope": None, "webhook_secret_file": secret, "hub_url": None, "hub_callback": None, "hub_query": None,
                "timeout": "5s", "breaker_open": "300ms", **(section or {})}
        self.file.write_text(documented("crm", **keys) + more)
        overrides = stack.pop("overrides", {})
        self.stack = Stack(folder / "stack", overrides={**overrides, "policy": {"bss_file": self.file, **overrides.get("policy", {})}}, **stack)
        self.stack.start().load_demo()
        self.api = Operators(self.stack)
        self.settings(**(settings or {}))

    def settings(self, **bss):
        tenant = self.api("GET", DEMO)[1]
        tenant["bss"] = {"mode": "query", "source": "crm", "max_age": 1, **bss}
        assert self.api("PUT", DEMO, tenant)[0] == 200

    def line(self, plan="silver", **more):
        return Line(self, plan, **more)

    def sign(self, body, secret=SECRET, at=None):
        at = int(time.time()) if at is None else at
        return f"t={at},v1=" + hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()

    def post(self, path, event, signature=None, headers=None):
        """An event as a BSS sends it, signed: status and answer."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        given = {"Content-Type": "application/json", "Openes-Signature": signature or self.sign(body)}
        if headers is not None:
            given = headers
        status, _, text = Operators(self.stack).raw("POST", f"{DEMO}/bss/{path}", body, {"Authorization": "", **given})
        return status, json.loads(text) if text else None

    def events(self):
        """What policy told the other processes, oldest first: kind, IMSI, applications."""
        with sqlite3.connect(self.stack.dir / "policy.db") as db:
            return db.execute("SELECT kind, imsi, apps FROM outbox ORDER BY sequence").fetchall()

    def stop(self):
        self.stack.stop()


class Line:
    """A subscriber, and its phone. `here`: whether we have it from the start."""

    def __init__(self, running, plan, here=True, imsi=None):
        self.running, self.imsi = running, imsi or f"001010000000{next(_numbers)}"
        self.path, self.client = f"{DEMO}/subscribers/{self.imsi}", Client(running.stack)
        k, opc = TEST_SETS[2]
        self.usim = Usim(self.imsi, k, opc)
        running.stack.ctl("subscriber", "add", "--tenant", "demo", "--imsi", self.imsi, "--plan", plan, "--k", k, "--opc", opc, "--amf", "8000")
        if not here:
            assert running.api("DELETE", self.path)[0] == 200
            running.stack.ctl("keys", "set", "--tenant", "demo", "--imsi", self.imsi, "--k", k, "--opc", opc, "--amf", "8000", check=False)

    def authenticate(self, app="ap2005"):
        answer = authenticate(self.client, self.usim, app=app)
        self.token = answer.token() if answer.status == 200 else None
        return answer

    def ask(self, app="ap2005", client=None):
        return (client or self.client).get(params(app=app, token=self.token))

    def sms(self):
        """SMSoIP, which plan basic lacks (2) and the others have (1)."""
        answer = self.ask()
        assert answer.status == 200, answer.status
        return answer.apps()["ap2005"]["EntitlementStatus"]

    def row(self):
        """As it is known, but for the devices: those are noted a moment after they were seen."""
        return {name: value for name, value in self.running.api("GET", self.path)[1].items() if name != "devices"}

    def patch(self, **members):
        assert self.running.api("PATCH", self.path, members)[0] == 200

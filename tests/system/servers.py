"""Servers that ask: OAuth clients with keys of their own (python3-jwcrypto), and a tenant that answers them."""

import contextlib
import http.client
import itertools
import json
import secrets
import ssl
import time
import urllib.parse

from jwcrypto import jwk, jwt
from operators import Operators
from stack import ROOT, wait_for
from ts43 import Client, authenticate, params
from usim import demo_usim

HOST, OTHER_HOST = "aes.mnc001.mcc001.pub.3gppnetwork.org", "aes.other.example"
ENDPOINT = "/oauth/token"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PHONE = ["AcquireTemporaryToken", "GetPhoneNumber", "VerifyPhoneNumber", "GetSubscriberInfo"]
APP = ["AcquireTemporaryToken", "AcquireOperatorToken", "ValidateOperatorToken", "GetSubscriberDeviceInfo", "VerifyPhoneNumber", "Get3PAppInfo"]
TENANT = {**json.loads((ROOT / "deploy/demo/tenant.json").read_text()),
          "phone_number": {"operations": PHONE, "mvno_name": "Demo"},
          "app_authentication": {"operations": APP, "shows_imsi": True},
          "operation_scopes": ["GetPhoneNumber: number:read", "VerifyPhoneNumber: payments", "GetSubscriberDeviceInfo: profile"],
          "authentication": {"operator_token_url": "https://aes.example/validate", "temporary_token_ttl": 900}}
_ids = itertools.count(1)


class Backend:
    """A server with a key pair, registered as a client or not."""

    def __init__(self, running, client_id, alg="ES256", host=HOST):
        self.running, self.id, self.alg, self.host = running, client_id, alg, host
        kind = {"kty": "EC", "crv": "P-256"} if alg == "ES256" else {"kty": "RSA", "size": 2048}
        self.key = jwk.JWK.generate(kid=f"{client_id}-1", use="sig", **kind)

    def jwks(self):
        return {"keys": [json.loads(self.key.export_public())]}

    def sign(self, key=None, alg=None, **claims):
        now = int(time.time())
        body = {"iss": self.id, "sub": self.id, "aud": f"https://{self.host}{ENDPOINT}", "iat": now, "exp": now + 120, "jti": secrets.token_hex(8), **claims}
        token = jwt.JWT(header={"alg": alg or self.alg, "kid": self.key.kid}, claims={k: v for k, v in body.items() if v is not None})
        token.make_signed_token(key or self.key)
        return token.serialize()

    def post(self, form, host=None, port=None):
        """Status, headers and JSON of the token endpoint."""
        context = ssl.create_default_context(cafile=self.running.ca)
        connection = http.client.HTTPSConnection("127.0.0.1", port or self.running.server_port, context=context, timeout=30)
        try:
            connection.request("POST", ENDPOINT, urllib.parse.urlencode(form),
                               {"Host": host or self.host, "Content-Type": "application/x-www-form-urlencoded"})
            response = connection.getresponse()
            return response.status, response.headers, json.loads(response.read())
        finally:
            connection.close()

    def credentials(self, assertion=None, **form):
        return self.post({"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion or self.sign(), **form})

    def bearer(self, subject, scope=None, **form):
        return self.post({"grant_type": JWT_BEARER, "assertion": self.sign(sub=subject, scope=scope), **form})

    def access_token(self, **form):
        status, _, body = self.credentials(**form)
        assert status == 200, body
        return body["access_token"]


class Servers:
    """What the tests of this kind share."""

    def __init__(self, running):
        self.running, self.api, self._sims = running, Operators(running), {}
        self.put_tenant()
        other = {"id": "other", "hosts": [OTHER_HOST], "plmns": ["00102"]}
        assert self.api("PUT", "/v1/tenants/other", other)[0] in (200, 201)
        self.mdm = self.register(Backend(running, "mdm"), requestor_ids=["mdm-1"],
                                 scopes=["number:read", "payments", "profile", "CheckEligibility", "AcquirePlan", "app_token"])
        self.stranger = self.register(Backend(running, "mdm", host=OTHER_HOST), tenant="other", scopes=["number:read", "AcquirePlan"])

    @staticmethod
    def overrides(folder):
        key = folder / "sim-id.key"
        key.write_text("11" * 32 + "\n")
        key.chmod(0o600)
        return {"policy": {"sim_id_key_file": key}}

    def put_tenant(self, **changes):
        status, body = self.api("PUT", "/v1/tenants/demo", {**TENANT, **changes})
        assert status in (200, 201), body

    @contextlib.contextmanager
    def tenant(self, **changes):
        """The tenant with other settings for a while. policy knows them at once."""
        self.put_tenant(**changes)
        try:
            yield
        finally:
            self.put_tenant()

    def register(self, backend, tenant="demo", **more):
        status, body = self.api("PUT", f"/v1/tenants/{tenant}/clients/{backend.id}", {"id": backend.id, "jwks": backend.jwks(), **more})
        assert status in (200, 201), body
        # auth is told within moments
        wait_for(lambda: backend.credentials()[0] == 200, what=f"auth knows client {backend.id}")
        return backend

    def backend(self, alg="ES256", **more):
        """A new client of its own."""
        return self.register(Backend(self.running, f"client-{next(_ids)}", alg), **{"scopes": ["number:read"], **more})

    def sim(self, n):
        if n not in self._sims:
            self._sims[n] = demo_usim(n)
        return self._sims[n]

    @contextlib.contextmanager
    def connection(self):
        connection = Client(self.running)
        try:
            yield connection
        finally:
            connection.close()

    def phone(self, n=1, app="ap2014"):
        """A subscriber's phone, authenticated."""
        return Phone(self, n, app)


class Phone:
    """Asks with its TOKEN; with another token instead it is somebody else."""

    def __init__(self, servers, n, app):
        self.servers, self.usim, self.app = servers, servers.sim(n), app
        self.number = f"+155500000{n:02}"
        with servers.connection() as connection:
            self.token = authenticate(connection, self.usim, app=app).token()

    def ask(self, operation, **more):
        with self.servers.connection() as connection:
            return connection.get(params(token=self.token, app=self.app, operation=operation, **more))

    def told(self, operation, **more):
        answer = self.ask(operation, **more)
        assert answer.status == 200, (answer.status, answer.body)
        return answer.apps()[self.app]

    def temporary_token(self, targets, **more):
        told = self.told("AcquireTemporaryToken", operation_targets=targets, **more)
        assert told["OperationResult"] == "1", told
        return told["TemporaryToken"]

    def operator_token(self, scope="payments", client="mdm", **more):
        told = self.told("AcquireOperatorToken", client_id=client, scope=scope, **more)
        assert told["OperationResult"] == "1", told
        return told["OperatorToken"]


def ask(running, operation, app="ap2014", **more):
    """A server's request: JSON by POST, with placeholders where a phone says what it is. None leaves something out."""
    body = {"requestor_id": "mdm-1", "terminal_id": None, "terminal_vendor": "NA", "terminal_model": "NA", "terminal_sw_version": "NA",
            "entitlement_version": "12.0", "app": app, "operation": operation, "vers": "1", **more}
    connection = Client(running)
    try:
        headers = {"Host": more.pop("host")} if "host" in more else None
        body.pop("host", None)
        return connection.post({k: v for k, v in body.items() if v is not None}, accept="application/json", headers=headers)
    finally:
        connection.close()

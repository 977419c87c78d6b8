"""A stack whose tenant lets people log in, with everything around it."""

import contextlib
import json

from people import FakeProvider, Keys, Provider, SmsGateway
from stack import ROOT, Stack, free_port, wait_for
from ts43 import Client, params

NUMBER, IMSI = "+15550000001", "001010000000001"
CORE = """
[oidc certified]
issuer = {certified.issuer}
client_id = ecs
client_secret_file = {secret}
redirect_uri = {url}
scope = openid phone
ca_file = {ca}

[oidc by-key]
issuer = {by_key.issuer}
client_id = ecs
private_key_file = {key}
key_id = client-1
redirect_uri = {url}
scope = openid phone
ca_file = {ca}

[oidc fake]
issuer = {fake.issuer}
client_id = ecs
client_secret_file = {secret}
client_auth = post
redirect_uri = {url}
ca_file = {ca}
timeout = 1s

[oidc fake-userinfo]
issuer = {fake.issuer}
authorization_endpoint = {fake.issuer}/auth
token_endpoint = {fake.issuer}/token
jwks_uri = {fake.issuer}/jwks
userinfo_endpoint = {fake.issuer}/me
client_id = ecs
redirect_uri = {url}
ca_file = {ca}

[oidc fake-imsi]
issuer = {fake.issuer}
client_id = ecs
redirect_uri = {url}
subject_claim = https://claims.example/imsi
subject_kind = imsi
ca_file = {ca}
"""


class Logins:
    """with Logins(folder) as logins: all of it runs; what was started ends, too, when the rest could not be."""

    def __init__(self, folder, node=True, **overrides):
        self.dir, self._with_node, self._overrides = folder, node, overrides
        self._document, self._ends = None, contextlib.ExitStack()

    def __enter__(self):
        try:
            return self._start()
        except BaseException:
            self._ends.close()
            raise

    def __exit__(self, *_):
        self._ends.close()  # each of them, whatever another one's end does

    def _keep(self, peer):
        self._ends.callback(peer.close)
        return peer

    def _start(self):
        folder, overrides = self.dir, self._overrides
        folder.mkdir(parents=True, exist_ok=True)
        self.keys = Keys(folder / "others")
        port = free_port()
        self.url = f"https://127.0.0.1:{port}/"
        self.fake, self.sms = self._keep(FakeProvider(self.keys)), self._keep(SmsGateway(self.keys))
        self.certified = self.by_key = self.fake
        secret, password, key = folder / "secret", folder / "password", folder / "client.pem"
        secret.write_text("a secret: with / what + escapes need\n")
        password.write_text("pass:word\n")
        client = FakeProvider.new_key("client-1")
        key.write_bytes(client.export_to_pem(private_key=True, password=None))
        for file in (secret, password, key):
            file.chmod(0o600)
        if self._with_node:
            self.certified = self._keep(Provider(self.keys, self.url, client_secret=secret.read_text().strip()))
            self.by_key = self._keep(Provider(self.keys, self.url, client_jwks={"keys": [json.loads(client.export_public())]}, alg="ES256",
                                              claims_in_id_token=True))
        core = folder / "core.conf"
        core.write_text(CORE.format(certified=self.certified, by_key=self.by_key, fake=self.fake, secret=secret, url=self.url, ca=self.keys.ca, key=key))
        settings = {"auth": {"core_file": core, "codes_per_number": 3, "codes_per_address": 1000, **overrides.pop("auth", {})},
                    "notify": {"sms_url": self.sms.url, "sms_user": "openes", "sms_password_file": password, "sms_sender": "Demo",
                               "sms_ca_file": self.keys.ca, "sms_timeout": "2s"}}
        if "channels" in overrides:  # a channels_file, in place of notify's own keys
            channels = folder / "channels.conf"
            channels.write_text(overrides.pop("channels").format(sms=self.sms, password=password, ca=self.keys.ca))
            settings["notify"] = {"channels_file": channels}
        self.stack = Stack(folder / "stack", overrides=settings, device_port=port, **overrides)
        self._ends.callback(self.stack.stop)
        self.stack.start().load_demo()
        return self

    def tenant(self, not_enabled=None, **authentication):
        """The demo tenant with these settings, once auth knows of them."""
        document = json.loads((ROOT / "deploy/demo/tenant.json").read_text())
        document["hosts"].append("127.0.0.1")
        document["authentication"] = authentication
        if not_enabled:
            document["not_enabled"] = not_enabled
        if document == self._document:
            return
        self._document = document
        file = self.dir / "tenant.json"
        file.write_text(json.dumps(document))
        auths = [p for p in self.stack.processes.values() if p.service == "auth"]
        before = [p.log().count('"auth.tenants"') for p in auths]
        self.stack.ctl("tenant", "set", file)
        wait_for(lambda: all(p.log().count('"auth.tenants"') > n for p, n in zip(auths, before)), 20, "auth knows the tenant")

    def client(self):
        return Client(self.stack)

    def start(self, client, **more):
        """The redirect to the provider, and what stands in it."""
        from people import query_of
        answer = client.get(params(**more))
        assert answer.status == 302, answer.body
        query = query_of(answer.headers["Location"])
        self.fake.nonce = query["nonce"]
        return query

    def back(self, client, state, code="a-code"):
        return client.get({"code": code, "state": state})

"""Signed documents (RFC 9421, RFC 9530), checked by another implementation: tests/peers/signatures, with npm's
http-message-signatures."""

import base64
import contextlib
import gzip
import hashlib
import json
import re
import subprocess
import urllib.parse

import pytest
from jwcrypto import jwk
from operators import Operators
from people import end
from stack import BIN, ROOT, Stack
from ts43 import EAP_RELAY, JSON, XML, Client, authenticate, params
from usim import TEST_SETS, Usim

TENANT = json.loads((ROOT / "deploy/demo/tenant.json").read_text())
COVERED = ["@status", "content-type", "content-digest", "@method", "@authority", "@path", "@query"]


class Verifier:
    """Who was given the public keys, and knows what was asked."""

    def __init__(self):
        folder = ROOT / "tests/peers/signatures"
        assert (folder / "node_modules").is_dir(), "npm ci was not run in tests/peers/signatures; ./openes test does"
        self._popen = subprocess.Popen(["node", folder / "verify.js"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, answer, jwks, method, url, **changed):
        """True, or why not."""
        response = {"status": answer.status, "headers": dict(answer.headers), "body": base64.b64encode(answer.body).decode()}
        response.update(changed)
        question = {"request": {"method": method, "url": url, "headers": {}}, "response": response, "jwks": jwks, "needs": COVERED}
        self._popen.stdin.write(json.dumps(question) + "\n")
        self._popen.stdin.flush()
        return json.loads(self._popen.stdout.readline())["result"]

    def close(self):
        end(self._popen)


class Signing:
    """A stack whose gateway has keys of two tenants: two of demo, one of other."""

    def __init__(self, folder):
        folder.mkdir(parents=True)
        self.file = folder / "answer.conf"
        text = ""
        for key_id, tenant in (("demo-1", "demo"), ("demo-2", "demo"), ("other-1", "other")):
            pem = folder / f"{key_id}.pem"
            pem.write_bytes(jwk.JWK.generate(kty="EC", crv="P-256").export_to_pem(private_key=True, password=None))
            pem.chmod(0o600)
            text += f"[key {key_id}]\ntenant = {tenant}\nfile = {pem}\n"
        self.file.write_text(text)
        self.running = Stack(folder / "stack", overrides={"gateway": {"answer_keys_file": self.file}})
        self.verifier = None

    def start(self):
        self.running.start().load_demo()
        self.api, self.verifier = Operators(self.running), Verifier()
        self.url = f"https://127.0.0.1:{self.running.port}"
        self.sim = Usim("001010000000001", *TEST_SETS[0])
        self.client = Client(self.running)
        return self

    def stop(self):
        try:
            if self.verifier is not None:
                self.verifier.close()
        finally:
            self.running.stop()

    def print_keys(self, tenant):
        return subprocess.run([BIN / "openes-gateway", "--config", self.running["gateway0"].config, "--print-answer-keys", tenant],
                              capture_output=True, text=True, timeout=60)

    def jwks(self, tenant="demo"):
        done = self.print_keys(tenant)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @contextlib.contextmanager
    def key(self, key_id):
        self.running.ctl("tenant", "set", "--tenant", "demo", "--signing-key", key_id)
        try:
            yield
        finally:
            self.running.ctl("tenant", "set", "--tenant", "demo", "--signing-key", "")

    def get(self, accept=XML, headers=None, **more):
        """Answer and URL of one GET."""
        target = "/?" + urllib.parse.urlencode(params(**more), doseq=True)
        return self.client.send("GET", target, headers={"Accept": accept, **(headers or {})}), self.url + target


@pytest.fixture(scope="module")
def signing(tmp_path_factory):
    made = Signing(tmp_path_factory.mktemp("signing") / "own")
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture(scope="module")
def token(signing):
    return authenticate(signing.client, signing.sim).token()


def key_id(answer):
    return answer.headers["Signature-Input"].partition('keyid="')[2].partition('"')[0]


def is_bare(answer):
    return not {"content-digest", "signature", "signature-input"} & {name.lower() for name in answer.headers}


@pytest.mark.parametrize("accept,coding", [(XML, "identity"), (JSON, "identity"), (XML, "gzip")])
def test_another_implementation_verifies_the_answer(signing, token, accept, coding):
    """V12-DOC-10, V12-DOC-11: the digest is of the octets as they are sent."""
    with signing.key("demo-1"):
        answer, url = signing.get(accept, {"Accept-Encoding": coding}, token=token, app=["ap2003", "ap2004", "ap2005"])
    assert (answer.status, answer.type, key_id(answer)) == (200, accept, "demo-1")
    if coding == "gzip":
        assert answer.headers["Content-Encoding"] == "gzip" and '"content-encoding"' in answer.headers["Signature-Input"]
        assert b"ap2005" in gzip.decompress(answer.body)
    assert signing.verifier(answer, signing.jwks(), "GET", url) is True


def test_what_was_changed_on_the_way_is_noticed(signing, token):
    with signing.key("demo-1"):
        answer, url = signing.get(token=token)
        packed, packed_url = signing.get(headers={"Accept-Encoding": "gzip"}, token=token, app=["ap2003", "ap2004", "ap2005"])
    jwks, headers = signing.jwks(), dict(answer.headers)
    wrong = "the signature is wrong"
    other_body = base64.b64encode(answer.body.replace(b'"EntitlementStatus" value="1"', b'"EntitlementStatus" value="0"')).decode()
    assert base64.b64decode(other_body) != answer.body
    digest = base64.b64encode(hashlib.sha256(base64.b64decode(other_body)).digest()).decode()
    assert signing.verifier(answer, jwks, "GET", url) is True
    assert signing.verifier(answer, jwks, "GET", url, body=other_body) == "the digest is wrong"
    assert signing.verifier(answer, jwks, "GET", url, body=other_body, headers={**headers, "Content-Digest": f"sha-256=:{digest}:"}) == wrong
    assert signing.verifier(answer, jwks, "GET", url, status=202) == wrong
    assert signing.verifier(answer, jwks, "GET", url, headers={**headers, "Content-Type": "text/html"}) == wrong
    assert signing.verifier(packed, jwks, "GET", packed_url, headers={**dict(packed.headers), "Content-Encoding": "br"}) == wrong


def test_an_answer_to_another_request_is_not_the_answer_to_this(signing, token):
    with signing.key("demo-1"):
        answer, url = signing.get(token=token)
    jwks = signing.jwks()
    for method, other in [("POST", url), ("GET", url.replace("ap2004", "ap2003")), ("GET", url.replace("/?", "/ts43?")),
                          ("GET", url.replace("127.0.0.1", "aes.example"))]:
        assert signing.verifier(answer, jwks, method, other) == "the signature is wrong", other


def test_the_end_of_an_authentication_is_signed_and_its_challenges_are_not(signing):
    with signing.key("demo-1"):
        challenge, _ = signing.get(EAP_RELAY + ", " + XML, EAP_ID="0001010000000001@nai.epc.mnc001.mcc001.3gppnetwork.org")
        assert challenge.type.startswith(EAP_RELAY) and is_bare(challenge)
        answer = authenticate(signing.client, signing.sim)
    assert answer.status == 200
    assert signing.verifier(answer, signing.jwks(), "POST", signing.url + "/") is True


def test_a_posted_request_is_answered_with_a_signature(signing, token):
    with signing.key("demo-1"):
        answer = signing.client.post(params(token=token))
    assert signing.verifier(answer, signing.jwks(), "POST", signing.url + "/") is True


def test_nothing_is_signed_unless_the_tenant_wants_it(signing, token):
    answer, _ = signing.get(token=token)
    assert answer.status == 200 and is_bare(answer)
    assert answer.headers.get_all("Cache-Control") == ["no-store"]


def test_errors_are_not_signed(signing, token):
    with signing.key("demo-1"):
        for more in ({"token": "damaged"}, {"token": token, "app": "ap2999"}, {"token": token, "entitlement_version": "99.0"}):
            answer, _ = signing.get(**more)
            assert answer.status != 200 and is_bare(answer)


def test_keys_are_changed_without_a_moment_in_which_answers_do_not_verify(signing, token):
    """Both keys are published before the second one signs."""
    jwks = signing.jwks()
    assert [key["kid"] for key in jwks["keys"]] == ["demo-1", "demo-2"]
    for current in ("demo-1", "demo-2"):
        with signing.key(current):
            answer, url = signing.get(token=token)
        assert key_id(answer) == current
        assert signing.verifier(answer, jwks, "GET", url) is True
    old = {"keys": [key for key in jwks["keys"] if key["kid"] == "demo-1"]}
    assert signing.verifier(answer, old, "GET", url) == "no signature of a known key"


@pytest.mark.parametrize("key", ["demo-9", "other-1"], ids=["unknown", "of another tenant"])
def test_a_key_the_gateway_has_not_for_this_tenant_costs_the_signature_and_not_the_service(signing, token, key):
    gateway = signing.running["gateway0"]
    before = gateway.metric('openes_device_signatures_total{result="no_key"}')
    with signing.key(key):
        answer, _ = signing.get(token=token)
    assert answer.status == 200 and answer.apps() and is_bare(answer)
    assert gateway.metric('openes_device_signatures_total{result="no_key"}') == before + 1
    assert '"event":"device.unsigned"' in gateway.log()


def test_a_key_id_is_a_name_of_a_section(signing):
    for wrong in ("Demo", "a b", 'a"', "x" * 32):
        status, body = signing.api("PUT", "/v1/tenants/demo", {**TENANT, "signing_key": wrong})
        assert status == 422 and "signing_key" in json.dumps(body)


def test_the_printed_keys_are_public_and_of_one_tenant(signing):
    jwks = signing.jwks("other")
    assert [set(key) for key in jwks["keys"]] == [{"kty", "crv", "use", "alg", "kid", "x", "y"}]
    done = signing.print_keys("nobody")
    assert done.returncode == 1 and "nobody" in done.stderr and done.stdout == ""


def test_a_gateway_does_not_start_with_a_key_that_others_may_read(signing, tmp_path):
    pem = tmp_path / "open.pem"
    pem.write_bytes(jwk.JWK.generate(kty="EC", crv="P-256").export_to_pem(private_key=True, password=None))
    pem.chmod(0o644)
    keys = tmp_path / "answer.conf"
    keys.write_text(f"[key demo-1]\ntenant = demo\nfile = {pem}\n")
    config = tmp_path / "gateway.conf"
    settings = signing.running["gateway0"].config.read_text().replace(str(signing.file), str(keys))
    config.write_text(re.sub(r"(127\.0\.0\.1):\d+", r"\1:0", settings))
    done = subprocess.run([BIN / "openes-gateway", "--config", config], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and str(pem) in done.stderr and "chmod" in done.stderr

"""What stands around a person's login: OpenID providers, certified and treacherous, and an SMS gateway."""

import base64
import hashlib
import json
import re
import ssl
import subprocess
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from jwcrypto import jwk, jwt
from jwcrypto.common import json_encode
from stack import ROOT, free_port, wait_for


class Keys:
    """Certificate and key of somebody else, with an authority of their own."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["bash", "-ec", f"ROOT={ROOT}; source {ROOT}/tools/openes.d/keys.sh; make_keys {folder}"], check=True)
        self.ca, self.cert, self.key = str(folder / "ca.crt"), str(folder / "server.crt"), str(folder / "server.key")


def end(popen):
    """Of a child that ends with its standard input, or else is ended."""
    popen.stdin.close()
    try:
        popen.wait(30)
    except subprocess.TimeoutExpired:
        popen.kill()
        popen.wait()
        raise
    finally:
        popen.stdout.close()


class Provider:
    """npm's oidc-provider (tests/peers/oidc)."""

    def __init__(self, keys, redirect_uri, **settings):
        self.port = free_port()
        self.issuer = f"https://127.0.0.1:{self.port}"
        given = {"port": self.port, "key": keys.key, "cert": keys.cert, "redirect_uri": redirect_uri, "client_id": "ecs", **settings}
        folder = ROOT / "tests/peers/oidc"
        assert (folder / "node_modules").is_dir(), "npm ci was not run in tests/peers/oidc; ./openes test does"
        self._popen = subprocess.Popen(["node", folder / "provider.js", json.dumps(given)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
        for line in self._popen.stdout:
            if line.strip() == "ready":
                return
        raise AssertionError(f"the provider ended with {self._popen.wait()}")

    def close(self):
        end(self._popen)


class _Server:
    """An HTTPS server of the test's own process; `answer(request)` gives (status, headers, body)."""

    def __init__(self, keys):
        outer, self.is_gone = self, False

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if outer.is_gone:  # kept connections would outlive the listener
                    self.close_connection = True
                    return
                length = int(self.headers.get("Content-Length") or 0)
                self.body = self.rfile.read(length).decode() if length else ""
                status, headers, body = outer.answer(self)
                body = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                pass  # whoever hung up

        self.port = free_port()
        self._server = Server(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(keys.cert, keys.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self):
        if self.is_gone:
            return
        self.is_gone = True
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class SmsGateway(_Server):
    """Takes texts; `accept` False refuses them."""

    def __init__(self, keys):
        self.texts, self.seen, self.accept = [], [], True
        super().__init__(keys)
        self.url = f"https://127.0.0.1:{self.port}/send"

    def answer(self, request):
        self.seen.append((request.headers.get("Authorization"), request.headers.get("Content-Type"), request.body))
        if not self.accept:
            return 503, {}, {"error": "later"}
        self.texts.append(json.loads(request.body))
        return 202, {}, {"id": len(self.texts)}

    def code(self, count):
        """The code in the text of that number; a code that was answered for before its SMS is waited for."""
        wait_for(lambda: len(self.texts) >= count, 20, f"SMS {count}")
        return re.search(r"\d{6}", self.texts[count - 1]["text"]).group()


class FakeProvider(_Server):
    """A provider that the test can make lie: `claims`, `sign_with`, `header` and `raw_id_token` change its ID tokens, `token_answer`
    and `hold` its token endpoint."""

    def __init__(self, keys):
        self.published = [self.new_key("k1")]
        self.sign_with, self.header = self.published[0], {}
        self.claims, self.raw_id_token, self.token_answer, self.userinfo = {}, None, None, None
        self.alg, self.subject, self.nonce = "ES256", "+15550000001", None
        self.hold = threading.Event()  # cleared: the token endpoint does not answer
        self.hold.set()
        self.exchanges, self.forms, self.asked = 0, [], []
        super().__init__(keys)
        self.issuer = f"https://127.0.0.1:{self.port}"

    @staticmethod
    def new_key(kid, kty="EC"):
        return jwk.JWK.generate(kty="EC", crv="P-256", kid=kid) if kty == "EC" else jwk.JWK.generate(kty="RSA", size=2048, kid=kid)

    def id_token(self, access_token):
        if self.raw_id_token is not None:
            return self.raw_id_token(self) if callable(self.raw_id_token) else self.raw_id_token
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": "user-1", "aud": "ecs", "exp": now + 300, "iat": now, "nonce": self.nonce,
                  "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(), "phone_number": self.subject, **self.claims}
        token = jwt.JWT(header={"alg": self.alg, "kid": self.sign_with.kid, **self.header},
                        claims=json_encode({k: v for k, v in claims.items() if v is not None}))
        token.make_signed_token(self.sign_with)
        return token.serialize()

    def answer(self, request):
        path = urllib.parse.urlsplit(request.path).path
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            more = {"userinfo_endpoint": self.issuer + "/me"} if self.userinfo is not None else {}
            return 200, {}, {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/auth", "token_endpoint": self.issuer + "/token",
                             "jwks_uri": self.issuer + "/jwks", **more}
        if path == "/jwks":
            return 200, {}, {"keys": [json.loads(key.export_public()) for key in self.published]}
        if path == "/me":
            return self.userinfo(request)
        if path == "/token":
            self.exchanges += 1
            self.forms.append((request.headers.get("Authorization"), dict(urllib.parse.parse_qsl(request.body))))
            self.hold.wait(30)
            if self.token_answer is not None:
                return self.token_answer
            return 200, {"Cache-Control": "no-store"}, {"access_token": "an-access-token", "token_type": "Bearer", "expires_in": 60,
                                                        "id_token": self.id_token("an-access-token")}
        return 404, {}, {}


def query_of(url):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))

"""A BSS for the tests: TM Forum's product inventory over HTTP or TLS, with what goes wrong with one.

    with Bss() as bss:                                  # Bss(pki=folder) for TLS: ca.crt, server.crt, server.key; mutual=True
        bss.products["001010000000001"] = product(...)  # asked by ?imsi=...
        bss.say(status=503)                             # or body=b"...", hold=True (no answer until say() again)
        bss.gone()                                      # nobody listens; bss.back()

`seen` has what was asked. With `client` = (id, secret) a token of /token is needed; forget_tokens() makes them worthless."""

import base64
import json
import secrets
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


def product(imsi, plan, status="active", msisdn=None):
    characteristics = [{"name": "IMSI", "value": imsi, "valueType": "string"}]
    if msisdn:
        characteristics.append({"name": "MSISDN", "value": msisdn, "valueType": "string"})
    return {"id": f"p-{imsi}", "href": f"/product/p-{imsi}", "status": status, "isBundle": False, "productOffering": {"id": plan, "name": plan},
            "productCharacteristic": characteristics, "@type": "Product"}


class Seen:
    def __init__(self, handler, body):
        self.method, self.headers, self.body = handler.command, dict(handler.headers), body
        parts = urlsplit(handler.path)
        self.path, self.query = parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}
        peer = handler.connection.getpeercert() if isinstance(handler.connection, ssl.SSLSocket) else None
        self.client_certificate = peer


class Bss:
    def __init__(self, pki=None, mutual=False, client=None):
        self.products, self.seen, self.tokens, self.client = {}, [], set(), client
        self.hub_status, self.hubs = 201, []
        self._pki, self._mutual = pki, mutual
        self._told, self._go, self._lock = {}, threading.Event(), threading.Lock()
        self._go.set()
        self.port = None
        self.back()
        self.url = f"{'https' if pki else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- what the test wants of it

    def say(self, hold=False, **told):
        """From now on; nothing: as it should."""
        self._told = told
        if hold:
            self._go.clear()
        else:
            self._go.set()

    def asked(self, imsi=None):
        with self._lock:
            return [s for s in self.seen if s.path == "/product" and imsi in (None, s.query.get("imsi"))]

    def forget_tokens(self):
        self.tokens.clear()

    def gone(self):
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._thread.join()

    def back(self):
        outer, self._connections = self, set()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                outer._connections.add(self.request)
                super().setup()

            def do_GET(self):
                length = int(self.headers.get("Content-Length") or 0)
                status, body, headers = outer._answer(self, self.rfile.read(length))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_DELETE = do_GET

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads, allow_reuse_address, request_queue_size = True, True, 128

            def handle_error(self, *_):
                pass

        self._server = Server(("127.0.0.1", self.port or 0), Handler)
        self.port = self._server.server_address[1]
        if self._pki:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(f"{self._pki}/server.crt", f"{self._pki}/server.key")
            if self._mutual:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(f"{self._pki}/ca.crt")
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self):
        self._go.set()
        if self._thread.is_alive():
            self.gone()

    # ---- answers

    def _answer(self, handler, body):
        seen = Seen(handler, body)
        with self._lock:
            self.seen.append(seen)
        if seen.path == "/token":
            return self._token(seen)
        if seen.path == "/hub":
            self.hubs.append(json.loads(body))
            return self._json(self.hub_status, {"id": "h1", **json.loads(body)})
        self._go.wait(60)
        if self.client and seen.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return self._json(401, {"code": "41", "reason": "token"})
        if "status" in self._told:
            return self._json(self._told["status"], {"code": "1", "reason": "told so"})
        if "body" in self._told:
            return 200, self._told["body"], {"Content-Type": "application/json"}
        found = self.products.get(seen.query.get("imsi"))
        return self._json(200, [found] if found else [])

    def _token(self, seen):
        name, _, secret = base64.b64decode(seen.headers.get("Authorization", "").removeprefix("Basic ")).decode().partition(":")
        if (unquote(name), unquote(secret)) != self.client or parse_qs(seen.body.decode()).get("grant_type") != ["client_credentials"]:
            return self._json(401, {"error": "invalid_client"})
        token = secrets.token_urlsafe(32)
        self.tokens.add(token)
        return self._json(200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    @staticmethod
    def _json(status, value):
        return status, json.dumps(value).encode(), {"Content-Type": "application/json"}

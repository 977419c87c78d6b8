#!/usr/bin/python3
"""Firebase Cloud Messaging for tests, with its token endpoint: assertions checked with python3-jwcrypto, messages as HTTP v1 wants them,
every error on command. Settings come as JSON in the only argument:

    port, key, cert, journal, alpn   as push_kit.py has them
    url          its own, as clients know it: https://127.0.0.1:port
    project      that may be sent to
    accounts     {private_key_id: {"email": ..., "pem": public key}}
    expires_in   of access tokens, in s (3600)

A play is {"code": "UNREGISTERED"} of TABLE, or {"status": 429, "rpc": "RESOURCE_EXHAUSTED", "details": [...]}, with "retry_after" for
its header. The token endpoint is address "token": {"status": 400, "error": "invalid_grant"}."""

import json
import re
import secrets
import time
from urllib.parse import parse_qs

from jwcrypto import jwk, jws
from push_kit import Peer, main
from web import as_json

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
# errorCode: HTTP status and google.rpc status
TABLE = {"UNREGISTERED": (404, "NOT_FOUND"), "INVALID_ARGUMENT": (400, "INVALID_ARGUMENT"), "SENDER_ID_MISMATCH": (403, "PERMISSION_DENIED"),
         "THIRD_PARTY_AUTH_ERROR": (401, "UNAUTHENTICATED"), "APNS_AUTH_ERROR": (401, "UNAUTHENTICATED"),
         "QUOTA_EXCEEDED": (429, "RESOURCE_EXHAUSTED"), "UNAVAILABLE": (503, "UNAVAILABLE"), "INTERNAL": (500, "INTERNAL")}
MEMBERS = {"token", "topic", "condition", "data", "android", "apns", "webpush", "notification", "fcm_options", "name"}
ANDROID = {"collapse_key", "priority", "ttl", "restricted_package_name", "direct_boot_ok", "data", "notification", "fcm_options"}


def violation(field, text):
    return {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"field": field, "description": text}]}


class Fcm(Peer):
    def __init__(self, settings):
        super().__init__(settings)
        self.tokens = {}  # access token -> when it ends
        self.counts["tokens"] = 0
        self.keys = {kid: (a["email"], jwk.JWK.from_pem(a["pem"].encode())) for kid, a in settings["accounts"].items()}

    async def answer(self, request):
        if request.path == "/token":
            return await self.token(request)
        found = re.fullmatch(r"/v1/projects/([^/]+)/messages:send", request.path)
        if request.method != "POST" or not found:
            self.journal.fault(f"{request.method} {request.path}")
            return self.error(404, "NOT_FOUND")
        if self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "), 0) < time.time():
            return self.error(401, "UNAUTHENTICATED")
        if found[1] != self.settings["project"]:
            return self.error(404, "NOT_FOUND")
        return await self.send(request)

    # ---- tokens

    def assertion_fault(self, text):
        """None: it is right, by RFC 7523 and Google's terms."""
        try:
            token = jws.JWS()
            token.deserialize(text)
            header = json.loads(token.objects["protected"])
            email, key = self.keys[header["kid"]]
            token.verify(key, alg="RS256")
            claims = json.loads(token.payload)
        except Exception as wrong:
            return f"assertion: {wrong!r}"
        now = time.time()
        wrong = {"iss": claims.get("iss") != email, "aud": claims.get("aud") != self.settings["url"] + "/token", "scope": claims.get("scope") != SCOPE,
                 "iat": not now - 300 < claims.get("iat", 0) < now + 60, "exp": not now < claims.get("exp", 0) <= claims.get("iat", 0) + 3600,
                 "typ": header.get("typ") != "JWT"}
        return ", ".join(name for name, is_wrong in wrong.items() if is_wrong) or None

    async def token(self, request):
        play = self.plays.next("token")
        if play and (told := await self.act(play)) is not None:
            return told
        form = parse_qs(request.body.decode())
        if request.headers.get("content-type", "").split(";")[0] != "application/x-www-form-urlencoded" or form.get("grant_type") != [GRANT]:
            self.journal.fault("token request", body=request.body.decode())
            return as_json({"error": "unsupported_grant_type"}, 400)
        fault = self.assertion_fault(form.get("assertion", [""])[0])
        if fault:
            self.journal.write(refused=fault)
            return as_json({"error": "invalid_grant", "error_description": fault}, 400)
        token, lives = secrets.token_urlsafe(120), self.settings.get("expires_in", 3600)
        self.tokens[token] = time.time() + lives
        self.counts["tokens"] += 1
        self.journal.write(token=self.counts["tokens"])
        return as_json({"access_token": token, "expires_in": lives, "token_type": "Bearer"}, cache_control="private")

    # ---- messages

    @staticmethod
    def message_fault(body):
        """(field, what) that Google would refuse, or None."""
        if set(body) - {"message", "validate_only"}:
            return "", f"unknown name {set(body)}"
        message = body.get("message")
        if not isinstance(message, dict) or set(message) - MEMBERS:
            return "message", "unknown name"
        if len({"token", "topic", "condition"} & set(message)) != 1:
            return "message", "exactly one of token, topic or condition is required"
        data = message.get("data", {})
        if not all(isinstance(value, str) for value in data.values()):
            return "message.data", "values are strings"
        if len(json.dumps(data).encode()) > 4096:
            return "message", "too big"
        android = message.get("android", {})
        if set(android) - ANDROID or android.get("priority", "NORMAL") not in ("HIGH", "NORMAL", "high", "normal"):
            return "message.android", "unknown"
        if not re.fullmatch(r"\d+(\.\d{1,9})?s", android.get("ttl", "0s")) or float(android.get("ttl", "0s")[:-1]) > 2419200:
            return "message.android.ttl", "ttl"
        return None

    @staticmethod
    def wake_up_fault(data):
        """What a phone would not understand, or None."""
        if set(data) != {"app", "timestamp"}:
            return f"data has {sorted(data)}"
        if data["app"].startswith("["):
            apps = json.loads(data["app"])
            if len(apps) < 2 or not all(isinstance(app, str) for app in apps):
                return "app is no array of several"
        return None if TIMESTAMP.fullmatch(data["timestamp"]) else "timestamp"

    async def send(self, request):
        try:
            body = json.loads(request.body)
        except ValueError:
            self.journal.fault("no JSON", body=request.body.decode(errors="replace"))
            return self.error(400, "INVALID_ARGUMENT")
        fault = self.message_fault(body)
        if fault:
            self.journal.fault(": ".join(fault), body=body)
            return self.error(400, "INVALID_ARGUMENT", [violation(*fault)], code="INVALID_ARGUMENT")
        message = body["message"]
        address = message.get("token", "")
        play = self.plays.next(address)
        if play and (told := await self.act(play)) is not None:
            return told
        fault = self.wake_up_fault(message.get("data", {}))
        if fault:
            self.journal.fault(f"wake-up: {fault}", body=body)
        self.counts["accepted"] += 1
        self.journal.write(address=address, payload={"data": message.get("data")}, message={k: v for k, v in message.items() if k != "token"},
                           headers={k: v for k, v in request.headers.items() if k == "traceparent"}, connection=request.connection, protocol=request.protocol)
        return as_json({"name": f"projects/{self.settings['project']}/messages/0:{self.counts['accepted']}"})

    # ---- errors

    @staticmethod
    def error(status, rpc, details=(), code=None, retry_after=None):
        details = list(details) + ([{"@type": FCM_ERROR, "errorCode": code}] if code else [])
        answer = as_json({"error": {"code": status, "message": "told so", "status": rpc, **({"details": details} if details else {})}}, status)
        if retry_after is not None:
            answer.headers["retry-after"] = str(retry_after)
        return answer

    def refusal(self, play):
        if "error" in play:
            return as_json({"error": play["error"], "error_description": "told so"}, play.get("status", 400))
        status, rpc = TABLE.get(play.get("code"), (500, "INTERNAL"))
        details = list(play.get("details", []))
        if "field" in play:
            details.append(violation(play["field"], "Invalid registration token"))
        return self.error(play.get("status", status), play.get("rpc", rpc), details, play.get("code"), play.get("retry_after"))

    def do_forget_tokens(self, _):
        """Those given out are not taken any more, before their time."""
        self.tokens.clear()

    def do_set(self, settings):
        self.settings.update(settings)


if __name__ == "__main__":
    main(Fcm)

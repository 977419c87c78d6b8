#!/usr/bin/python3
"""Windows' push service for tests, with its token endpoint and every status of its table on command. Settings come as JSON in the only
argument:

    port, key, cert, journal, alpn   as push_kit.py has them
    client, secret                   that tokens are given to
    scope                            that is asked for
    expires_in                       of access tokens, in s (86400)

A channel is /w/?token=NAME, and NAME its address here. A play is {"status": 410}, with "reason" for X-WNS-Error-Description, "wns" for X-WNS-Status and
"retry_after"; the token endpoint is address "token": {"status": 400, "error": "invalid_client"}."""

import json
import re
import secrets
import time
from urllib.parse import parse_qs

from push_kit import Peer, main
from web import Answer, as_json

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
TYPES = {"wns/raw": "application/octet-stream", "wns/toast": "text/xml", "wns/tile": "text/xml", "wns/badge": "text/xml"}


class Wns(Peer):
    def __init__(self, settings):
        super().__init__(settings)
        self.tokens = {}
        self.counts["tokens"] = 0

    async def answer(self, request):
        if request.path == "/token":
            return await self.token(request)
        if request.method != "POST":
            self.journal.fault(f"{request.method} {request.path}")
            return self.told(405)
        if self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "), 0) < time.time():
            return self.told(401)
        if not request.path.startswith("/w/"):
            return self.told(404)
        return await self.send(request)

    async def token(self, request):
        play = self.plays.next("token")
        if play and (told := await self.act(play)) is not None:
            return told
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        want = {"grant_type": "client_credentials", "client_id": self.settings["client"], "client_secret": self.settings["secret"],
                "scope": self.settings["scope"]}
        if form != want:
            self.journal.write(refused=sorted(name for name in want if form.get(name) != want[name]))
            return as_json({"error": "invalid_client"}, 400)
        token, lives = secrets.token_urlsafe(300), self.settings.get("expires_in", 86400)
        self.tokens[token] = time.time() + lives
        self.counts["tokens"] += 1
        self.journal.write(token=self.counts["tokens"])
        return as_json({"access_token": token, "expires_in": lives, "token_type": "bearer"})

    async def send(self, request):
        kind = request.headers.get("x-wns-type")
        if TYPES.get(kind) != request.headers.get("content-type", "").split(";")[0]:
            self.journal.fault(f"X-WNS-Type {kind} of {request.headers.get('content-type')}")
            return self.told(400)
        if len(request.body) > 5000:
            self.journal.fault("too large")
            return self.told(413)
        if not re.fullmatch(r"[1-9]\d{0,9}", request.headers.get("x-wns-ttl", "1")) or request.headers.get("x-wns-cache-policy", "cache") not in ("cache", "no-cache"):
            self.journal.fault("X-WNS-TTL or X-WNS-Cache-Policy")
            return self.told(400)
        channel = request.query.get("token", [""])[0]
        play = self.plays.next(channel)
        if play and (told := await self.act(play)) is not None:
            return told
        payload = json.loads(request.body)
        data = payload.get("data", {})
        apps = data.get("app")
        if set(payload) != {"data"} or set(data) != {"app", "timestamp"} or not TIMESTAMP.fullmatch(data["timestamp"]) or not (
                isinstance(apps, str) or len(apps) > 1):
            self.journal.fault("wake-up", payload=payload)
        self.counts["accepted"] += 1
        self.journal.write(address=channel, payload=payload, connection=request.connection,
                           headers={k: v for k, v in request.headers.items() if k.startswith("x-wns") or k == "traceparent"})
        return self.told(200, wns="received")

    @staticmethod
    def told(status, wns=None, reason=None, retry_after=None):
        headers = {"x-wns-msg-id": secrets.token_hex(8).upper(), "x-wns-debug-trace": "DB5SCH101"}
        for name, value in (("x-wns-status", wns), ("x-wns-error-description", reason), ("retry-after", retry_after)):
            if value is not None:
                headers[name] = str(value)
        return Answer(status, headers=headers)

    def refusal(self, play):
        if "error" in play:
            return as_json({"error": play["error"]}, play.get("status", 400))
        return self.told(play.get("status", 200), play.get("wns"), play.get("reason"), play.get("retry_after"))

    def do_forget_tokens(self, _):
        self.tokens.clear()

    def do_set(self, settings):
        self.settings.update(settings)


if __name__ == "__main__":
    main(Wns)

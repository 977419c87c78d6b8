#!/usr/bin/python3
"""Push services by a script, over TLS and HTTP/2: each answers well unless /say has told it the next answers.

POST /say [{"to": "/3/device/", "status": 410, "body": {...}, "headers": {...}, "hang": true, "cut": true}, ...] adds to what is said next
to paths that begin so; {"to": ..., "gather": N} answers well when N requests have been told so. GET /seen gives what was asked.
Provider tokens are checked with --apns-key (public, PEM)."""

import asyncio
import json

import web
from jwcrypto import jwk, jws
from web import Answer, as_json


class Script:
    streams = 500

    def __init__(self, apns_key):
        self.server, self.plays, self.seen = None, [], []
        self.tokens = 0
        self.key = jwk.JWK.from_pem(open(apns_key, "rb").read()) if apns_key else None
        self.gathered, self.gate = 0, asyncio.Event()

    def play(self, path):
        for i, play in enumerate(self.plays):
            if path.startswith(play["to"]):
                return self.plays.pop(i)
        return None

    async def __call__(self, request):
        if request.path == "/say":
            self.plays += json.loads(request.body)
            return Answer(204)
        if request.path == "/seen":
            return as_json({"connections": self.server.connections, "tokens": self.tokens, "seen": self.seen})
        self.seen.append({"path": request.path, "connection": request.connection, "protocol": request.protocol,
                          "headers": {k: v for k, v in request.headers.items() if not k.startswith(":")},
                          "body": request.body.decode("latin-1")})
        play = self.play(request.path)
        if play is None:
            return self.well(request)
        if play.get("hang"):
            await asyncio.Event().wait()
        if "gather" in play:
            self.gathered += 1
            if self.gathered == play["gather"]:
                self.gate.set()
            await self.gate.wait()
            return self.well(request)
        body = play.get("body", "")
        return Answer(play["status"] if "status" in play else 200, (body if isinstance(body, str) else json.dumps(body)).encode(),
                      play.get("headers", {}), cut=play.get("cut", False))

    def well(self, request):
        if request.path == "/token":
            self.tokens += 1
            return as_json({"access_token": f"token-{self.tokens}", "expires_in": 3600, "token_type": "Bearer"})
        if request.path.startswith("/3/device/"):
            return self.apple(request)
        if request.path.startswith("/v1/"):
            return as_json({"name": "projects/demo/messages/1"})
        return Answer(200, headers={"x-wns-status": "received"})

    def apple(self, request):
        token = jws.JWS()
        try:
            token.deserialize(request.headers["authorization"].removeprefix("bearer "), self.key)
        except Exception:
            return as_json({"reason": "InvalidProviderToken"}, 403)
        header, claims = json.loads(token.objects["protected"]), json.loads(token.payload)
        is_right = header["alg"] == "ES256" and header["kid"] == "KEY4567890" and claims["iss"] == "TEAM567890" and "iat" in claims
        return Answer(200) if is_right else as_json({"reason": "InvalidProviderToken"}, 403)


if __name__ == "__main__":
    parser = web.parser()
    parser.add_argument("--apns-key")
    args = parser.parse_args()
    try:
        asyncio.run(web.main(lambda: Script(args.apns_key), args))
    except KeyboardInterrupt:
        pass

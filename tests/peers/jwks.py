#!/usr/bin/python3
"""A provider's key set that can be told what to serve: POST /control {kids, max_age, status, body, hold}."""

import asyncio
import json

from jwcrypto import jwk

import web


class Provider:
    def __init__(self):
        self.server = None
        self.told, self.asked, self.released = {}, 0, asyncio.Event()
        self.key = json.loads(jwk.JWK.generate(kty="EC", crv="P-256").export_public())

    async def __call__(self, request):
        return await getattr(self, "on_" + request.path[1:])(request)

    async def on_control(self, request):
        self.told, self.asked = json.loads(request.body), 0
        self.released = asyncio.Event()
        return web.as_json({})

    async def on_release(self, _):
        self.released.set()
        return web.as_json({})

    async def on_asked(self, _):
        return web.as_json(self.asked)

    async def on_jwks(self, _):
        self.asked += 1
        told = self.told
        if told.get("hold"):
            await self.released.wait()
        headers = {"content-type": "application/json"}
        if "max_age" in told:
            headers["cache-control"] = f"max-age={told['max_age']}"
        body = told.get("body", json.dumps({"keys": [dict(self.key, kid=kid) for kid in told.get("kids", [])]}))
        return web.Answer(told.get("status", 200), body.encode(), headers)


if __name__ == "__main__":
    asyncio.run(web.main(Provider, web.parser().parse_args()))

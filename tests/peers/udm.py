#!/usr/bin/python3
"""A UDM and an NRF in one, over HTTP/2: vectors from tests/system/usim.py's Milenage, the rest by TS 29.503 and TS 29.510.

POST /control sets, for all requests until the next: `delay` (never answers), `status` with `cause` and `retry_after`,
`body` (text answered with 200), `token_required`, `expires_in`, `auth_type`, `patch` (members put over the vector's),
`nrf_status`. GET /seen gives what was asked since. The subscribers are {imsi: [k, opc]} in --subscribers.
"""

import asyncio
import hashlib
import hmac
import json
import os
import re
import secrets
import sys
from urllib.parse import parse_qs

import web

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
from usim import TEST_SETS, Milenage  # noqa: E402

HEX32 = re.compile(r"[0-9A-Fa-f]{32}\Z")
HEX28 = re.compile(r"[0-9A-Fa-f]{28}\Z")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
HSS_PATH = re.compile(r"/nudm-ueau/v1/imsi-([0-9]{5,15})/hss-security-information/([a-z-]+)/generate-av\Z")
AUSF_PATH = re.compile(r"/nudm-ueau/v1/imsi-([0-9]{5,15})/security-information/generate-auth-data\Z")
TYPES = {"eap-aka": "EAP_AKA", "eap-aka-prime": "EAP_AKA_PRIME"}
ACCESS_NETWORKS = ("HRPD", "WIMAX", "WLAN", "ETHERNET")


class Refused(Exception):
    def __init__(self, status, cause):
        super().__init__(cause)
        self.status, self.cause = status, cause


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def prime_keys(ck, ik, name, sqn_xor_ak):
    """CK' and IK' of TS 33.402 annex A.2."""
    name = name.encode()
    text = b"\x20" + name + len(name).to_bytes(2, "big") + sqn_xor_ak + b"\x00\x06"
    out = hmac.new(ck + ik, text, hashlib.sha256).digest()
    return out[:16], out[16:]


class Subscriber:
    def __init__(self, k, opc):
        self.f = Milenage(bytes.fromhex(k), bytes.fromhex(opc))
        self.sqn = 0

    def resynchronise(self, rand, auts):
        sqn_ms = xor(auts[:6], self.f.f2345(rand)[4])
        if self.f.f1(rand, sqn_ms, b"\0\0")[1] != auts[6:]:
            raise Refused(403, "AUTHENTICATION_REJECTED")
        self.sqn = int.from_bytes(sqn_ms, "big")

    def vector(self, network_name):
        self.sqn += 32
        sqn, amf, rand = self.sqn.to_bytes(6, "big"), b"\x80\0", secrets.token_bytes(16)
        res, ck, ik, ak, _ = self.f.f2345(rand)
        autn = xor(sqn, ak) + amf + self.f.f1(rand, sqn, amf)[0]
        values = {"rand": rand, "xres": res, "autn": autn}
        if network_name is None:
            values |= {"ck": ck, "ik": ik}
        else:
            values["ckPrime"], values["ikPrime"] = prime_keys(ck, ik, network_name, autn[:6])
        kind = "EAP_AKA" if network_name is None else "EAP_AKA_PRIME"
        return {"avType": kind} | {name: value.hex() for name, value in values.items()}


class Core:
    def __init__(self, subscribers):
        self.server = None
        self.subscribers = {imsi: Subscriber(*keys) for imsi, keys in subscribers.items()}
        self.told, self.seen, self.tokens = {}, [], set()

    async def __call__(self, request):
        if request.path == "/control":
            self.told, self.seen = json.loads(request.body), []
            return web.as_json({})
        if request.path == "/seen":
            return web.as_json(self.seen)
        if request.path == "/subscribers":
            self.subscribers |= {imsi: Subscriber(*keys) for imsi, keys in json.loads(request.body).items()}
            return web.as_json({})
        self.seen.append({"path": request.path, "protocol": request.protocol, "headers": request.headers,
                          "body": request.body.decode("latin-1"), "connection": request.connection, "client": request.client})
        try:
            return await (self.token(request) if request.path == "/oauth2/token" else self.answer(request))
        except Refused as refused:
            problem = {"status": refused.status, "title": "refused", "cause": refused.cause}
            return web.as_json(problem, refused.status, "application/problem+json")

    # ---- NRF

    async def token(self, request):
        if "nrf_status" in self.told:
            return web.as_json({"error": "invalid_client"}, self.told["nrf_status"])
        form = {name: values[0] for name, values in parse_qs(request.body.decode(), strict_parsing=True).items()}
        wanted = {"grant_type": "client_credentials", "targetNfType": "UDM", "scope": "nudm-ueau"}
        if (request.method != "POST" or request.headers.get("content-type") != "application/x-www-form-urlencoded"
                or any(form.get(name) != value for name, value in wanted.items())
                or not UUID.match(form.get("nfInstanceId", "")) or not form.get("nfType")):
            return web.as_json({"error": "invalid_request"}, 400)
        token = secrets.token_urlsafe(200)
        self.tokens.add(token)
        answer = {"access_token": token, "token_type": "Bearer", "scope": "nudm-ueau"}
        if self.told.get("expires_in", 3600) is not None:
            answer["expires_in"] = self.told.get("expires_in", 3600)
        return web.as_json(answer, cache_control="no-store")

    # ---- UDM

    async def answer(self, request):
        told = self.told
        if told.get("delay"):
            await asyncio.Event().wait()
        if told.get("forget_tokens"):
            self.tokens.clear()
            told["forget_tokens"] = False
        if told.get("token_required"):
            if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
                return web.as_json({"status": 401}, 401, "application/problem+json",
                                   www_authenticate='Bearer error="invalid_token"')
        if "status" in told:
            headers = {"retry_after": str(told["retry_after"])} if "retry_after" in told else {}
            problem = {"status": told["status"], "cause": told.get("cause")}
            return web.as_json(problem, told["status"], "application/problem+json", **headers)
        if "body" in told:
            return web.Answer(200, told["body"].encode(), {"content-type": "application/json"})
        if request.method != "POST" or request.headers.get("content-type") != "application/json":
            raise Refused(415, "UNSUPPORTED_MEDIA_TYPE")
        return web.as_json(self.generate(request.path, json.loads(request.body)))

    def generate(self, path, body):
        if match := HSS_PATH.match(path):
            name = self.network_of_hss(match[2], body)
            return {"hssAuthenticationVectors": [self.vector(match[1], name, body)]}
        if match := AUSF_PATH.match(path):
            name = body.get("servingNetworkName", "")
            if not name.startswith("5G:") or not UUID.match(body.get("ausfInstanceId", "")):
                raise Refused(400, "MANDATORY_IE_INCORRECT")
            return {"authType": self.told.get("auth_type", "EAP_AKA_PRIME"), "supi": f"imsi-{match[1]}",
                    "authenticationVector": self.vector(match[1], name, body)}
        raise Refused(404, "RESOURCE_URI_STRUCTURE_NOT_FOUND")

    @staticmethod
    def network_of_hss(kind, body):
        if body.get("hssAuthType") != TYPES.get(kind) or body.get("numOfRequestedVectors") not in range(1, 6):
            raise Refused(400, "MANDATORY_IE_INCORRECT")
        if kind == "eap-aka":
            return None
        if body.get("anId") not in ACCESS_NETWORKS:
            raise Refused(400, "OPTIONAL_IE_INCORRECT")
        return body["anId"]

    def vector(self, imsi, network_name, body):
        if imsi not in self.subscribers:
            raise Refused(404, "USER_NOT_FOUND")
        resync = body.get("resynchronizationInfo")
        if resync is not None:
            if not HEX32.match(resync.get("rand", "")) or not HEX28.match(resync.get("auts", "")):
                raise Refused(400, "OPTIONAL_IE_INCORRECT")
            self.subscribers[imsi].resynchronise(bytes.fromhex(resync["rand"]), bytes.fromhex(resync["auts"]))
        return self.subscribers[imsi].vector(network_name) | self.told.get("patch", {})


def main():
    parser = web.parser()
    parser.add_argument("--subscribers", help="JSON file {imsi: [k, opc]}; without it 001010000000001 and so on have TS 35.208's sets")
    args = parser.parse_args()
    subscribers = {f"{1010000000000 + i + 1:015}": keys for i, keys in enumerate(TEST_SETS)}
    if args.subscribers:
        with open(args.subscribers, encoding="utf-8") as file:
            subscribers = json.load(file)
    asyncio.run(web.main(lambda: Core(subscribers), args))


if __name__ == "__main__":
    main()

"""A TS.43 client for the tests: raw enough to send what no library would, with an EAP-AKA peer of its own."""

import base64
import hashlib
import hmac
import http.client
import json
import re
import ssl
import struct
import urllib.parse
import xml.etree.ElementTree as ElementTree

from usim import ck_ik_prime, k_aut_prime

EAP_RELAY = "application/vnd.gsma.eap-relay.v1.0+json"
XML = "text/vnd.wap.connectivity-xml"
JSON = "application/json"


def as_json(element):
    """What stands in an XML characteristic, the way TS.43 2.9.4 writes it in JSON."""
    out, parts = {p.get("name"): p.get("value") for p in element.findall("parm")}, element.findall("characteristic")
    for part in parts:
        name = part.get("type")
        inner = part.findall("characteristic")
        out[name] = [{c.get("type"): as_json(c)} for c in inner] if inner else as_json(part)
    return out


def whole_document(applications):
    """A document of XML around its applications, as Answer.masked() gives it."""
    return f"""<?xml version="1.0"?>
<wap-provisioningdoc version="1.1">
<characteristic type="VERS">
<parm name="version" value="N"/>
<parm name="validity" value="N"/>
</characteristic>
<characteristic type="TOKEN">
<parm name="token" value="T"/>
<parm name="validity" value="N"/>
</characteristic>
{applications}</wap-provisioningdoc>
"""


HANDLE = r"(encodedValue=|sid=)[A-Za-z0-9+/=_-]+"  # what a ServiceFlow_UserData says of whom, another one each time


class Answer:
    def __init__(self, response, body):
        self.status, self.reason = response.status, response.reason
        self.headers, self.body = response.headers, body

    @property
    def type(self):
        return self.headers.get("Content-Type", "")

    def packet(self):
        return base64.b64decode(json.loads(self.body)["eap-relay-packet"], validate=True)

    def cookie(self):
        return self.headers["Set-Cookie"].split(";")[0]

    def json(self):
        return json.loads(self.body)

    def xml(self):
        return ElementTree.fromstring(self.body)

    def characteristic(self, type_):
        """Parms of the only characteristic of that type, as a dict."""
        found = [c for c in self.xml().findall("characteristic") if c.get("type") == type_]
        assert len(found) == 1, f"{len(found)} characteristics {type_}"
        return {p.get("name"): p.get("value") for p in found[0].findall("parm")}

    def apps(self):
        """AppID -> dict of its own parms, in document order."""
        out = {}
        for c in self.xml().findall("characteristic"):
            if c.get("type") == "APPLICATION":
                parms = {p.get("name"): p.get("value") for p in c.findall("parm")}
                out[parms.pop("AppID")] = parms
        return out

    def token(self):
        return self.characteristic("TOKEN")["token"]

    def applications(self):
        """AppID -> all that stands in its APPLICATION, in document order and the same for either form; handles as "sid=..."."""
        assert self.status == 200, (self.status, self.body)
        if self.type.startswith(JSON):
            out = {name: app for name, app in self.json().items() if name not in ("Vers", "Token")}
        else:
            found = [as_json(c) | {"type": c.get("type")} for c in self.xml().findall("characteristic")]
            assert {c["type"] for c in found} <= {"VERS", "TOKEN", "APPLICATION"}
            out = {c.pop("AppID"): c for c in found if c.pop("type") == "APPLICATION"}
        for app in out.values():
            if "ServiceFlow_UserData" in app:
                app["ServiceFlow_UserData"] = re.sub(HANDLE, r"\1...", app["ServiceFlow_UserData"])
        return out

    def masked(self):
        """The whole XML document letter by letter, but for what is another each time: T, N, "sid=..."."""
        text = re.sub(r'(name="token" value=")[^"]+', r"\1T", self.body.decode())
        text = re.sub(r'(name="(?:validity|version)" value=")\d+', r"\1N", text)
        return re.sub('(name="ServiceFlow_UserData" value=")' + HANDLE, r"\1\2...", text)

    def masked_application(self):
        """What stands inside its only APPLICATION, letter by letter, masked as above."""
        return re.search(r'<characteristic type="APPLICATION">\n(.*)</characteristic>\n</wap-provisioningdoc>\n$', self.masked(), re.S)[1]

    def waits(self):
        """Is 503, and says when to come back."""
        return self.status == 503 and int(self.headers["Retry-After"]) > 0


class Client:
    """One kept-alive connection to the gateway."""

    def __init__(self, stack, port=None, path="/"):
        context = ssl.create_default_context(cafile=stack.ca)
        self._connection = http.client.HTTPSConnection("127.0.0.1", port or stack.port, context=context, timeout=30)
        self.path = path

    def close(self):
        self._connection.close()

    def send(self, method, target, body=None, headers=None):
        self._connection.request(method, target, body=body, headers=headers or {})
        response = self._connection.getresponse()
        return Answer(response, response.read())

    def get(self, params, accept=XML, headers=None):
        return self.send("GET", self.path + "?" + urllib.parse.urlencode(params, doseq=True), headers={"Accept": accept, **(headers or {})})

    def post(self, params, accept=XML, headers=None):
        return self.send("POST", self.path, body=json.dumps(params),
                         headers={"Accept": accept, "Content-Type": "application/json", **(headers or {})})

    def relay(self, packet, cookie, accept=EAP_RELAY + ", " + XML):
        return self.send("POST", self.path, body=json.dumps({"eap-relay-packet": base64.b64encode(packet).decode()}),
                         headers={"Accept": accept, "Content-Type": EAP_RELAY, "Cookie": cookie})


def nai(imsi, mcc="001", mnc="01"):
    return f"0{imsi}@nai.epc.mnc{mnc:0>3}.mcc{mcc}.3gppnetwork.org"


def nai_prime(imsi):
    """Of EAP-AKA'."""
    return "6" + nai(imsi)[1:]


def params(**more):
    """The common parameters of TS.43 2.3, with what the test wants on top; None leaves one out."""
    base = {"terminal_id": "356938035643809", "terminal_vendor": "ACME", "terminal_model": "Phone9",
            "terminal_sw_version": "14.2", "entitlement_version": "12.0", "app": "ap2004", "vers": "0"}
    base.update(more)
    return {k: v for k, v in base.items() if v is not None}


# --- EAP-AKA peer (RFC 4187) ---

def _prf(key):
    """FIPS 186-2 change notice 1 generator: 160 octets."""
    def compress(block):
        # One SHA-1 compression without padding, by hand: hashlib always pads.
        h = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0]
        w = list(struct.unpack(">16I", block))
        for t in range(16, 80):
            x = w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16]
            w.append((x << 1 | x >> 31) & 0xFFFFFFFF)
        a, b, c, d, e = h
        for t in range(80):
            if t < 20:
                f, k = (b & c) | (~b & d), 0x5A827999
            elif t < 40:
                f, k = b ^ c ^ d, 0x6ED9EBA1
            elif t < 60:
                f, k = (b & c) | (b & d) | (c & d), 0x8F1BBCDC
            else:
                f, k = b ^ c ^ d, 0xCA62C1D6
            a, b, c, d, e = ((a << 5 | a >> 27) + (f & 0xFFFFFFFF) + e + k + w[t]) & 0xFFFFFFFF, a, (b << 30 | b >> 2) & 0xFFFFFFFF, c, d
        return b"".join(((x + y) & 0xFFFFFFFF).to_bytes(4, "big") for x, y in zip(h, (a, b, c, d, e)))

    xkey, out = int.from_bytes(key, "big"), b""
    while len(out) < 160:
        w = compress(xkey.to_bytes(20, "big") + bytes(44))
        xkey = (1 + xkey + int.from_bytes(w, "big")) % (1 << 160)
        out += w
    return out


def attributes(packet):
    out, at = {}, 8
    while at < len(packet):
        size = packet[at + 1] * 4
        out[packet[at]] = packet[at + 2:at + size]
        at += size
    return out


def eap_mac(k_aut, packet):
    """AT_MAC: K_aut of EAP-AKA has 16 octets, of EAP-AKA' 32."""
    return hmac.new(k_aut, packet, hashlib.sha1 if len(k_aut) == 16 else hashlib.sha256).digest()[:16]


def eap_response(identifier, subtype, attrs, k_aut=None, kind=23):
    """Builds an EAP-Response/AKA (50: AKA'); with k_aut an AT_MAC is appended and filled in."""
    data = b"".join(bytes([t, (len(v) + 2) // 4]) + v for t, v in attrs)
    if k_aut is not None:
        data += bytes([11, 5]) + bytes(18)
    packet = bytes([2, identifier]) + (8 + len(data)).to_bytes(2, "big") + bytes([kind, subtype, 0, 0]) + data
    if k_aut is not None:
        packet = packet[:-16] + eap_mac(k_aut, packet)
    return packet


def k_aut_of(identity, ck, ik):
    return _prf(hashlib.sha1(identity.encode() + ik + ck).digest())[16:32]


def answer_challenge(usim, packet, identity):
    """The peer's answer to a challenge: response, synchronisation failure or authentication reject."""
    kind = packet[4]
    assert packet[0] == 1 and kind in (23, 50) and packet[5] == 1, "an AKA-Challenge"
    assert int.from_bytes(packet[2:4], "big") == len(packet)
    attrs = attributes(packet)
    result = usim.authenticate(attrs[1][2:], attrs[2][2:])
    if result[0] == "mac":
        return eap_response(packet[1], 2, [], kind=kind)
    kdf = [(24, attrs[24])] if kind == 50 else []
    if result[0] == "auts":
        return eap_response(packet[1], 4, [(4, result[1])] + kdf, kind=kind)
    _, res, ck, ik = result
    if kind == 50:
        assert kdf == [(24, b"\0\1")] and attrs[2][8] & 0x80, "AT_KDF 1, and the separation bit of AMF"
        name = attrs[23][2:2 + int.from_bytes(attrs[23][:2], "big")].decode()
        k_aut = k_aut_prime(identity, *ck_ik_prime(ck, ik, name, attrs[2][2:]))
    else:
        k_aut = k_aut_of(identity, ck, ik)
    zeroed = packet.replace(attrs[11][2:], bytes(16))
    assert hmac.compare_digest(eap_mac(k_aut, zeroed), attrs[11][2:]), "AT_MAC of the challenge"
    return eap_response(packet[1], 1, [(3, (len(res) * 8).to_bytes(2, "big") + res)], k_aut, kind)


def begin(client, usim, name=None, **more):
    """The first request of an authentication."""
    return client.get(params(EAP_ID=name or nai(usim.imsi), **more), accept=EAP_RELAY + ", " + XML)


def authenticate(client, usim, rounds=4, accept=XML, identity=None, **more):
    """A full authentication. Returns the last answer, whatever it is."""
    identity = identity or nai(usim.imsi)
    answer = client.get(params(EAP_ID=identity, **more), accept=EAP_RELAY + ", " + accept)
    for _ in range(rounds):
        if answer.status != 200 or answer.type != EAP_RELAY:
            return answer
        answer = client.relay(answer_challenge(usim, answer.packet(), identity), answer.cookie(), accept=EAP_RELAY + ", " + accept)
    return answer

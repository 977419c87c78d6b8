"""A stack whose tenant has web sheets, with what stands around them: an address service, a payment page, phones that open them."""

import base64
import hashlib
import hmac
import html
import itertools
import json
import re
import sqlite3
import threading
import time
import urllib.parse

import people
from browser import Browser
from operators import Operators
from stack import ROOT, Stack, free_port
from ts43 import EAP_RELAY, JSON, XML, Client, answer_challenge, nai, params
from usim import TEST_SETS, Usim

DEMO = "/v1/tenants/demo"
TERMS = "Wi-Fi calling uses your internet connection.\nEmergency calls may not show where you are: keep your address up to date.\n" + "\n".join(
    f"{n}. What the two sides owe each other is written here at some length, as lawyers like it." for n in range(1, 9))
ADDRESS = {"street": "12 High Street", "unit": "", "city": "Springfield", "region": "IL", "postcode": "62701", "country": "US"}
OBJECTS = {"ap2004": "VoWiFiWebServiceFlow", "ap2010": "DataBoostWebServiceFlow", "ap2012": "DCBWebServiceFlow", "ap2016": "SatModeWebServiceFlow"}
ODSA = {"ap2006": "ODSAServiceFlow", "ap2009": "ODSAServiceFlow"}
# As a phone puts it into the page; whatever is called of it is remembered.
INJECTED = """window.calls = []; window.%s = new Proxy({}, {get: (_, name) => typeof name == "string" && %s.includes(name)
    ? (...given) => { window.calls.push([name, ...given]); } : undefined});"""
METHODS = {"VoWiFiWebServiceFlow": ["entitlementChanged", "dismissFlow"], "DCBWebServiceFlow": ["entitlementChanged", "dismissFlow"],
           "SatModeWebServiceFlow": ["entitlementChanged", "dismissFlow"],
           "DataBoostWebServiceFlow": ["notifyPurchaseSuccessful", "notifyPurchaseFailed", "dismissFlow"],
           "ODSAServiceFlow": ["profileReadyWithActivationCode", "profileReadyWithDefaultSmdp", "SelectionCompleted", "finishFlow", "dismissFlow", "deleteToken",
                               "checkProfileServiceStatus", "deleteProfileInUse"]}
STORE = {"store_vendor": "S1001", "store_user_id": "u-5521 & <co>"}
# Every text against what is behind it (WCAG 2.1, 1.4.3): what falls short of 4.5 to 1.
CONTRAST = """(() => {
    const parse = c => c.match(/[\\d.]+/g).map(Number), out = [];
    const light = c => { const [r, g, b] = c.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length == 3 || c[3] == 1) return c; }
        return [255, 255, 255]; };
    for (const e of document.querySelectorAll('h1, h2, p, label, button, dt, dd, a, header')) {
        if (e.hidden) continue;
        const [a, b] = [light(parse(getComputedStyle(e).color).slice(0, 3)), light(ground(e).slice(0, 3))].sort((x, y) => y - x);
        if ((a + 0.05) / (b + 0.05) < 4.5) out.push(e.outerHTML.slice(0, 80));
    }
    return out;
})()"""
UNLABELLED = "[...document.querySelectorAll('input:not([type=hidden])')].filter(i => !i.labels.length || !i.labels[0].textContent.trim()).length"
_numbers = itertools.count(700)


def b64(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class AddressService(people._Server):
    """Knows Springfield; `say` is what it answers instead, `hold` cleared keeps it silent."""

    def __init__(self, keys):
        self.asked, self.say, self.hold = [], None, threading.Event()
        self.hold.set()
        super().__init__(keys)
        self.url = f"https://127.0.0.1:{self.port}/tmf-api/geographicAddressManagement/v4/geographicAddressValidation"

    def answer(self, request):
        self.asked.append((request.headers.get("Authorization"), json.loads(request.body)))
        self.hold.wait(30)
        if self.say is not None:
            return self.say
        given = self.asked[-1][1]["submittedGeographicAddress"]
        place = {"id": "loc-62701-12", "streetName": given["streetName"], "city": given["city"], "postcode": given["postcode"], "country": given["country"]}
        if given["streetName"].startswith("12 "):
            return 201, {}, {"validationResult": "success", "validAddress": place}
        if given["streetName"].startswith("High"):
            others = [{**place, "id": f"loc-{n}", "streetNr": str(n), "streetName": "High Street"} for n in (2, 4, 6)]
            return 201, {}, {"validationResult": "partial", "alternateGeographicAddress": others}
        return 201, {}, {"validationResult": "fail"}


class Documents(people._Server):
    """Takes pictures of documents; `accept` False refuses them."""

    def __init__(self, keys):
        self.taken, self.accept = [], True
        super().__init__(keys)
        self.url = f"https://127.0.0.1:{self.port}/documents"

    def answer(self, request):
        if not self.accept:
            return 503, {}, {}
        self.taken.append(json.loads(request.body))
        return 201, {}, {"id": f"doc-{len(self.taken)}"}


class PaymentPage(people._Server):
    """A page with two buttons; what it answers with is signed."""

    def __init__(self, keys, key):
        self.key, self.orders = key, []
        super().__init__(keys)
        self.url = f"https://127.0.0.1:{self.port}/pay?shop=1"

    def sign(self, claims, header=None, key=None):
        head = b64(json.dumps(header or {"alg": "HS256"}).encode()) + "." + b64(json.dumps(claims).encode())
        return head + "." + b64(hmac.new(key or self.key, head.encode(), hashlib.sha256).digest())

    def read(self, jws):
        head, claims, mac = jws.split(".")
        assert hmac.compare_digest(unb64(mac), hmac.new(self.key, f"{head}.{claims}".encode(), hashlib.sha256).digest())
        assert json.loads(unb64(head))["alg"] == "HS256"
        return json.loads(unb64(claims))

    def result(self, order, outcome, **more):
        return self.sign({"order": order["order"], "outcome": outcome, "exp": int(time.time()) + 300, **more})

    def answer(self, request):
        order = self.read(urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query)["order"][0])
        self.orders.append(order)
        links = "".join(f'<a id="{o}" href="{html.escape(order["return"])}?result={self.result(order, o, **more)}">{o}</a> '
                        for o, more in (("paid", {}), ("failed", {"reason": "card \"refused\""}), ("cancelled", {}), ("authentication_failed", {})))
        return 200, {"Content-Type": "text/html"}, f"<!DOCTYPE html><title>Pay</title><h1>Pay {html.escape(order['price'])}</h1>{links}"


class Line:
    """A subscriber of this test alone, and its phone."""

    def __init__(self, sheets, **changes):
        self.sheets, self.imsi, self.tokens = sheets, f"001010000000{next(_numbers)}", {}
        self.path, k, opc = f"{DEMO}/subscribers/{self.imsi}", *TEST_SETS[2]
        sheets.stack.ctl("subscriber", "add", "--tenant", "demo", "--imsi", self.imsi, "--plan", "gold", "--k", k, "--opc", opc, "--amf", "8000")
        self.usim = Usim(self.imsi, k, opc)
        if changes:
            self.patch(changes)

    def patch(self, changes):
        status, answer = self.sheets.api("PATCH", self.path, changes)[:2]
        assert status == 200, answer

    def state(self):
        """What the server has of the line; its version tells whether anything was written."""
        return {name: value for name, value in self.sheets.api("GET", self.path)[1].items() if name != "devices"}

    def _authenticate(self, app, more):
        client, identity = self.sheets.client, nai(self.imsi)
        answer = client.get(params(app=app, EAP_ID=identity, **more), accept=f"{EAP_RELAY}, {XML}")
        while answer.type == EAP_RELAY:
            answer = client.relay(answer_challenge(self.usim, answer.packet(), identity), answer.cookie())
        assert answer.status == 200
        return answer.token()

    def app(self, app, **more):
        """The phone's view of an application."""
        more = {**(STORE if app == "ap2012" else {}), **({"boost_type": "166"} if app == "ap2010" else {}), **more}
        if app not in self.tokens:
            self.tokens[app] = self._authenticate(app, more)
        answer = self.sheets.client.get(params(app=app, token=self.tokens[app], **more), accept=JSON)
        assert answer.status == 200
        return answer.json()[app]

    def user_data(self, app="ap2004", **more):
        answer = self.app(app, **more)
        assert answer["ServiceFlow_URL"] == self.sheets.url
        return answer["ServiceFlow_UserData"]

    def open(self, app="ap2004", **settings):
        return Page(self.sheets, app, self.user_data(app), **settings)

    def consents(self):
        return self.sheets.api("GET", self.path + "/consents")[1]["items"]


class Page(Browser):
    """A sheet in the web view of a phone."""

    def __init__(self, sheets, app, user_data, bare=False, script=True, **settings):
        super().__init__(**settings)
        if not bare:
            name = {**OBJECTS, **ODSA}[app]
            self.call("Page.addScriptToEvaluateOnNewDocument", source=INJECTED % (name, json.dumps(METHODS[name])))
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.open(sheets.url + "?" + user_data)

    def title(self):
        return self.run("document.querySelector('h1').textContent")

    def calls(self):
        return self.run("window.calls")

    def fill(self, **values):
        for name, value in values.items():
            self.run(f"document.querySelector('[name={name}]').value = {json.dumps(value)}")
        return self

    def press_button(self, action):
        return self.click(f"button[value={action}]")

    def tick(self, selector="[name=agree]"):
        self.run(f"document.querySelector({json.dumps(selector)}).click()")
        return self


def check_page(page, sheets):
    """What holds for every page there is."""
    assert page.run(CONTRAST) == [] and page.run(UNLABELLED) == 0
    assert page.run("document.querySelectorAll('h1').length") == 1 and page.run("!!document.documentElement.lang")
    assert page.run("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off at the side"
    assert [url for url in page.requests if not url.startswith(sheets.url) and not url.startswith("data:")] == [] and page.console == []


class Form:
    """The same without a browser: what is posted is what stands in the page, and what the test changes."""

    def __init__(self, answer):
        self.answer, self.text = answer, answer.body.decode()
        self.status = answer.status
        found = re.search(r'name="page" value="([^"]+)"', self.text)
        self.page = found[1] if found else None
        self.title = html.unescape(re.search(r"<h1>(.*?)</h1>", self.text, re.S)[1]) if "<h1>" in self.text else None

    def actions(self):
        return re.findall(r'name="do"[^>]* value="([a-z]+)"', self.text)


class Sheets:
    def __init__(self, folder, db="sqlite", **overrides):
        self.dir = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.keys, key = people.Keys(folder / "others"), bytes(range(32))
        self.documents = Documents(self.keys)
        self.addresses, self.payments = AddressService(self.keys), PaymentPage(self.keys, key)
        port = free_port()
        self.url = f"https://127.0.0.1:{port}/sheet"
        key_file, bearer, peers = folder / "payment.key", folder / "bearer", folder / "peers.conf"
        key_file.write_text(key.hex() + "\n")
        bearer.write_text("a-token\n")
        for file in (key_file, bearer):
            file.chmod(0o600)
        peers.write_text(f"""
[address e911]
url = {self.addresses.url}
ca_file = {self.keys.ca}
bearer_file = {bearer}
deadline = 2s

[documents kyc]
url = {self.documents.url}
ca_file = {self.keys.ca}

[payment shop]
url = {self.payments.url}
key_file = {key_file}
""")
        settings = {"policy": {"sheet_peers_file": peers}, **overrides}
        self.stack = Stack(folder / "stack", overrides=settings, device_port=port, db=db).start().load_demo()
        self.api, self.client = Operators(self.stack), Client(self.stack)
        self.settings = json.loads((ROOT / "deploy/demo/tenant.json").read_text())
        gold = json.loads((ROOT / "deploy/demo/plan-gold.json").read_text())
        gold["data"]["boosts"][0] |= {"price": "2.99 EUR", "duration": 7200, "downlink_max": 300}
        self.gold = {**gold, "carrier_billing": True}
        assert self.api("PUT", DEMO + "/plans/gold", self.gold)[0] == 200
        self.tenant()

    def tenant(self, sheets=None, **more):
        body = {**self.settings, "vowifi": {"url": self.url, "terms_required": True, "address_required": True},
                "data": {"boost_url": self.url}, "satellite": {"url": self.url, "contents": "xml"},
                "billing": {"url": self.url, "contents": "json", "terms_required": True, "terms": "dcb-1", "titles": ["en: Pay by phone bill"],
                            "texts": ["en: What you buy is added to your bill.", "de: Was Sie kaufen, kommt auf Ihre Rechnung."]},
                "sheets": {"terms": "2026-01", "terms_texts": ["en: " + TERMS, "de: WLAN-Telefonie nutzt Ihren Internetanschluss.", "ar: يستخدم الاتصال عبر Wi-Fi اتصالك بالإنترنت."],
                           "address": "e911", **(sheets or {})}, **more}
        status, answer = self.api("PUT", DEMO, body)[:2]
        assert status == 200, answer

    def line(self, **changes):
        return Line(self, **changes)

    def get(self, path="", **headers):
        return Form(self.client.send("GET", "/sheet" + path, headers=headers))

    def post(self, path, fields, **headers):
        body = fields if isinstance(fields, (str, bytes)) else urllib.parse.urlencode(fields)
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        return Form(self.client.send("POST", "/sheet" + path, body=body, headers=headers))

    def act(self, form, action, **fields):
        return self.post("/act", {"page": form.page, "do": action, **fields})

    def sql(self, statement, *values):
        with sqlite3.connect(self.stack.dir / "policy.db") as db:
            return db.execute(statement, values).fetchall()

    def stop(self):
        self.client.close()
        self.stack.stop()
        self.addresses.hold.set()
        for peer in (self.addresses, self.documents, self.payments):
            peer.close()

"""A web sheet in the web view of a phone, without a browser: what is posted is what stands in the page, and what the person picks.

    sheet = Sheet(odsa, told)               # as SubscriptionService* of the answer say (TS.43 6.5.9)
    sheet.act("plan", pick="large")         # presses that button
    sheet.until("profileReadyWithActivationCode")   # looks again while the server is at work: the arguments of that call
"""

import base64
import html
import json
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree

from stack import wait_for


class Sheet:
    def __init__(self, odsa, told):
        assert told["SubscriptionResult"] == "1" and told["SubscriptionServiceURL"] == odsa.sheet_url, told
        self.odsa, self.walk = odsa, []
        self._open(told["SubscriptionServiceUserData"], told.get("SubscriptionServiceContentsType"))

    def _open(self, data, contents):
        """V12-ODSA-G-10, V12-ODSA-G-11, V12-ODSA-G-12"""
        if contents is None:
            assert urllib.parse.parse_qsl(data, strict_parsing=True)
            self._take("GET", "/sheet?" + data)
            return
        assert data.startswith("encodedValue=")
        body = base64.b64decode(data.removeprefix("encodedValue="), validate=True)
        assert {"json": json.loads, "xml": ElementTree.fromstring}[contents](body) is not None
        self._take("POST", "/sheet", body, {"json": "application/json", "xml": "text/xml,application/xml"}[contents])

    def _take(self, method, target, body=None, kind=None):
        with self.odsa.client() as client:
            answer = client.send(method, target, body, {"Content-Type": kind} if kind else {})
        assert answer.status == 200, (answer.status, answer.body)
        self.text = answer.body.decode()
        self.title = html.unescape(re.search(r"<h1>(.*?)</h1>", self.text, re.S)[1])
        self.walk.append(self.title)

    def _attribute(self, name):
        found = re.search(rf'<body[^>]*\b{name}="([^"]*)"', self.text)
        return found and html.unescape(found[1])

    def act(self, do, **fields):
        assert re.search(rf'<button[^>]*value="{do}"', self.text), (do, self.text)
        page = html.unescape(re.search(r'name="page" value="([^"]*)"', self.text)[1])
        self._take("POST", "/sheet/act", urllib.parse.urlencode({"page": page, "do": do, **fields}), "application/x-www-form-urlencoded")
        return self

    def picks(self):
        return [html.unescape(value) for value in re.findall(r'<input[^>]*name="pick"[^>]*value="([^"]*)"', self.text)]

    def called(self):
        """V12-ODSA-W-01: [name, arguments...] of what the page calls by itself; None: nothing."""
        return self._call() if self._attribute("data-at-once") else None

    def _call(self):
        name = self._attribute("data-call")
        assert name is None or self._attribute("data-object") == "ODSAServiceFlow"
        return name and [name, *json.loads(self._attribute("data-arguments") or "[]")]

    def offered(self):
        """What its buttons would call: name -> arguments."""
        closing = self._call()
        found = [(closing[0], json.dumps(closing[1:]))] if closing and " data-close>" in self.text else []
        found += re.findall(r'<button[^>]*data-method="([^"]*)"(?: data-list="([^"]*)")?', self.text)
        return {html.unescape(name): json.loads(html.unescape(given) or "[]") for name, given in found}

    def _look(self, is_there):
        if is_there():
            return True
        if 'value="look"' in self.text:
            self.act("look")
        return is_there()

    def until(self, wanted):
        wait_for(lambda: self._look(lambda: (self.called() or [""])[0] == wanted), what=wanted)
        return self.called()[1:]

    def until_offered(self, wanted):
        wait_for(lambda: self._look(lambda: 'value="look"' not in self.text and wanted in self.offered()), what=wanted)
        return self.offered()[wanted]

"""Web sheets without a browser: what opens them, what their forms may say, and what is not let through."""

import base64
import json
import re
import threading
import time
import urllib.parse

import pytest
from sheets import ADDRESS, Sheets
from stack import wait_for
from ts43 import Client

ACCEPT = {"agree": "yes"}


@pytest.fixture(scope="module")
def sheets(tmp_path_factory):
    made = Sheets(tmp_path_factory.mktemp("sheets"))
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(autouse=True)
def settings(sheets):
    sheets.tenant()
    sheets.addresses.say = None
    sheets.addresses.hold.set()


def logged(sheets, process, event):
    return [line for line in map(json.loads, filter(None, sheets.stack[process].log().splitlines())) if line.get("event") == event]


def trail(sheets, line):
    return [entry for entry in sheets.api("GET", "/v1/audit?limit=50&tenant=demo")[1]["items"]
            if entry["who"] == "sheet" and entry["resource"] == f"subscriber/{line.imsi}"]


def finish(sheets, line):
    """The form of the last step, not yet posted."""
    form = sheets.act(sheets.get("?" + line.user_data()), "accept", **ACCEPT)
    assert form.title == "Emergency address"
    return form


@pytest.mark.parametrize("app,form", [("ap2004", "form"), ("ap2012", "json"), ("ap2016", "xml"), ("ap2010", "form")])
def test_each_form_of_user_data_opens_its_sheet(sheets, app, form):
    """V12-VWF-14, V12-DCB-09, V12-SAT-09, V12-DATA-13: as the phone has it, decoded or not, with whatever Content-Type"""
    line = sheets.line(satellite={"provisioning": "not_provisioned"})
    user_data = line.user_data(app)
    titles = {"ap2004": "Wi-Fi calling", "ap2012": "Pay with your phone bill", "ap2016": "Satellite service", "ap2010": "Boost your connection"}
    ways = [user_data]
    if form != "form":
        ways.append(base64.b64decode(user_data.removeprefix("encodedValue=")))
        assert ways[1].startswith(b"{" if form == "json" else b"<flow>")
    for way in ways:
        for kind in ("application/x-www-form-urlencoded", {"form": "text/plain", "json": "application/json", "xml": "text/xml"}[form]):
            assert sheets.post("", way, **{"Content-Type": kind}).title == titles[app]
    if form == "form":
        assert sheets.get("?" + user_data).title == titles[app] and sheets.get("/?" + user_data).title == titles[app]


def test_a_handle_opens_and_changes_the_line_of_its_own_tenant_alone(sheets):
    """Even where another tenant has a line under the very same IMSI."""
    line, other = sheets.line(), "/v1/tenants/other"
    sheets.api("PUT", other, {"id": "other", "imsi_ranges": ["0010199"]})
    sheets.api("PUT", f"{other}/plans/gold", {**sheets.gold, "id": "gold"})
    assert sheets.api("PUT", f"{other}/subscribers/{line.imsi}", {"plan": "gold"})[0] == 201
    before = sheets.api("GET", f"{other}/subscribers/{line.imsi}")[1]
    done = sheets.act(finish(sheets, line), "address", **ADDRESS)
    assert done.status == 200 and line.consents()
    assert sheets.api("GET", f"{other}/subscribers/{line.imsi}")[1] == before
    assert sheets.api("GET", f"{other}/subscribers/{line.imsi}/consents")[1]["items"] == []
    assert sheets.api("GET", f"{other}/subscribers/{line.imsi}")[1]["vowifi"] != sheets.api("GET", line.path)[1]["vowifi"]


def test_headers_and_size_of_a_page(sheets):
    """V12-VWF-14: nothing from elsewhere, nothing kept, nothing framed"""
    line = sheets.line()
    answer = sheets.get("?" + line.user_data()).answer
    policy = answer.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([0-9a-f]{32})'", policy)[1]
    assert policy == (f"default-src 'none'; style-src 'self' 'nonce-{nonce}'; script-src 'self'; img-src data:; form-action 'self' ; base-uri 'none'; "
                      "frame-ancestors 'none'")
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Content-Language"] == "en"
    assert nonce not in sheets.get("?" + line.user_data()).text
    assert not re.search(r"<script[^>]*>[^<]|\son[a-z]+=|style=", answer.body.decode())
    assets = [sheets.client.send("GET", "/sheet/" + name) for name in ("look.css", "flow.js")]
    assert [a.headers["Content-Type"].split(";")[0] for a in assets] == ["text/css", "text/javascript"]
    assert sum(len(a.body) for a in (answer, *assets)) < 100_000
    sheets.tenant({"payment": "shop"})
    assert f"form-action 'self' https://127.0.0.1:{sheets.payments.port};" in sheets.get("?" + line.user_data("ap2010")).answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("query", ["", "?sid=", "?sid=AAAA", "?sid=%00", "?sid=" + "A" * 9000, "?boost_type=1", "?encodedValue=!!", "?sid=a&sid=b"], ids=range(8))
def test_what_is_no_handle_is_told_what_to_do(sheets, query):
    """V12-VWF-14"""
    before = sheets.stack["gateway0"].metric('openes_sheet_requests_total{result="bad_request"}')
    form = sheets.get(query, **{"Accept-Language": "de"})
    assert form.status == 400 and form.title == "Diese Seite kann nicht angezeigt werden" and "Einstellungen" in form.text and form.page is None
    assert sheets.stack["gateway0"].metric('openes_sheet_requests_total{result="bad_request"}') == before + 1
    assert logged(sheets, "gateway0", "sheet.request")[-1]["reason"] == "handle_unknown"


def test_a_handle_is_good_once(sheets):
    """V12-VWF-14: the same form again does the same nothing, another act is refused, and so is the handle"""
    line = sheets.line()
    user_data = line.user_data()
    form = sheets.act(sheets.get("?" + user_data), "accept", **ACCEPT)
    second = sheets.act(sheets.get("?" + user_data), "accept", **ACCEPT)
    assert sheets.act(form, "address", **ADDRESS).title == "All set"
    state = line.state()
    for again in (form, second):
        repeated = sheets.act(again, "address", **ADDRESS)
        assert (repeated.status, repeated.title) == (200, "All set") and 'data-call="entitlementChanged"' in repeated.text
    assert sheets.act(form, "cancel").status == 410
    assert sheets.get("?" + user_data).status == 410 and sheets.get("?" + user_data).title == "This is done already"
    assert line.state() == state and len(line.consents()) == 1 and len(trail(sheets, line)) == 1
    entry, = trail(sheets, line)
    assert entry["action"] == "sheet.act" and "consent: vowifi-terms" in entry["detail"] and "loc-62701-12" not in entry["detail"]
    manage = sheets.get("?" + line.user_data())
    assert sheets.act(manage, "off").title == "Turned off"
    assert sheets.act(manage, "change").status == 410, "switched off already"


def test_two_forms_at_once_are_one_change(sheets):
    """V12-VWF-14"""
    line = sheets.line()
    form = finish(sheets, line)
    clients = [Client(sheets.stack) for _ in range(6)]
    body = urllib.parse.urlencode({"page": form.page, "do": "address", **ADDRESS})
    answers, start = [], threading.Barrier(len(clients))

    def post(client):
        start.wait()
        answers.append(client.send("POST", "/sheet/act", body=body).status)
    threads = [threading.Thread(target=post, args=(c,)) for c in clients]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert answers == [200] * 6 and len(trail(sheets, line)) == 1 and len(line.consents()) == 1
    events = sheets.sql("SELECT kind, apps FROM outbox WHERE imsi = ?", line.imsi)
    assert events == [("subscriber.changed", "ap2004")], "exactly the application that it touches"


def test_forms_of_others_are_refused(sheets):
    """V12-VWF-15: from another site, with a page that is none of ours, or with acts that are not on it"""
    line = sheets.line()
    form = sheets.get("?" + line.user_data())
    before = line.state()
    body = {"page": form.page, "do": "accept", **ACCEPT}
    for origin in ("https://evil.example", "null", f"https://127.0.0.1:{sheets.stack.port}.evil.example"):
        assert sheets.post("/act", body, Origin=origin).status == 403
    assert sheets.post("/act", body, Origin=f"https://127.0.0.1:{sheets.stack.port}").status == 200
    assert sheets.get("/act?" + urllib.parse.urlencode(body)).status == 405
    for page in ("", "A", form.page[:-1], form.page[:40] + ("A" if form.page[40] != "A" else "B") + form.page[41:], line.user_data()[4:]):
        assert sheets.post("/act", {**body, "page": page}).status == 400
    for action in ("", "on", "off", "buy", "choose", "x" * 40):
        assert sheets.post("/act", {**body, "do": action}).status == 400
    assert sheets.post("/act", {**body, **{f"f{n}": "" for n in range(20)}}).status == 400
    assert sheets.post("/act", "page=%zz&do=%ff").status == 400
    assert sheets.act(form, "accept").title == "Wi-Fi calling", "not ticked"
    assert line.state() == before and trail(sheets, line) == []


def test_a_page_of_one_line_says_nothing_of_another(sheets):
    """V12-VWF-15"""
    one, other = sheets.line(), sheets.line()
    form = finish(sheets, one)
    assert sheets.act(form, "address", **{**ADDRESS, "imsi": other.imsi, "tenant": "x"}).title == "All set"
    assert other.consents() == [] and other.app("ap2004")["EntitlementStatus"] == "0"


def test_lines_that_are_gone_or_not_active(sheets):
    """V12-VWF-15"""
    line = sheets.line()
    user_data, form = line.user_data(), finish(sheets, line)
    line.patch({"status": "suspended"})
    shown = sheets.get("?" + user_data)
    assert shown.status == 200 and "not active" in shown.text and shown.actions() == []
    assert "not active" in sheets.act(form, "address", **ADDRESS).text
    line.patch({"status": "active", "opt_outs": ["vowifi"]})
    assert "switched off for your line" in sheets.act(form, "address", **ADDRESS).text
    line.patch({"opt_outs": []})
    sheets.stack.ctl("subscriber", "remove", "--tenant", "demo", "--imsi", line.imsi)
    for gone in (sheets.get("?" + user_data), sheets.act(form, "address", **ADDRESS)):
        assert gone.status == 410 and gone.title == "Not available right now"


def test_terms_that_change_meanwhile_are_shown_anew(sheets):
    """V12-VWF-15: nobody accepts what he has not seen"""
    line = sheets.line()
    form = sheets.get("?" + line.user_data())
    sheets.tenant({"terms": "2026-02", "terms_texts": ["en: Quite another text."]})
    again = sheets.act(form, "accept", **ACCEPT)
    assert again.title == "Wi-Fi calling" and "Quite another text." in again.text
    assert sheets.act(sheets.act(again, "accept", **ACCEPT), "address", **ADDRESS).title == "All set"
    assert [c["text"] for c in line.consents()] == ["2026-02"]


@pytest.mark.parametrize("say", [(503, {}, "{}"), (201, {}, "no json"), (201, {}, {"validationResult": "success"}), (302, {"Location": "https://evil.example/"}, ""),
                                 (201, {}, {"validationResult": "success", "validAddress": {"id": "x" * 500, "city": "y"}}), (201, {}, "9" * 100_000)], ids=range(6))
def test_an_address_service_that_is_away_changes_nothing(sheets, say):
    """V12-VWF-08, V12-VWF-15"""
    line = sheets.line()
    form = finish(sheets, line)
    before, sheets.addresses.say = line.state(), say
    away = sheets.act(form, "address", **ADDRESS)
    assert away.status == 200 and "cannot be checked right now" in away.text and 'value="12 High Street"' in away.text
    assert line.state() == before and logged(sheets, "policy0", "policy.address_away")[-1]["section"] == "e911"
    sheets.addresses.say = None
    assert sheets.act(away, "address", **ADDRESS).title == "All set"


def test_an_address_service_that_is_slow_holds_nobody_up(sheets):
    """V12-VWF-08: its deadline is the page's, and other sheets go on meanwhile"""
    slow, quick = sheets.line(), sheets.line()
    form, user_data = finish(sheets, slow), quick.user_data()
    sheets.addresses.hold.clear()
    said = []
    own = Client(sheets.stack)
    body = urllib.parse.urlencode({"page": form.page, "do": "address", **ADDRESS})
    thread = threading.Thread(target=lambda: said.append(own.send("POST", "/sheet/act", body=body)))
    count = len(sheets.addresses.asked)
    thread.start()
    wait_for(lambda: len(sheets.addresses.asked) > count, 20, "the address service was asked")
    assert sheets.get("?" + user_data).status == 200 and said == []
    thread.join()
    assert said[0].status == 200 and b"cannot be checked right now" in said[0].body
    sheets.addresses.hold.set()


def test_without_an_address_service_nothing_is_guessed(sheets):
    """V12-VWF-08"""
    sheets.tenant({"address": ""})
    line = sheets.line()
    assert "cannot be checked" in sheets.act(finish(sheets, line), "address", **ADDRESS).text
    assert line.app("ap2004")["AddrStatus"] == "0"


def test_an_address_expires(sheets):
    """V12-VWF-08"""
    sheets.tenant({"address_ttl": 86400})
    line = sheets.line()
    assert sheets.act(finish(sheets, line), "address", **ADDRESS).title == "All set"
    expiry = line.app("ap2004")["AddrExpiry"]
    left = time.mktime(time.strptime(expiry, "%Y-%m-%dT%H:%M:%SZ")) - time.mktime(time.gmtime())
    assert 86000 < left <= 86400


def order_of(sheets, line):
    sheets.tenant({"payment": "shop"})
    form = sheets.act(sheets.get("?" + line.user_data("ap2010")), "buy")
    assert form.status == 303
    location = form.answer.headers["Location"]
    assert location.startswith(sheets.payments.url + "&order=")
    return sheets.payments.read(location.split("order=")[1])


def test_a_payment_comes_back_any_number_of_times(sheets):
    """V12-DATA-13: also from the operator's own systems, when the person never came back"""
    line = sheets.line()
    order = order_of(sheets, line)
    assert order["return"] == sheets.url + "/paid"
    result = sheets.payments.result(order, "paid")
    for answer in (sheets.post("/paid", {"result": result}), sheets.get("/paid?result=" + result), sheets.get("/paid?result=" + result)):
        assert answer.status == 200 and 'data-call="notifyPurchaseSuccessful" data-arguments="[7200000]"' in answer.text
    assert len(trail(sheets, line)) == 1 and len(line.state()["boosts"]) == 1 and len(line.consents()) == 1


def test_payments_that_nobody_signed_buy_nothing(sheets):
    """V12-DATA-13"""
    line = sheets.line()
    order, page = order_of(sheets, line), sheets.payments
    claims = {"order": order["order"], "outcome": "paid", "exp": int(time.time()) + 300}
    good = page.sign(claims)
    head, body, _ = good.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    bad = [page.sign(claims, key=bytes(32)), f"{head}.{body}.", f"{none}.{body}.", f"{head}.{body}", page.sign(claims, header={"alg": "none"}),
           page.sign(claims, header={"alg": "HS256", "crit": ["x"]}), page.sign({**claims, "order": "A" * 40}), page.sign({"outcome": "paid"}),
           page.sign({"order": order["order"], "outcome": "paid"}), "", "..", "A" * 20_000, good[:-2] + ("AA" if not good.endswith("AA") else "BB")]
    for result in bad:
        assert sheets.get("/paid?result=" + result).status in (400, 414, 431), result
    assert sheets.get("/paid?result=" + page.sign({**claims, "exp": int(time.time()) - 1})).status == 410
    assert sheets.post("/act", {"page": order["order"], "do": "buy"}).status == 400, "an order is no page"
    assert line.state()["boosts"] == [] and trail(sheets, line) == []
    assert sheets.get("/paid?result=" + good).status == 200 and len(line.state()["boosts"]) == 1


def multipart(page, document, **fields):
    parts = [f'Content-Disposition: form-data; name="{n}"\r\n\r\n{v}'.encode() for n, v in {"page": page, "do": "identity", **fields}.items()]
    parts.append(b'Content-Disposition: form-data; name="document"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n' + document)
    return b"".join(b"--BOUND\r\n" + p + b"\r\n" for p in parts) + b"--BOUND--\r\n"


def test_what_is_no_picture_is_not_handed_over(sheets):
    """V12-SAT-09: told by its octets; and an operator who cannot take it now has taken nothing"""
    sheets.tenant({"identity_apps": ["ap2016"], "documents": "kyc"})
    line = sheets.line(satellite={"provisioning": "not_provisioned"})
    form = sheets.post("", line.user_data("ap2016"))
    kind, taken = {"Content-Type": "multipart/form-data; boundary=BOUND"}, len(sheets.documents.taken)
    for document in (b"", b"<svg onload='x'/>", b"%PDF-1.4", b"MZ" + bytes(100)):
        assert "not a picture" in sheets.post("/act", multipart(form.page, document, agree="yes"), **kind).text
    picture = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 100 + b"\r\n--BOUN"
    assert "tick the box" in sheets.post("/act", multipart(form.page, picture), **kind).text
    assert "not a picture" in sheets.act(form, "identity", agree="yes").text
    assert sheets.post("/act", b"--BOUND\r\n" + bytes(100), **kind).status == 400
    assert sheets.post("/act", multipart(form.page, picture + bytes(70_000), agree="yes"), **kind).status == 413
    sheets.client.close()
    assert len(sheets.documents.taken) == taken and line.consents() == []
    sheets.documents.accept = False
    assert "could not be sent" in sheets.post("/act", multipart(form.page, picture, agree="yes"), **kind).text and line.consents() == []
    sheets.documents.accept = True
    assert sheets.post("/act", multipart(form.page, picture, agree="yes"), **kind).title == "Satellite service"
    assert [c["what"] for c in line.consents()] == ["identity-document"] and len(sheets.documents.taken) == taken + 1


def test_consents_outlive_their_line(sheets):
    """V12-VWF-14: they move with it to another SIM, and are kept when it is gone; nobody else's credentials read them"""
    line = sheets.line()
    assert sheets.act(finish(sheets, line), "address", **ADDRESS).title == "All set"
    swapped = line.imsi[:-3] + "9" + line.imsi[-2:]
    assert sheets.api("POST", line.path + ":swap-sim", {"new_imsi": swapped})[0] == 200
    assert line.consents() == []
    path = line.path.replace(line.imsi, swapped)
    kept, = sheets.api("GET", path + "/consents")[1]["items"]
    assert "vowifi-terms" in sheets.stack.ctl("subscriber", "consents", "--tenant", "demo", swapped).stdout
    assert "kept_until" not in kept
    assert sheets.api("DELETE", path)[0] == 200
    gone, = sheets.api("GET", path + "/consents")[1]["items"]
    assert gone.pop("kept_until") > kept["at"] and gone == kept
    assert sheets.api("PUT", "/v1/tenants/other", {"name": "Other", "plmns": ["00188"]})[0] in (200, 201)
    status, other = sheets.api("PUT", "/v1/credentials/others", {"role": "admin", "tenant": "other"})[:2]
    assert status in (200, 201)
    assert sheets.api.as_(other["token"])("GET", path + "/consents")[0] == 403
    line.imsi = swapped


def test_settings_that_cannot_be_shown_are_refused(sheets):
    """V12-VWF-14: pale colours, pictures that are programs, texts that nothing says"""
    def refused(**changes):
        body = {**sheets.settings, **changes}
        return sheets.api("PUT", "/v1/tenants/demo", body)[1].get("field")
    assert refused(brand={"colour": "#ffcc00"}) == "brand.colour" and refused(brand={"colour_dark": "#202020"}) == "brand.colour_dark"
    svg = "data:image/svg+xml;base64," + base64.b64encode(b"<svg onload='x'/>").decode()
    assert refused(brand={"logo": svg}) == "brand.logo" and refused(brand={"logo": "https://x.example/a.png"}) == "brand.logo"
    assert refused(brand={"logo": "data:image/png;base64," + base64.b64encode(b"<svg/>").decode()}) == "brand.logo"
    assert refused(brand={"support_url": "javascript:alert(1)"}) == "brand.support_url"


def test_pages_are_no_business_of_a_gateway_that_shows_none(own_stack):
    running = own_stack(overrides={"gateway": {"pages_path": ""}})
    assert Client(running).send("GET", "/sheet?sid=A").status == 404

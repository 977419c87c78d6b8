"""Web sheets in headless Chromium, with the objects in the page that a phone puts there."""

import base64
import hashlib
import json

import pytest
from sheets import ADDRESS, OBJECTS, Sheets, check_page


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


@pytest.mark.parametrize("look", [{}, {"dark": True}, {"language": "ar"}, {"width": 320, "language": "de"}], ids=str)
def test_terms_and_address_make_vowifi_usable(sheets, look):
    """V12-VWF-14, V12-VWF-08: nothing is kept until the last step, and then the very next answer is 1"""
    line = sheets.line(vowifi={"provisioning": "not_provisioned"})
    before = line.state()
    with line.open(**look) as page:
        assert page.calls() == []
        check_page(page, sheets)
        page.run("document.querySelector('button[value=accept]').click()")
        assert not page.run("document.querySelector('[name=agree]').validity.valid"), "the browser itself says so"
        page.tick().press_button("accept")
        check_page(page, sheets)
        page.fill(**{**ADDRESS, "street": "High Street"}).press_button("address")
        check_page(page, sheets)
        assert line.state() == before
        page.tick("[name=pick][value='1']").press_button("choose")
        assert page.calls() == [["entitlementChanged"]]
        check_page(page, sheets)
        assert page.run("document.documentElement.dir") == ("rtl" if look.get("language") == "ar" else "ltr")
    assert sheets.addresses.asked[-1][0] == "Bearer a-token"
    app = line.app("ap2004")
    assert app["EntitlementStatus"] == "1" and app["AddrIdentifier"] == "loc-4" and app["ProvStatus"] == "1"
    state = line.state()
    assert state["version"] > before["version"] and state["epoch"] == before["epoch"]
    consent, = line.consents()
    language = look.get("language", "en")
    assert (consent["what"], consent["text"], consent["channel"], consent["language"]) == ("vowifi-terms", "2026-01", "sheet", language)
    assert consent["terminal_id"] == "356938035643809" and len(consent["digest"]) == 64


def test_whoever_leaves_early_has_changed_nothing(sheets):
    """V12-VWF-14, V12-VWF-15: from each step, the phone is told once, and nothing is written"""
    line = sheets.line()
    before, app = line.state(), line.app("ap2004")
    steps = [lambda page: page, lambda page: page.tick().press_button("accept"),
             lambda page: page.fill(**{**ADDRESS, "street": "High Street"}).press_button("address")]
    for n in range(len(steps)):
        with line.open() as page:
            for step in steps[:n + 1]:
                step(page)
            page.run("document.querySelector('button[value=cancel]').click()")
            assert page.calls() == [["dismissFlow"]]
    assert line.state() == before and line.consents() == []
    without = [{k: v for k, v in a.items() if k != "ServiceFlow_UserData"} for a in (app, line.app("ap2004"))]
    assert without[0] == without[1]


def test_the_same_without_a_script(sheets):
    """V12-VWF-15: a page may not count on JavaScript being on before it says anything"""
    line = sheets.line()
    with line.open(script=False, bare=True) as page:
        page.press_button("cancel")
        assert page.title() == "Nothing was changed" and "You can close this page" in page.run("document.body.textContent")
    assert line.consents() == []
    with line.open(script=False, bare=True) as page:
        page.tick().press_button("accept").fill(**ADDRESS).press_button("address")
        assert page.title() == "All set" and page.run("document.querySelector('[data-close]').hidden")
    assert line.app("ap2004")["EntitlementStatus"] == "1"


def test_by_keyboard_alone(sheets):
    """V12-VWF-14"""
    line = sheets.line()
    with line.open() as page:
        page.press("Tab", 9).press("Tab", 9)  # past the terms, which can be scrolled
        assert page.run("document.activeElement.name") == "agree"
        page.call("Input.dispatchKeyEvent", type="keyDown", key=" ", code="Space", windowsVirtualKeyCode=32, text=" ")
        page.call("Input.dispatchKeyEvent", type="keyUp", key=" ", code="Space", windowsVirtualKeyCode=32)
        page.press("Tab", 9)
        assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.enter()
        assert page.title() == "Emergency address"
        for name in ("street", "unit", "city", "region", "postcode", "country"):
            page.press("Tab", 9)
            assert page.run("document.activeElement.name") == name
            page.type(ADDRESS[name])
        page.enter()
        assert page.calls() == [["entitlementChanged"]]


def test_what_is_wrong_is_said_beside_it(sheets):
    """V12-VWF-15"""
    line = sheets.line(vowifi={"terms": "available"})
    with line.open() as page:
        page.run("document.querySelectorAll('input').forEach(i => i.removeAttribute('required'))")
        page.fill(street="12 <b>High</b> Street & \"more\"", city="Springfield", country="U1").press_button("address")
        assert page.run("[...document.querySelectorAll('[aria-invalid]')].map(i => i.name)") == ["postcode", "country"]
        assert page.run("document.activeElement.name") == "postcode"
        assert page.run("document.querySelector('[name=street]').value") == "12 <b>High</b> Street & \"more\""
        check_page(page, sheets)
        page.fill(postcode="1", country="US", street="Nowhere").press_button("address")
        assert "not found" in page.run("document.querySelector('[role=alert]').textContent")
    assert line.consents() == [] and line.app("ap2004")["AddrStatus"] == "0"


def test_vowifi_is_switched_off_and_on_and_its_address_changed(sheets):
    """V12-VWF-14"""
    line = sheets.line(vowifi={"terms": "available", "address": "available", "address_id": "old", "provisioning": "provisioned"})
    with line.open() as page:
        check_page(page, sheets)
        page.press_button("change").press_button("back")
        page.press_button("change").fill(**ADDRESS).press_button("address")
        assert page.calls() == [["entitlementChanged"]]
    assert line.app("ap2004")["AddrIdentifier"] == "loc-62701-12"
    with line.open() as page:
        page.press_button("off")
        assert page.title() == "Turned off" and page.calls() == [["entitlementChanged"]]
    assert (line.app("ap2004")["EntitlementStatus"], line.app("ap2004")["ProvStatus"]) == ("0", "0")
    with line.open() as page:
        page.press_button("on")
        assert page.calls() == [["entitlementChanged"]]
    assert line.app("ap2004")["EntitlementStatus"] == "1" and line.consents() == []


def test_the_operators_systems_may_have_the_last_word(sheets):
    """V12-VWF-14"""
    sheets.tenant({"operator_provisions": True})
    line = sheets.line(vowifi={"terms": "available", "address": "available", "provisioning": "not_provisioned"})
    with line.open() as page:
        page.press_button("on")
        assert page.calls() == [["entitlementChanged"]] and "few minutes" in page.run("document.body.textContent")
    assert line.app("ap2004")["EntitlementStatus"] == "3"
    with line.open() as page:
        assert page.title() == "Almost there" and page.calls() == []


def test_a_boost_on_the_bill(sheets):
    """V12-DATA-13: the duration is in milliseconds"""
    line = sheets.line()
    with line.open("ap2010") as page:
        check_page(page, sheets)
        assert "2.99 EUR" in page.run("document.body.textContent") and "2 h" in page.run("document.body.textContent")
        page.press_button("buy")
        assert page.calls() == [["notifyPurchaseSuccessful", 7200000]]
    app = line.app("ap2010")
    assert (app["EntitlementStatus"], app["ProvStatus"]) == ("1", "1") and "ServiceFlow_URL" not in app
    assert [b["type"] for b in line.state()["boosts"]] == [166]
    assert [(c["what"], c["text"]) for c in line.consents()] == [("purchase", "boost 166: 2.99 EUR")]


def test_leaving_the_boost_buys_nothing(sheets):
    """V12-DATA-13"""
    line = sheets.line()
    before = line.state()
    with line.open("ap2010") as page:
        page.run("document.querySelector('button[value=cancel]').click()")
        assert page.calls() == [["dismissFlow"]]
    assert line.state() == before


def test_a_plan_that_includes_the_boost_is_offered_instead(sheets):
    """V12-DATA-13"""
    boost = {"type": 166, "offer": "included", "duration": 86400}
    plans = {"gold-plus": {"name": "Gold Plus", "price": "30 EUR a month", "data": {"boosts": [boost]}}, "gold-old": {"name": "Without it"}}
    for plan, body in plans.items():
        assert sheets.api("PUT", f"/v1/tenants/demo/plans/{plan}", {"id": plan, **body})[0] in (200, 201)
    assert sheets.api("PUT", "/v1/tenants/demo/plans/gold", {**sheets.gold, "upgrades": ["gold-plus", "gold-old", "gone"]})[0] == 200
    line = sheets.line()
    with line.open("ap2010") as page:
        page.press_button("plans")
        check_page(page, sheets)
        assert page.run("[...document.querySelectorAll('.pick')].map(e => e.textContent)") == ["Gold Plus · 30 EUR a month"]
        page.press_button("back").press_button("plans")
        page.tick("[name=pick]").press_button("upgrade")
        assert page.calls() == [["notifyPurchaseSuccessful", 86400000]]
    assert line.state()["plan"] == "gold-plus" and line.app("ap2010")["EntitlementStatus"] == "4"
    assert [(c["what"], c["text"]) for c in line.consents()] == [("plan", "plan gold-plus: 30 EUR a month")]
    assert sheets.api("PUT", "/v1/tenants/demo/plans/gold", sheets.gold)[0] == 200


@pytest.mark.parametrize("button,call,title", [("paid", ["notifyPurchaseSuccessful", 7200000], "All set"),
                                               ("failed", ["notifyPurchaseFailed", 2, 'card "refused"'], "The payment did not go through"),
                                               ("authentication_failed", ["notifyPurchaseFailed", 1, ""], "The payment did not go through"),
                                               ("cancelled", ["dismissFlow"], "Nothing was changed")])
def test_a_boost_is_paid_on_the_operators_page(sheets, button, call, title):
    """V12-DATA-13: there and back; codes 0 to 2"""
    sheets.tenant({"payment": "shop"})
    line = sheets.line()
    before = line.state()
    with line.open("ap2010") as page:
        page.press_button("buy")
        assert page.title() == "Pay 2.99 EUR"
        page.click(f"#{button}")
        assert page.title() == title and page.calls() == [call]
        check = [url for url in page.requests if not url.startswith(sheets.url) and not url.endswith("/favicon.ico")]
        assert len(check) == 1 and check[0].startswith(sheets.payments.url), "nobody else was asked for anything"
    assert (line.state() == before) == (button != "paid")
    order = sheets.payments.orders[-1]
    assert order["iss"] == "demo" and order["boost_type"] == 166 and order["duration"] == 7200 and line.imsi not in json.dumps(order)


def test_carrier_billing_is_agreed_to_on_a_page(sheets):
    """V12-DCB-09: of this user of this store, and of no other"""
    line = sheets.line()
    assert line.app("ap2012")["EntitlementStatus"] == "0"
    with line.open("ap2012") as page:
        assert page.title() == "Pay with your phone bill"
        check_page(page, sheets)
        page.run("document.querySelector('button[value=cancel]').click()")
        assert page.calls() == [["dismissFlow"]]
    assert line.app("ap2012")["TC_Status"] == "0" and line.consents() == []
    with line.open("ap2012") as page:
        page.tick().press_button("accept")
        assert page.calls() == [["entitlementChanged"]]
    app = line.app("ap2012")
    assert (app["EntitlementStatus"], app["TC_Status"]) == ("1", "1")
    assert line.app("ap2012", store_user_id="another")["TC_Status"] == "0"
    consent, = line.consents()
    assert (consent["what"], consent["text"], consent["store_user_id"]) == ("billing-terms", "dcb-1", "u-5521 & <co>")


@pytest.mark.parametrize("texts", [[], ["en: Messages may take minutes."]], ids=["plain", "with terms"])
def test_satellite_service_is_switched_on(sheets, texts):
    """V12-SAT-09, V12-SAT-10"""
    sheets.tenant({"satellite_terms": "sat-3", "satellite_texts": texts})
    line = sheets.line(satellite={"provisioning": "not_provisioned"})
    with line.open("ap2016") as page:
        page.run("document.querySelector('button[value=cancel]').click()")
        assert page.calls() == [["dismissFlow"]]
    with line.open("ap2016") as page:
        check_page(page, sheets)
        if texts:
            page.tick()
        page.press_button("accept" if texts else "on")
        assert page.calls() == [["entitlementChanged"]]
    assert line.app("ap2016")["EntitlementStatus"] == "1"
    assert [c["text"] for c in line.consents()] == ["sat-3"] * len(texts)


def test_a_picture_of_a_document_is_asked_for_once(sheets):
    """V12-SAT-09: it is made small enough, handed over, on record at once, and not kept here"""
    sheets.tenant({"identity_apps": ["ap2016"], "documents": "kyc"})
    line = sheets.line(satellite={"provisioning": "not_provisioned"})
    before = line.state()
    with line.open("ap2016") as page:
        assert page.title() == "Confirm your identity"
        check_page(page, sheets)
        page.run("""(async () => {
            const canvas = document.createElement('canvas'), input = document.querySelector('[type=file]'), list = new DataTransfer();
            canvas.width = 3000; canvas.height = 2000;
            const context = canvas.getContext('2d'), noise = context.createImageData(3000, 2000);
            for (let i = 0; i < noise.data.length; i++) noise.data[i] = i % 4 == 3 ? 255 : (Math.imul(i, 2654435761) >>> 24) & 63;
            context.putImageData(noise, 0, 0);
            const blob = await new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.95));
            window.before = blob.size;
            list.items.add(new File([blob], 'card.jpg', {type: 'image/jpeg'}));
            input.files = list.files;
            input.dispatchEvent(new Event('change'));
        })()""")
        page.wait("window.before && !document.querySelector('form').hasAttribute('aria-busy') && document.querySelector('[type=file]').files.length == 1 "
                  "&& document.querySelector('[type=file]').files[0].name == 'document.jpg'", "the smaller picture")
        assert page.run("window.before") > 65536 and page.run("document.querySelector('[type=file]').files[0].size") < 54000
        page.tick().press_button("identity")
        assert page.title() == "Satellite service"
        page.run("document.querySelector('button[value=cancel]').click()")
        assert page.calls() == [["dismissFlow"]]
    assert line.state() == before
    consent, = line.consents()
    document = sheets.documents.taken[-1]
    picture = base64.b64decode(document["document"])
    assert (consent["what"], consent["text"]) == ("identity-document", f"doc-{len(sheets.documents.taken)}")
    assert consent["digest"] == hashlib.sha256(picture).hexdigest() and picture.startswith(b"\xff\xd8\xff")
    assert (document["imsi"], document["tenant"], document["content_type"], document["app"]) == (line.imsi, "demo", "image/jpeg", "ap2016")
    with line.open("ap2016") as page:
        page.press_button("on")
        assert page.calls() == [["entitlementChanged"]]


def test_a_sheet_in_the_tenants_dress(sheets):
    """V12-VWF-14: name, logo, colours, words, help"""
    logo = ("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
    brand = {"name": "Blue <Mobile>", "logo": logo, "colour": "#7a1fa2", "colour_dark": "#e2b3ff", "support_url": "https://help.example/?a&b"}
    sheets.tenant(brand=brand, texts=["en vowifi_title: Calls over <i>your</i> Wi-Fi"])
    line = sheets.line()
    for dark, colour in ((False, "rgb(122, 31, 162)"), (True, "rgb(226, 179, 255)")):
        with line.open(dark=dark) as page:
            assert page.title() == "Calls over <i>your</i> Wi-Fi"
            assert page.run("getComputedStyle(document.querySelector('button')).backgroundColor") == colour
            assert page.run("document.querySelector('img').alt") == "Blue <Mobile>" and page.run("document.querySelector('img').complete")
            assert page.run("document.querySelector('footer a').href") == "https://help.example/?a&b"
            check_page(page, sheets)


def test_no_object_of_another_application_is_called(sheets):
    """V12-VWF-14, V12-DCB-09, V12-SAT-09, V12-DATA-13"""
    line = sheets.line(satellite={"provisioning": "not_provisioned"})
    for app, name in OBJECTS.items():
        with line.open(app) as page:
            assert page.run("document.body.dataset.object") == name

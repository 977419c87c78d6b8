"""Web sheets: the pages that phones open, in headless Chromium with the phone's objects in them, and without any browser."""

import pytest
from sheets import ADDRESS, Sheets


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


def test_terms_and_address_make_vowifi_usable(sheets):
    """V12-VWF-14, V12-VWF-08: nothing is kept until the last step, and then the very next answer is 1"""
    line = sheets.line(vowifi={"provisioning": "not_provisioned"})
    before = line.state()
    with line.open() as page:
        assert page.title() == "Wi-Fi calling" and page.calls() == []
        page.run("document.querySelector('button[value=accept]').click()")
        assert not page.run("document.querySelector('[name=agree]').validity.valid"), "the browser itself says so"
        assert page.title() == "Wi-Fi calling"
        page.tick().press_button("accept")
        assert page.title() == "Emergency address"
        page.fill(**ADDRESS).press_button("address")
        assert page.title() == "All set"
        assert page.calls() == [["entitlementChanged"]]
        assert [url for url in page.requests if not url.startswith(sheets.url)] == [] and page.console == []
    assert sheets.addresses.asked[-1][0] == "Bearer a-token"
    app = line.app("ap2004")
    assert app["EntitlementStatus"] == "1" and app["AddrIdentifier"] == "loc-62701-12" and app["ProvStatus"] == "1"
    state = line.state()
    assert state["version"] > before["version"] and state["epoch"] == before["epoch"]
    consent, = line.consents()
    assert (consent["what"], consent["text"], consent["channel"], consent["language"]) == ("vowifi-terms", "2026-01", "sheet", "en")
    assert consent["terminal_id"] == "356938035643809" and len(consent["digest"]) == 64

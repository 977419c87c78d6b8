"""openes-phone plays the call flows of TS.43 7, 8 and 10 against the real server: what it downloads by its LPA's door the SM-DP+ checks, and what the
SM-DP+ tells of it brings the order to its end. That the phone itself is right is tested in test_phone_odsa.py."""

import itertools
import json
import subprocess

import pytest
from lpa import Lpa
from odsa import NewPhone, Watch
from people import Keys
from stack import BIN, wait_for
from usim import TEST_SETS

QUESTION = {"message": ["en: Which PIN?"], "freetext": True}
_devices = itertools.count(1000, 10)  # other than those of other tests
TYPED = ["--msg-response", "1234"]


@pytest.fixture(scope="module")
def door(odsa_stack, tmp_path_factory):
    keys = Keys(tmp_path_factory.mktemp("lpa"))
    made = Lpa(keys, odsa_stack.dp)
    made.ca = keys.ca
    yield made
    made.close()


class Simulated:
    """play(FLOW, *options): the report of a flow that went through, by the same phone each time; `device`: the n-th of those it makes up."""

    def __init__(self, odsa, door, line):
        k, opc = TEST_SETS[0]
        self.odsa, self.line, self.door, self.first = odsa, line, door, next(_devices)
        self.usual = ["--url", f"https://127.0.0.1:{odsa.port}/", "--ca", odsa.stack.ca, "--imsi", line.imsi, "--k", k, "--opc", opc, "--lpa", door.url,
                      "--lpa-ca", door.ca, "--wait-max", "50ms", "--sheet", "auto", "--json"]

    def __call__(self, flow, *options, device=0):
        made_up = [] if "--eid" in options else ["--eid-from", self.first + device]
        command = [BIN / "openes-phone", "odsa", flow, *self.usual, *made_up, *options]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=90, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stdout + done.stderr
        report = json.loads(done.stdout)
        assert report["result"] == "done", report
        return report

    def ends(self, kind):
        done = self.odsa.ends(self.line, "done")
        assert done["kind"] == kind
        return done


@pytest.fixture
def play(odsa, door):
    """play(): a simulated phone of a line of its own; what it looked for it found."""
    return lambda line=None: Simulated(odsa, door, line or odsa.line())


def test_the_phone_plays_a_companion(odsa, play):
    """7.4, 6.2, 6.5.4, 7.6: activated, switched, moved to another watch, given up; figures 25 and 27"""
    phone = play()
    assert phone("companion-activate")["downloaded"]
    phone.ends("subscribe")
    phone("companion-off-on")
    phone("companion-service")
    assert phone("companion-transfer", device=1)["downloaded"]
    phone.ends("transfer")
    phone("companion-unsubscribe", device=1)
    phone.ends("unsubscribe")


@pytest.mark.parametrize("accept", ["xml", "json"])
def test_the_phone_polls_for_its_companion(odsa, play, accept):
    """7.3.2, figure 24"""
    odsa.settings(answer_within_ms=0, polling_interval_s=1, max_refresh=0)
    odsa.bss.tell("order", pending=1)
    phone = play()
    assert phone("companion-poll", "--accept", accept)["downloaded"]
    phone.ends("subscribe")


def test_the_phone_walks_through_a_companions_sheet(odsa, play):
    """7.2, figure 22"""
    odsa.sheets("always", more={"sheets": {"esim_terms": "e-1", "esim_texts": ["en: It ends with your line."]}})
    phone = play()
    assert phone("companion-sheet", "--post")["downloaded"]
    phone.ends("subscribe")


def test_the_phone_finds_what_a_shop_activated(odsa, play):
    """7.5, figure 26"""
    line, watch = odsa.line(), Watch()
    iccid = odsa.at_another_channel(watch, {"activation_code": "1$smdp.example$SHOP-7777"})
    line.put_profile(iccid, app="ap2006", service="DiffNumber", eid=watch.eid, terminal_id=watch.id, download={"activation_code": "1$smdp.example$SHOP-7777"})
    assert play(line)("companion-preactivated", "--eid", watch.eid, "--companion-imei", watch.id)["known"]["iccid"].rstrip("F") == iccid


@pytest.mark.parametrize("flow,sheet", [("primary-new", "always"), ("primary-additional", "never")])
def test_the_phone_gets_an_esim(odsa, play, flow, sheet):
    """8.1, 8.2, figures 29 to 32"""
    odsa.sheets(sheet)
    phone = play()
    assert phone(flow)["downloaded"]
    phone.ends("subscribe")


@pytest.mark.parametrize("flow", ["transfer-from-old", "transfer-token", "transfer-sheet", "loan"])
def test_the_phone_moves_its_esim(odsa, play, flow):
    """8.6, 8.7, 8.9, figures 36, 37 and 40"""
    phone = play()
    phone("primary-direct")
    old, new = phone.ends("subscribe")["iccid"], NewPhone()
    odsa.sheets("always" if flow in ("transfer-sheet", "loan") else "never")
    named = [] if flow in ("transfer-sheet", "loan") else ["--old-iccid", old]
    fills = ["--fill", "keep=while" if flow == "loan" else "keep=good"]
    assert phone(flow, *named, *fills, "--eid", new.eid, "--target-imei", new.id)["downloaded"]
    phone.ends("lend" if flow == "loan" else "transfer")
    if flow == "loan":
        odsa.settings()
        phone("loan-return", "--old-iccid", old)
        phone.ends("return")


def test_the_phone_moves_its_esim_after_a_code(odsa, play):
    """8.3, 8.5, figures 33 and 35: somebody types what came by SMS"""
    phone, new = play(), NewPhone()
    phone("primary-direct")
    old = phone.ends("subscribe")["iccid"]
    before = len(odsa.sms.texts)
    command = [BIN / "openes-phone", "odsa", "transfer-otp", *map(str, phone.usual), "--msisdn", phone.line.msisdn, "--old-iccid", old, "--eid", new.eid,
               "--terminal-id", new.id]
    playing = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    code = odsa.sms.code(before + 1)
    told, wrong = playing.communicate(code + "\n", timeout=90)
    assert playing.returncode == 0, told + wrong
    phone.ends("transfer")


def test_the_phone_deletes_first(odsa, play):
    """8.11.1, figure 42: by the LPA's door, of which the SM-DP+ tells"""
    phone, new = play(), NewPhone()
    phone("primary-direct")
    old = phone.ends("subscribe")["iccid"]
    odsa.settings(redownloadable=True, polling_interval_s=1)
    delete = odsa.dp.delete

    def and_free(iccid):
        odsa.dp.profiles.of(iccid).to("Enabled")
        odsa.dp.notifier.is_held = True  # not told before it may be loaded again
        delete(iccid)
        odsa.dp.profiles.of(iccid).to("Available")
        odsa.dp.notifier.is_held = False
        odsa.dp.notifier.deliver()

    odsa.dp.delete = and_free
    try:
        assert phone("transfer-delete-first", "--old-iccid", old, "--eid", new.eid, "--target-imei", new.id)["downloaded"]
    finally:
        del odsa.dp.delete
    assert phone.ends("transfer")["iccid"] == old


def test_the_phone_says_what_its_user_typed(odsa, play):
    """8.12.2, 8.13.2, figures 45 and 47"""
    odsa.settings(input=["recover"], text=QUESTION)
    phone = play()
    phone("primary-direct")
    lost = phone.ends("subscribe")["iccid"]
    assert phone("recover", "--iccid", lost, *TYPED)["downloaded"]
    assert phone.ends("recover")["old_iccid"] == lost


def test_a_device_manager_activates_a_device(odsa, play):
    """10.2, figure 53"""
    odsa.put("enterprises/firm-of-phones", {"id": "firm-of-phones", "allowed": True, "requestor_ids": ["mdm-of-phones"], "plans": ["small"]})
    backend = odsa.backend(requestor_ids=["mdm-of-phones"], scopes=["CheckEligibility", "AcquirePlan", "AcquireConfiguration", "ManageSubscription"])
    report = play()("server-initiated", "--access-token", backend.access_token(), "--requestor-id", "mdm-of-phones", "--enterprise-id", "firm-of-phones", "--post")
    assert report["downloaded"]
    of_firm = [o for o in odsa.api("GET", "/v1/tenants/demo/esim-orders?limit=500")[1]["items"] if o["enterprise"] == "firm-of-phones"]
    wait_for(lambda: odsa.api("GET", f"/v1/tenants/demo/esim-orders/{of_firm[0]['id']}")[1]["state"] == "done", what="the order is done")

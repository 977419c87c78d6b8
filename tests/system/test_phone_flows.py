"""openes-phone through flows of TS.43 7 and 8 against the whole server and the tests' SM-DP+: profiles are ordered over ES2+, loaded by the
phone's eUICC, and what became of them is told at the gateway's front."""

import hashlib
import json
import ssl
import subprocess
import sys

import people
import pytest
from bss_stack import client_certificate
from lpa import Lpa
from stack import BIN, ROOT, Stack, free_port

sys.path.insert(0, str(ROOT / "tests/peers"))
from smdp import Notifier, SmDp  # noqa: E402

DEMO = ROOT / "deploy/demo"


class World:
    def __init__(self, folder):
        front = free_port()
        peers = folder / "peers.conf"
        settings = {"es2_listen": f"127.0.0.1:{front}", "es2_cert_file": folder / "s/keys/server.crt", "es2_key_file": folder / "s/keys/server.key",
                    "es2_client_ca_file": folder / "s/keys/ca.crt"}
        self.stack = Stack(folder / "s", overrides={"gateway": settings, "esim": {"peers_file": peers}})
        cert, key = client_certificate(self.stack.keys)
        fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(cert.read_text())).hexdigest()
        self.dp = SmDp(stock={"watch": 20, "phone": 20}, pki=self.stack.keys)
        self.dp.notifier = Notifier(f"https://127.0.0.1:{front}", self.stack.ca, cert, key)
        self.keys = people.Keys(folder / "lpa")
        self.lpa = Lpa(self.keys, self.dp)
        peers.write_text(f"[smdp main]\nurl = https://127.0.0.1:{self.dp.port}\nca_file = {self.stack.ca}\ncert_file = {cert}\nkey_file = {key}\n"
                         f"requester_id = openes.example\nsmdp_address = smdp.example\nnotify_certificates = {fingerprint}\n")
        self.stack.start().load_demo()
        tenant, plan = (json.loads((DEMO / name).read_text()) for name in ("tenant.json", "plan-gold.json"))
        self._set("tenant", {**tenant, "esim": {"smdp": "main", "sheet": "never"}}, "tenant", "set")
        self._set("plan", {**plan, "esim": {"companion_profile_type": "watch", "primary_profile_type": "phone"}}, "plan", "set", "--tenant", "demo")
        self._subscribers = [line.split(",") for line in (DEMO / "subscribers.csv").read_text().splitlines()[1:5]]  # active, with gold

    def _set(self, name, document, *command):
        path = self.stack.dir / f"{name}.json"
        path.write_text(json.dumps(document))
        self.stack.ctl(*command, path)

    def phone(self, flow, who, device, *options):
        """Subscriber and device by number; the report of a flow that came to its end."""
        imsi, k, opc = (self._subscribers[who][n] for n in (0, 4, 5))
        done = subprocess.run([BIN / "openes-phone", "odsa", flow, "--url", f"https://127.0.0.1:{self.stack.port}/", "--ca", self.stack.ca, "--imsi", imsi,
                               "--k", k, "--opc", opc, "--state", self.stack.dir / f"usim{who}", "--eid-from", str(device), "--lpa", self.lpa.url,
                               "--lpa-ca", self.keys.ca, "--wait-max", "1s", "--json", *options], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def profile(self, report):
        return self.dp.profiles.of(report["known"]["iccid"].rstrip("F"))

    def stop(self):
        try:
            self.stack.stop()
            self.dp.check()
        finally:
            self.lpa.close()
            self.dp.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("flows"))
    try:
        yield made
    finally:
        made.stop()


@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_watch_is_activated_without_a_sheet(world, form):
    """V12-ODSA-C-04; figures 21 and 25: the profile that the watch has loaded was ordered for its EID"""
    report = world.phone("companion-activate", 0, 10 + len(form), "--accept", form)
    profile = world.profile(report)
    assert report["downloaded"] and (profile.state, profile.eid, profile.type) == ("Installed", report["known"]["eid"], "watch")


def test_a_watch_takes_the_place_of_another(world):
    """V12-ODSA-C-06; figure 27, and the end of the new one: another ICCID each time"""
    first, second = world.phone("companion-activate", 1, 20), world.phone("companion-transfer", 1, 21)
    assert world.profile(second) is not world.profile(first) and world.profile(second).eid == second["known"]["eid"] != first["known"]["eid"]
    world.phone("companion-off-on", 1, 21)
    world.phone("companion-service", 1, 21)
    world.phone("companion-unsubscribe", 1, 21)


def test_a_phone_gets_an_esim_beside_its_sim(world):
    """V12-ODSA-P-02; figures 31, 32 and 38: the eSIM is named by target_terminal_id and its EID"""
    for flow, device in (("primary-additional", 30), ("primary-direct", 31)):
        profile = world.profile(world.phone(flow, 2, device))
        assert (profile.state, profile.type) == ("Installed", "phone")


def test_a_subscription_moves_to_a_new_phone(world):
    """V12-ODSA-P-04, V12-ODSA-P-06; figures 37 and 40: by the old phone, and by a new one that has nothing but a temporary token"""
    old = world.phone("primary-additional", 3, 40)["known"]["iccid"]
    moved = world.phone("transfer-from-old", 3, 41, "--old-iccid", old)
    again = world.phone("transfer-token", 3, 42, "--old-iccid", moved["known"]["iccid"])
    assert len({old, moved["known"]["iccid"], again["known"]["iccid"]}) == 3
    assert world.profile(again).state == "Installed" and world.profile(again).eid == again["known"]["eid"]


def test_an_erased_profile_comes_back(world):
    """V12-ODSA-P-09, V12-ODSA-AC-14; figures 30 and 47: among the profiles of the subscription is the one that was lost"""
    first = world.phone("primary-new", 0, 50)
    again = world.phone("recover", 0, 50)  # it asks for the only one that is listed
    assert world.profile(again).state == "Installed" and world.profile(again).eid == first["known"]["eid"]

"""A plan that many lines have is changed: their phones are woken at the rate that was set, paused and resumed, across restarts, each once."""

import hashlib
import os
import sqlite3

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from push import apps_of
from push_stack import DEMO
from stack import wait_for

CHANGES = f"{DEMO}/mass-changes"
RULES = {"mass_delay": "0s"}
SALT, TERMINAL = 16, "356900009000009"


class Ring:
    """Seals push tokens as notify does (es_keyring.h): so many phones could not register one after the other."""

    def __init__(self, path):
        number, key = path.read_text().split()[:2]
        self._id, self._salt, self._count = int(number), os.urandom(SALT), 0
        self._key = AESGCM(HKDF(SHA256(), 32, self._salt, b"openes seal 1").derive(bytes.fromhex(key)))

    def seal(self, imsi, token):
        owner = hashlib.sha256(b"\0".join((b"demo", imsi.encode(), TERMINAL.encode()))).digest()
        self._count += 1
        counter = self._count.to_bytes(8, "big")
        header = bytes((1, self._id)) + self._salt + counter
        return header + self._key.encrypt(bytes(4) + counter, token.encode(), header + b"push\0" + owner)


class Crowd:
    """Lines of one plan, each with a phone that is registered for ap2004 at APNs."""

    def __init__(self, push, count):
        self.push, self.count = push, count
        self.imsis = [f"00101003{n:07}" for n in range(count)]
        push.plan("crowd", **push.plan_document("silver"))
        self._insert("policy", "INSERT INTO subscriber (tenant, imsi, msisdn, plan, status, opt_outs, voice_prov, sms_prov, vowifi_terms,"
                     " vowifi_address, vowifi_address_expiry, vowifi_address_id, vowifi_prov, epoch, version, updated)"
                     " VALUES ('demo', ?, '', 'crowd', 0, 0, 1, 1, 1, 1, 0, '', 1, 1, 1, 1)", ((imsi,) for imsi in self.imsis))
        ring = Ring(push.stack.dir / "keys/push.keys")
        self._insert("notify", "INSERT INTO registration (tenant, imsi, terminal_id, app, app_name, channel, token_hash, token_sealed,"
                     " registered_unix_ms) VALUES ('demo', ?, ?, 'ap2004', '', 4, ?, ?, 1)",
                     ((imsi, TERMINAL, hashlib.sha256(imsi.encode()).digest(), ring.seal(imsi, self.address(imsi))) for imsi in self.imsis))

    def _insert(self, service, sql, rows):
        with sqlite3.connect(f"{self.push.stack.dir}/{service}.db", timeout=60) as db:
            db.executemany(sql, rows)

    @staticmethod
    def address(imsi):
        return imsi.zfill(64)

    def edit(self, **members):
        """Begins a mass change: its path."""
        self.since = self.push.apns.position()
        self.push.plan("crowd", **{**self.push.plan_document("silver"), **members})
        self.push.wait_followed()
        return f"{CHANGES}/{self.push.api('GET', CHANGES)[1]['items'][0]['id']}"

    def taken(self):
        return self.push.apns.taken(since=self.since)

    def check(self, again=0):
        """Each phone was woken, and no more than `again` of them twice."""
        addresses = [entry["address"] for entry in self.taken()]
        assert set(addresses) == {self.address(imsi) for imsi in self.imsis}
        print(f"{len(addresses) - self.count} of {self.count} were woken twice")
        assert len(addresses) - self.count <= again

    def rate(self):
        """Messages a second by the clock of who took them. The beginning and the end are not judged."""
        times = sorted(entry["us"] for entry in self.taken())
        inner = times[len(times) // 20:-(len(times) // 20)]
        return (len(inner) - 1) / (inner[-1] - inner[0]) * 1e6


def asked(push, method, path):
    """Repeated as the API says: the gateway may not have found yet that notify is back."""
    answers = []

    def answered():
        answers.append(push.api(method, path))
        return answers[-1][0] != 503
    wait_for(answered, 30, "notify to be back")
    status, body = answers[-1]
    assert status == 200, body
    return body


def change(push, path):
    return asked(push, "GET", path)


def wait_state(push, path, state, seconds):
    wait_for(lambda: change(push, path)["state"] == state, seconds, f"{state}: {change(push, path)}", every=0.2)


def act(push, path, verb):
    asked(push, "POST", f"{path}:{verb}")


def keeps_its_rate(push, count, rate, slowest):
    crowd = Crowd(push, count)
    path = crowd.edit(vowifi=False)
    wait_state(push, path, "done", 60 + 2 * count // rate)
    body = change(push, path)
    assert (body["lines"], body["woken"], body["total"], body["percent"]) == (count, count, count, 100)
    push.apns.wait_taken(count=count, since=crowd.since, seconds=60)
    crowd.check(again=count // 50)  # at least once: a lease may end on a machine that is busy with other things
    print(f"{count} phones at {crowd.rate():.1f} a second, {rate} wanted")
    assert slowest <= crowd.rate() / rate <= 1.1
    return crowd


def survives(push, crowd, rate):
    """Paused, restarted, killed in the middle."""
    path = crowd.edit(vowifi=True)
    third = crowd.count // 3
    wait_for(lambda: change(push, path)["lines"] >= third, 60 + 2 * crowd.count // rate, "the first third", every=0.2)
    act(push, path, "pause")
    # What was made before goes out: at most a second of it.
    wait_for(lambda: not push.rows("notify", "SELECT 1 FROM wake LIMIT 1"), 60, "what was made to go out")
    body, paused_at = change(push, path), len(crowd.taken())
    assert body["state"] == "paused" and body["woken"] == paused_at < crowd.count
    assert push.notify.stop() == 0
    push.notify.start()
    assert change(push, path)["lines"] == body["lines"] and len(crowd.taken()) == paused_at
    act(push, path, "resume")
    wait_for(lambda: change(push, path)["lines"] >= 2 * third, 60 + 2 * crowd.count // rate, "the second third", every=0.2)
    push.notify.kill()
    push.notify.start()
    wait_state(push, path, "done", 120 + 2 * crowd.count // rate)
    wait_for(lambda: not push.rows("notify", "SELECT 1 FROM wake LIMIT 1"), 60, "the last to go out")
    assert change(push, path)["lines"] == crowd.count
    crowd.check(again=2 * rate)  # what had been sent and not noted when it was killed


def cancelled(push, crowd):
    path = crowd.edit(vowifi=False)
    wait_for(lambda: len(crowd.taken()) > 0, 60, "the first")
    act(push, path, "cancel")
    wait_for(lambda: not push.rows("notify", "SELECT 1 FROM wake LIMIT 1"), 60, "nothing to wait")
    body = change(push, path)
    assert body["state"] == "cancelled" and body["lines"] < crowd.count
    assert len(crowd.taken()) < crowd.count
    assert push.api("POST", f"{path}:resume")[0] == 409


def test_a_change_of_a_plan_keeps_its_rate_is_paused_and_survives_restarts(own_push):
    push = own_push("apns", channels=("apns",), rules={**RULES, "mass_rate": 200})
    crowd = keeps_its_rate(push, 1500, 200, 0)  # never faster; how slow depends on what else the machine does
    survives(push, crowd, 200)
    cancelled(push, crowd)


def test_a_mass_change_that_is_held_waits_for_a_person_who_may_set_its_rate(own_push):
    push = own_push("apns", channels=("apns",), rules={**RULES, "mass_rate": 1, "mass_hold": "yes"})
    crowd = Crowd(push, 300)
    path = crowd.edit(vowifi=False)
    assert change(push, path)["state"] == "paused"
    act(push, path, "resume")
    wait_for(lambda: len(crowd.taken()) > 0, 60, "the first")
    status, body = push.api("PATCH", path, {"rate": 1000})
    assert status == 200 and body["rate"] == 1000
    wait_state(push, path, "done", 60)
    push.apns.wait_taken(count=300, since=crowd.since)
    crowd.check()


def test_an_edit_wakes_for_what_it_may_alter_and_the_operators_own_applications_are_among_that(own_push):
    push = own_push("apns", channels=("apns",), rules=RULES)
    own = {"applications": [{"id": "ap9101", "name": "Tethering", "feature": "tethering"}]}
    number = push.api("POST", f"{DEMO}/rules", own)[1]["number"]
    assert push.api("POST", f"{DEMO}/rules/{number}:activate")[0] == 200
    push.wait_followed()
    wait_for(lambda: all(c["state"] == "done" for c in push.api("GET", CHANGES)[1]["items"]), 60, "the changes before")
    phone = push.line().phone()
    assert phone.register("apns", apps=["ap9101"]) == ["0"]
    before = push.api("GET", CHANGES)[1]["items"]
    push.settings(name="Another name")
    push.wait_followed()
    assert [c["id"] for c in push.api("GET", CHANGES)[1]["items"]] == [c["id"] for c in before]
    assert not phone.pushes()
    push.plan("gold", **{**push.plan_document("gold"), "features": ["tethering"]})
    message, = phone.peer.wait_taken(phone.target)
    assert apps_of(message) == ["ap9101"]
    assert phone.ask("ap9101")["ap9101"]["EntitlementStatus"] == "1"


@pytest.mark.long
def test_a_change_of_a_hundred_thousand_lines_keeps_its_rate_is_paused_and_survives_restarts(own_push):
    push = own_push("apns", channels=("apns",), rules={**RULES, "mass_rate": 500})
    crowd = keeps_its_rate(push, 100000, 500, 0.9)
    survives(push, crowd, 500)

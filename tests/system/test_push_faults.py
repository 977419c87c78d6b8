"""Changes go on while notify, policy and the push services are killed at random: each phone ends with the answer that it would get now, though it
asked only when it was told to, and nobody is told of what never was."""

import functools
import json
import random
import threading
import time

import pytest
from push import apps_of
from push_stack import TOGETHER
from stack import Threads, wait_for

LINES, WRITERS = 48, 3
VICTIMS = ("notify0", "policy0", "apns", "fcm")
# What a killed process had taken is soon free again.
QUICK = {"channels": ("apns", "fcm"), "rules": {"mass_delay": "0s"}, "overrides": {"notify": {"lease": "4s"}}}
PLANS = ("gold", "silver", "basic")
STATES = ("in_progress", "provisioned", "not_provisioned")


class Device:
    """A phone as its owner has it: what it was answered last, and the pushes that it acted upon."""

    def __init__(self, phone):
        self.phone = phone
        self.known = self.ask()
        self.pushes = self.in_vain = 0

    def ask(self, apps=TOGETHER):
        """Until it is answered: a phone repeats after 503."""
        holder = {}

        def answered():
            try:
                holder["answer"] = self.phone.ask(*apps)
                return True
            except (AssertionError, OSError):
                return False
        wait_for(answered, 60, f"an answer for {self.phone.line.imsi}")
        return holder["answer"]

    def told(self, apps):
        answer = self.ask(apps)
        self.pushes += 1
        self.in_vain += all(self.known[app] == answer[app] for app in apps)
        self.known.update(answer)


class Ears(threading.Thread):
    """Reads what a push service took, and lets the phones act on it."""

    def __init__(self, peer, devices):
        super().__init__(daemon=True)
        self._peer, self._devices, self._ended = peer, devices, threading.Event()
        self._at, self.wrong = peer.position(), None

    def _listen(self):
        end = self._peer.position()
        with open(self._peer.journal, "rb") as journal:
            journal.seek(self._at)
            whole = journal.read(end - self._at).rpartition(b"\n")[0]
        if not whole:
            return False
        self._at += len(whole) + 1
        for line in whole.split(b"\n"):
            entry = json.loads(line)
            if "address" in entry:
                self._devices[entry["address"]].told(apps_of(entry))
        return True

    def run(self):
        try:
            while not self._ended.is_set():
                if not (self._peer.journal.exists() and self._listen()):
                    self._ended.wait(0.02)
        except BaseException as wrong:
            self.wrong = wrong

    def caught_up(self):
        return self.wrong is not None or self._at == self._peer.position()

    def finish(self):
        wait_for(self.caught_up, 120, "the phones to act on what they were told")
        self._ended.set()
        self.join(60)
        if self.wrong:
            raise self.wrong


class Run:
    def __init__(self, push, events, seed):
        self.push, self.events, self.random = push, events, random.Random(seed)
        self.devices, self.done, self.kills, self._lock = {}, 0, 0, threading.Lock()
        phones = [push.line().phone() for _ in range(LINES)]
        for n, phone in enumerate(phones):
            phone.register(("apns", "fcm")[n % 2], TOGETHER, wait=False)
        push.wait_noted(phones, TOGETHER)
        for phone in phones:
            self.devices[phone.target] = Device(phone)
        self.phones = phones

    def _surely(self, method, path, body):
        """Until it is acknowledged: it says what is to be, not what is to change."""
        def done():
            try:
                status, _, _ = self.push.api.raw(method, path, json.dumps(body).encode(), {"Content-Type": "application/json"})
            except OSError:
                return False
            assert status < 400 or status >= 500, (method, path, status)
            return status < 400
        wait_for(done, 60, f"{method} {path}")

    def _write(self, number):
        mine, rand = self.phones[number::WRITERS], random.Random(self.random.random() + number)
        while self.done < self.events:
            line = rand.choice(mine).line
            change = rand.choice([{"plan": rand.choice(PLANS)}, *({part: {"provisioning": rand.choice(STATES)}} for part in ("voice", "vowifi", "sms"))])
            self._surely("PATCH", line.path, change)
            with self._lock:
                self.done += 1

    def _plans(self):
        """Edits of a plan that some lines have: mass changes."""
        document = self.push.plan_document("silver")
        for n in range(max(2, self.events // 300)):
            wait_for(lambda: self.done >= min(self.events, (n + 1) * 250), 600, "some changes")
            self._surely("PUT", "/v1/tenants/demo/plans/silver", {**document, "smsoip": n % 2 == 1})

    def _kill(self):
        while self.done < self.events:
            at = self.done + self.random.randrange(10, 60)
            wait_for(lambda: self.done >= min(at, self.events), 600, "the next kill")
            victim = self.random.choice(VICTIMS)
            print(f"after {self.done} changes: kill -9 of {victim}")
            peer = self.push.stack.processes.get(victim) or getattr(self.push, victim)
            time.sleep(self.random.random() * 0.05)  # anywhere in what it does
            peer.kill()
            time.sleep(self.random.random() * 0.2)  # for as long it is missed
            peer.start()
            self.kills += 1

    def go(self):
        ears = [Ears(peer, self.devices) for peer in (self.push.apns, self.push.fcm)]
        for one in ears:
            one.start()
        Threads(self._kill, self._plans, *(functools.partial(self._write, n) for n in range(WRITERS))).join(1800)
        self.push.stack["policy0"].wait_ready()
        self.push.stack["gateway0"].wait_ready()
        self.push.wait_followed(60)
        wait_for(lambda: not self.push.rows("notify", "SELECT 1 FROM mass WHERE state <= 3 LIMIT 1"), 60, "mass changes to be over")
        wait_for(lambda: not self.push.rows("notify", "SELECT 1 FROM wake LIMIT 1"), 120, "nothing to wait")
        for one in ears:
            one.finish()
        return self

    def _was_ever(self):
        """(imsi, terminal_id, application) -> when it was first called for; what names no device is for all of the line."""
        first, lines = {}, {phone.line.imsi: phone for phone in self.phones}
        named = {}
        for sequence, terminal, apps, unchanged in self.push.rows("policy", "SELECT sequence, terminal_id, apps, unchanged FROM outbox_device"):
            named[sequence, terminal] = set(apps.split()), set(unchanged.split())
        for sequence, at, imsi, apps in self.push.rows("policy", "SELECT sequence, at, imsi, apps FROM outbox ORDER BY sequence"):
            for phone in [lines[imsi]] if imsi in lines else (self.phones if imsi == "" else []):
                yes, no = named.get((sequence, phone.terminal_id), (set(), set()))
                for app in yes | (set(apps.split()) - no):
                    first.setdefault((phone.line.imsi, app), at)
        return first

    def judge(self):
        first = self._was_ever()
        for peer in (self.push.apns, self.push.fcm):
            for entry in peer.taken():
                line = self.devices[entry["address"]].phone.line
                for app in apps_of(entry):
                    assert (line.imsi, app) in first, f"{line.imsi} was told of {app}, of which nothing was ever said"
                    assert entry["ms"] >= first[line.imsi, app], f"{line.imsi} was told of {app} before anything happened to it"
            peer.check()
        behind = [device.phone.line.imsi for device in self.devices.values() if device.ask() != device.known]
        assert not behind, f"not told of their newest state: {behind}"
        assert not self.push.rows("notify", "SELECT 1 FROM dead LIMIT 1"), "dead letters"
        pushes, in_vain = (sum(getattr(device, name) for device in self.devices.values()) for name in ("pushes", "in_vain"))
        print(f"{self.done} changes, {self.kills} kills, {pushes} pushes, of which {in_vain} brought nothing new (duplicates and changes back)")
        assert self.kills > 2 and pushes > 0


def run(push, events):
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    Run(push, events, seed).go().judge()


def test_every_phone_is_told_of_its_newest_state_across_kills_of_notify_policy_and_the_services(own_push):
    run(own_push("apns", "fcm", **QUICK), 800)


def test_three_processes_on_postgresql_and_one_of_them_killed_all_the_while(own_push, postgresql):
    push = own_push("apns", "fcm", replicas={"notify": 3}, postgresql=postgresql, **QUICK)
    run(push, 300)


@pytest.mark.long
def test_every_phone_is_told_of_its_newest_state_across_kills_under_ten_thousand_changes(own_push):
    run(own_push("apns", "fcm", **QUICK), 10000)

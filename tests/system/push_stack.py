"""The five processes with push services and an SMS centre around them, lines with phones that register, and changes that wake them.

    push = PushStack(folder, Providers(...).start("apns"), rules={"coalesce": "100ms"}).start()
    phone = push.line().phone()               # authenticates with EAP-AKA
    phone.register("apns", apps=["ap2004"])   # a push token of its own
    phone.line.patch(vowifi={"provisioning": "in_progress"})
    push.apns.wait_taken(phone.address)
"""

import csv
import io
import itertools
import json
import sqlite3

from operators import Operators
from push import Providers
from stack import ROOT, Stack, wait_for
from ts43 import Client, authenticate, params
from usim import TEST_SETS, Usim

DEMO = "/v1/tenants/demo"
TOGETHER = ("ap2003", "ap2004", "ap2005")  # a TOKEN serves them all
ACTIONS = {"gcm": 1, "fcm": 2, "wns": 3, "apns": 4}
LINES = 300
# Quick, so that nobody waits for anything: what they are for is tested by themselves.
RULES = {"coalesce": "0s", "device_interval": "0s", "sms_interval": "0s", "retry_first": "100ms", "retry_max": "1s"}
_addresses = itertools.count(1)
_terminals = itertools.count(1)


def new_address(channel, providers):
    """A push token as a device of that channel has it."""
    n = next(_addresses)
    if channel == "apns":
        return f"{n:064x}"
    return providers.wns_channel(f"channel-{n}") if channel == "wns" else f"cGh{n:08}:APA91b" + "x" * 120


class Phone:
    """One terminal of a line."""

    def __init__(self, line, terminal_id):
        self.line, self.push, self.terminal_id = line, line.push, terminal_id
        self.channel = self.address = None
        self._tokens = {}

    def token(self, app):
        """The TOKEN for its application, got by EAP-AKA when it is first asked for."""
        group = TOGETHER if app in TOGETHER else (app,)
        if group not in self._tokens:
            with self.push.client() as client:
                answer = authenticate(client, self.line.usim, app=list(group) if len(group) > 1 else app, terminal_id=self.terminal_id,
                                      **self._more(app))
            assert answer.status == 200, (answer.status, answer.body)
            self._tokens[group] = answer.token()
        return self._tokens[group]

    @staticmethod
    def _more(app):
        return {"ap2006": {"operation": "CheckEligibility", "companion_terminal_id": "490154203237518"},
                "ap2009": {"operation": "CheckEligibility"},
                "ap2012": {"store_vendor": "S2001", "store_user_id": "user-1"}}.get(app, {})

    def ask(self, *apps, **more):
        """One request for applications that one TOKEN serves: the application parts of its answer."""
        with self.push.client() as client:
            answer = client.get(params(token=self.token(apps[0]), app=list(apps) if len(apps) > 1 else apps[0], terminal_id=self.terminal_id,
                                       **{**self._more(apps[0]), **more}))
        assert answer.status == 200, (answer.status, answer.body)
        return answer.applications()

    def register(self, channel, apps=("ap2004",), address=None, action=None, wait=True):
        """For each of them; RegisterNotifStatus of each. V12-NOTIF-01"""
        self.channel, self.address = channel, address or new_address(channel, self.push.providers)
        asked = [group for group in [[a for a in apps if a in TOGETHER], *([a] for a in apps if a not in TOGETHER)] if group]
        told = {}
        for group in asked:
            for app, parms in self.ask(*group, notif_token=self.address, notif_action=ACTIONS[channel] if action is None else action).items():
                told[app] = parms["RegisterNotifStatus"]
        if wait:
            self.push.wait_noted([self], apps)
        return [told[app] for app in apps]

    def unregister(self, apps=("ap2004",)):
        return self.register(self.channel, apps, self.address, action=0)

    @property
    def peer(self):
        return getattr(self.push, "fcm" if self.channel == "gcm" else self.channel)

    @property
    def target(self):
        """As its provider's journal has it."""
        return self.address.rpartition("=")[2] if self.channel == "wns" else self.address

    def pushes(self, since=0):
        return self.peer.taken(self.target, since)

    def say(self, *plays):
        self.peer.say(self.target, *plays)


class Line:
    def __init__(self, push, n):
        self.push, self.imsi, self.msisdn = push, f"001010000020{n:03}", f"+15550020{n:03}"
        self.usim, self.path = Usim(self.imsi, *TEST_SETS[0]), f"{DEMO}/subscribers/{self.imsi}"

    def phone(self):
        return Phone(self, f"35690000{next(_terminals):07}")

    def patch(self, **members):
        status, body = self.push.api("PATCH", self.path, members)
        assert status == 200, body
        return self

    def stir(self):
        """A change that alters the answer of ap2004, and of no other application."""
        self.stirred = getattr(self, "stirred", 0) + 1
        return self.patch(vowifi={"provisioning": ("provisioned", "in_progress")[self.stirred % 2]})


class PushStack:
    def __init__(self, folder, providers, rules=None, tenants=None, sections=None, channels=("apns", "fcm", "wns", "sms"), postgresql=None, **stack):
        """`sections`: changes of sections of channels_file, {"apns apple": {"topic": ...}}; `tenants`: rules of tenants."""
        self.dir, self.providers, self._lines, self.postgresql = folder, providers, itertools.count(1), postgresql
        if postgresql:
            stack["db"] = postgresql.databases()
        self.apns, self.fcm, self.wns, self.smsc = providers.apns, providers.fcm, providers.wns, providers.smsc
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "channels.conf"
        self.file.write_text(providers.channels({**RULES, **(rules or {})}, tenants or {}, sections or {}, channels))
        overrides = dict(stack.pop("overrides", {}))
        overrides["notify"] = {"channels_file": self.file, "events_poll": "1s", "lease": "20s", **overrides.get("notify", {})}
        key = folder / "private-id.key"
        key.write_text("11" * 32 + "\n")
        key.chmod(0o600)
        overrides["policy"] = {"private_id_key_file": key, **overrides.get("policy", {})}
        self.stack = Stack(folder / "stack", overrides=overrides, **stack)

    def start(self):
        self.stack.start().load_demo()
        self.api = Operators(self.stack)
        self.settings()
        self.plan("gold", **self.plan_document("gold"), private_identity=True, carrier_billing=True)
        rows = io.StringIO()
        table = csv.writer(rows)
        table.writerow(["imsi", "msisdn", "plan", "status", "k", "opc", "amf", "terms", "address", "provisioning"])
        table.writerows([[line.imsi, line.msisdn, "gold", "active", *TEST_SETS[0], "8000", "available", "available", "provisioned"]
                         for line in (Line(self, n) for n in range(LINES))])
        self.stack.ctl("subscriber", "import", "--tenant", "demo", "-", stdin=rows.getvalue())
        return self

    def stop(self):
        self.stack.stop()

    def check(self):
        """Everybody as usual again, and nobody was asked what may not be asked."""
        for peer in (self.apns, self.fcm, self.wns, self.smsc):
            if peer.popen is not None:
                peer.reset()
                peer.check()

    def settings(self, **more):
        tenant = json.loads((ROOT / "deploy/demo/tenant.json").read_text())
        status, body = self.api("PUT", DEMO, {**tenant, "private_identity": {"type": "pseudonym"}, **more})
        assert status in (200, 201), body

    def plan(self, plan, **document):
        status, body = self.api("PUT", f"{DEMO}/plans/{plan}", {**document, "id": plan})
        assert status in (200, 201), body

    def plan_document(self, name):
        """As the demo has it."""
        return json.loads((ROOT / f"deploy/demo/plan-{name}.json").read_text())

    def client(self):
        return _Closing(self.stack)

    def line(self):
        """One that no other test has."""
        return Line(self, next(self._lines))

    @property
    def notify(self):
        return self.stack["notify0"]

    def rows(self, service, sql):
        """Of a database as it is now; numbers are numbers, but for IMSIs and IMEIs."""
        if self.stack.db != "sqlite":
            database = self.stack.db[service].split("/")[3].split("?")[0]
            lines = self.postgresql.sql(database, sql).splitlines()
            return [tuple(int(v) if v.isdigit() and len(v) != 15 else v for v in line.split("|")) for line in lines]
        with sqlite3.connect(f"file:{self.stack.dir}/{service}.db?mode=ro", uri=True, timeout=20) as db:
            return db.execute(sql).fetchall()

    def wait_noted(self, phones, apps):
        """policy knows what the phones were told last, so that it wakes nobody for what stays as it was."""
        want = {(phone.line.imsi, phone.terminal_id, app) for phone in phones for app in apps}
        wait_for(lambda: want <= set(self.rows("policy", "SELECT imsi, terminal_id, app FROM device_app")), 20,
                 f"policy to note what was told of {apps}")

    def wait_told(self, lines, apps):
        """policy noted what some device of each line was told."""
        want = {(line.imsi, app) for line in lines for app in apps}
        wait_for(lambda: want <= set(self.rows("policy", "SELECT imsi, app FROM device_app")), 20, f"policy to note what was told of {apps}")

    def asks_for_code(self, msisdn):
        """A one-time code is on its way."""
        with self.client() as client:
            answer = client.get(params(msisdn=msisdn))
        return answer.status == 200 and answer.body == b""

    def registered(self, phone):
        """Applications it is registered for."""
        return {app for app, in self.rows("notify", f"SELECT app FROM registration WHERE imsi = '{phone.line.imsi}'"
                                                    f" AND terminal_id = '{phone.terminal_id}'")}

    def waking(self, line, channel=None):
        """Its rows that wait or are under way: dicts."""
        names = ("terminal_id", "app", "channel", "due_ms", "attempts", "lease", "generation")
        rows = [dict(zip(names, row)) for row in self.rows("notify", f"SELECT {', '.join(names)} FROM wake WHERE imsi = '{line.imsi}'")]
        return [row for row in rows if channel in (None, row["channel"])]

    def dead(self, line):
        names = ("terminal_id", "app", "channel", "reason", "detail", "attempts")
        return [dict(zip(names, row)) for row in self.rows("notify", f"SELECT {', '.join(names)} FROM dead WHERE imsi = '{line.imsi}'")]

    def outcome(self, phone):
        """What its registration says of the last push."""
        return self.rows("notify", f"SELECT outcome FROM registration WHERE imsi = '{phone.line.imsi}' AND terminal_id = '{phone.terminal_id}'")[0][0]

    def wait_answered(self, phone, attempts):
        """Its push was tried so often, and the last try is over."""
        def over():
            rows = self.waking(phone.line)
            return not rows or all(row["attempts"] >= attempts and not row["lease"] for row in rows)
        self.wait_followed()
        wait_for(over, 60, f"{attempts} tries for {phone.line.imsi}: {self.waking(phone.line)}")

    def restart_notify(self, forget=None):
        """Nothing rests any more, and what waits is due. `forget`: an account whose kept credential goes."""
        known = self._known()
        assert self.notify.stop() == 0
        with sqlite3.connect(f"{self.stack.dir}/notify.db", timeout=20) as db:
            db.execute("UPDATE wake SET due_ms = 0 WHERE lease = 0")
            if forget:
                db.execute("DELETE FROM credential WHERE name LIKE ?", (f"%{forget}%",))
        self.notify.start()
        wait_for(lambda: self._known() > known, what="the gateway to find notify again")

    def _known(self):
        """How often the gateway has found notify well."""
        return sum('"bus.replica_up"' in line and '/notify0"' in line for line in self.stack["gateway0"].log().splitlines())

    def wait_followed(self, seconds=30):
        """notify knows of all that happened in policy until now."""
        sequence = self.rows("policy", "SELECT max(sequence) FROM outbox")[0][0]
        wait_for(lambda: self.rows("notify", "SELECT sequence FROM followed WHERE source = 'policy'")[0][0] >= sequence, seconds, "notify to follow policy")

    def wait_quiet(self, line, seconds=30):
        """Nothing is to be sent to it any more."""
        self.wait_followed(seconds)
        wait_for(lambda: not self.waking(line), seconds, f"nothing waits for {line.imsi}: {self.waking(line)}")


class _Closing(Client):
    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def started(folder, *names, settings=None, **more):
    """Providers and a stack that uses them, as a context: with started(...) as push."""
    return _Started(folder, names, settings or {}, more)


class _Started:
    def __init__(self, folder, names, settings, more):
        self._folder, self._names, self._settings, self._more = folder, names, settings, more

    def __enter__(self):
        self.providers = Providers(self._folder / "providers", **self._settings)
        try:
            self.providers.start(*self._names)
            self.push = PushStack(self._folder / "push", self.providers, **self._more)
            try:
                return self.push.start()
            except BaseException:
                self.push.stop()
                raise
        except BaseException:
            self.providers.__exit__()
            raise

    def __exit__(self, *_):
        try:
            self.push.stop()
        finally:
            self.providers.__exit__()

"""Changes of lines while policy dies at random: each acknowledged one is there, has its event, and took effect once."""

import http.client
import json
import random
import sqlite3
import ssl
import subprocess
import threading
import time

import pytest
from load import judged
from stack import wait_for
from ts43 import Client, authenticate, params
from usim import TEST_SETS, Usim

WRITERS, LINES = 3, 4


class Api:
    """The operators' API on one connection: the answer, or nothing when it was lost on the way."""

    def __init__(self, stack):
        self._stack, self._context, self._connection = stack, ssl.create_default_context(cafile=stack.ca), None

    def __call__(self, method, path, body=None):
        """(status, value); status 0: nobody knows what became of it."""
        try:
            if self._connection is None:
                self._connection = http.client.HTTPSConnection("127.0.0.1", self._stack.admin_port, timeout=30, context=self._context)
            headers = {"Authorization": f"Bearer {self._stack.admin_token}"}
            if body is not None:
                headers["Content-Type"] = "application/json"
            self._connection.request(method, f"/v1/tenants/demo{path}", None if body is None else json.dumps(body), headers)
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection = None
            return 0, None
        assert answer.status < 400 or answer.status in (404, 500, 503), (method, path, answer.status, text)
        return (0 if answer.status >= 500 else answer.status), (json.loads(text) if text else None)

    def surely(self, path):
        """A read is repeated until it is answered."""
        holder = {}

        def answered():
            holder["answer"] = self("GET", path)
            return holder["answer"][0] != 0
        wait_for(answered, 60, f"GET {path}")
        return holder["answer"]


class Line:
    """One subscriber as its only writer knows it."""

    def __init__(self, imsi):
        self.imsi, self.path = imsi, f"/subscribers/{imsi}"
        self.state = None  # as the API shows it; None: there is none
        self.events = self.entries = 0  # that have to be there


class Writer(threading.Thread):
    """Changes its lines and its plan, one change after the other. After one whose answer was lost it looks what became of it."""

    def __init__(self, stack, number, seed):
        super().__init__(daemon=True)
        self._api, self._random, self._end = Api(stack), random.Random(seed * 100 + number), threading.Event()
        self._stack = stack
        self.lines = [Line(f"00101777{number:03}{i:04}") for i in range(LINES)]
        self.plan, self.plan_name, self.plan_events, self.plan_entries = f"kill-{number}", None, 0, 0
        self.acknowledged = self.lost = self.lost_and_done = 0
        self._tag, self.wrong = 0, None

    # Each gives method, path, body, and what the line's members have to be afterwards.

    def _patch(self, line):
        self._tag += 1
        return "PATCH", line.path, {"vowifi": {"address_id": f"tag-{self._tag}"}}, lambda s: s["vowifi"]["address_id"] == f"tag-{self._tag}"

    def _plan(self, line):
        other = "gold" if line.state["plan"] == "basic" else "basic"
        return "PATCH", line.path, {"plan": other}, lambda s: s["plan"] == other

    def _usage(self, line):
        self._tag += 1
        usage = [{"type": "cellular", "used": self._tag, "as_of": "2026-11-21T12:00:00Z"}]
        return "PATCH", line.path, {"usage": usage}, lambda s: s["usage"][0]["used"] == self._tag

    def _suspend(self, line):
        active = line.state["status"] == "active"
        return "POST", f"{line.path}:{'suspend' if active else 'resume'}", None, lambda s: s["status"] == ("suspended" if active else "active")

    def _swap_sim(self, line):
        epoch = line.state["epoch"]
        return "POST", f"{line.path}:swap-sim", None, lambda s: s["epoch"] > epoch

    def _remove(self, line):
        return "DELETE", line.path, None, lambda s: s is None

    def _create(self, line):
        return "PUT", line.path, {"plan": "basic"}, lambda s: s["plan"] == "basic"

    def _look(self, line):
        status, value = self._api.surely(line.path)
        if status == 404:
            return None
        value.pop("devices")
        return value

    def _settle(self, line, method, after, status):
        """Whether the change took effect; what the API shows now is either before or after it, and nothing else."""
        if status == 0:
            let_end(self._stack)
        before, now = line.state, self._look(line)
        done = (now or {}).get("version") != (before or {}).get("version") or (now is None) != (before is None)
        assert done or status == 0, f"{line.imsi}: an acknowledged {method} is not there: {now}"
        if done:
            assert after(now), f"{line.imsi}: {method} left {now}"
        else:
            assert now == before, f"{line.imsi}: {method} did not happen, and yet {now}"
        line.state = now
        return done

    def change_line(self):
        line = self._random.choice(self.lines)
        creates = line.state is None
        pick = self._create if creates else self._random.choices(
            [self._patch, self._plan, self._usage, self._suspend, self._swap_sim, self._remove], [6, 4, 3, 3, 2, 1])[0]
        method, path, body, after = pick(line)
        status, _ = self._api(method, path, body)
        done = self._settle(line, f"{method} {path}", after, status)
        self._count(status, done)
        line.entries += done
        line.events += done and not creates

    def change_plan(self):
        self._tag += 1
        before, name = self.plan_name, f"Plan {self._tag}"
        status, _ = self._api("PUT", f"/plans/{self.plan}", {"volte": "all", "name": name})
        if status == 0:
            let_end(self._stack)
        found, value = self._api.surely(f"/plans/{self.plan}")
        self.plan_name = value["name"] if found == 200 else None
        assert self.plan_name == name or (status == 0 and self.plan_name == before), (status, before, name, self.plan_name)
        self._count(status, self.plan_name == name)
        self.plan_events += self.plan_name == name
        self.plan_entries += self.plan_name == name

    def _count(self, status, done):
        self.acknowledged += status != 0
        self.lost += status == 0
        self.lost_and_done += status == 0 and done

    def run(self):
        try:
            while not self._end.is_set():
                if self._random.random() < 0.05:
                    self.change_plan()
                else:
                    self.change_line()
        except Exception as wrong:  # told by the test's thread
            self.wrong = wrong

    def finish(self):
        self._end.set()
        self.join(120)
        assert not self.is_alive(), "a writer never came back"


class Asker(threading.Thread):
    """A phone with a token that asks all the time: the right answer, or one that a dead policy explains."""

    def __init__(self, stack):
        super().__init__(daemon=True)
        self._stack, self._end, self.good, self.away, self.wrong = stack, threading.Event(), 0, 0, []
        first = authenticate(Client(stack), Usim("001010000000001", *TEST_SETS[0]), app=["ap2003", "ap2004", "ap2005"])
        self._token, self._expected = first.token(), judged(first)

    def run(self):
        connection = Client(self._stack)
        while not self._end.is_set():
            try:
                answer = connection.get(params(token=self._token, app=["ap2003", "ap2004", "ap2005"]))
            except OSError:
                connection = Client(self._stack)
                self.away += 1
                continue
            if answer.status == 200 and judged(answer) == self._expected:
                self.good += 1
            elif answer.status == 503:
                self.away += 1
                self._end.wait(0.01)
            else:
                self.wrong.append((answer.status, answer.body[:500]))

    def finish(self):
        self._end.set()
        self.join(60)
        assert not self.is_alive() and not self.wrong, self.wrong[:3]
        return self.good


def rows(stack, service, sql):
    if stack.db != "sqlite":
        return stack.rows(service, sql)
    connection = sqlite3.connect(f"file:{stack.dir}/{service}.db?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def let_end(stack):
    """A PostgreSQL server may still be at the commit of a client that was killed: whatever has begun by now is waited for."""
    if stack.db == "sqlite":
        return
    now = stack.rows("policy", "SELECT clock_timestamp()")[0][0]
    wait_for(lambda: stack.rows("policy", "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                                f"AND xact_start <= '{now}'") == [(0,)], 60, "transactions to end")


def check_events(stack, writers):
    events = rows(stack, "policy", "SELECT sequence, kind, imsi, plan FROM outbox ORDER BY sequence")
    head = rows(stack, "policy", "SELECT sequence FROM outbox_head")[0][0]
    assert [e[0] for e in events] == list(range(1, head + 1)), "numbers without gaps"
    trail = rows(stack, "policy", "SELECT resource, action, outcome FROM audit")
    for writer in writers:
        own = [e for e in events if e[3] == writer.plan]
        assert len(own) == writer.plan_events and {e[1] for e in own} <= {"plan.changed"}
        assert sum(t[0] == f"plan/{writer.plan}" for t in trail) == writer.plan_entries
        for line in writer.lines:
            own = [e for e in events if e[2] == line.imsi]
            assert len(own) == line.events, f"{line.imsi}: {line.events} changes took effect, {len(own)} have events"
            entries = [t for t in trail if t[0] == f"subscriber/{line.imsi}"]
            assert len(entries) == line.entries, f"{line.imsi}: {line.entries} changes took effect, {len(entries)} are in the trail"
            if line.state is not None and own and own[-1][1] != "subscriber.removed":
                assert line.state["version"] == own[-1][0], "the line's version is its last event"
    return head


def change_and_kill(stack, target, seed, replicas):
    chance = random.Random(seed)
    asker = Asker(stack)
    writers = [Writer(stack, n, seed) for n in range(WRITERS)]
    for thread in [asker, *writers]:
        thread.start()

    def acknowledged():
        for writer in writers:
            if writer.wrong is not None:
                raise writer.wrong
        return sum(w.acknowledged for w in writers)

    kills, due = 0, 0
    while acknowledged() < target:
        due += chance.randint(1, min(target // 8, 200))
        wait_for(lambda mark=min(due, target): acknowledged() >= mark, 600, f"{due} changes")
        time.sleep(chance.random() / 20)  # somewhere inside a change
        victim = stack[f"policy{kills % replicas}"]
        victim.kill()
        victim.start()
        kills += 1
    for writer in writers:
        writer.finish()
        assert writer.wrong is None, writer.wrong
    return writers, asker.finish(), kills


def run(stack, target, replicas=1):
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    writers, good, kills = change_and_kill(stack, target, seed, replicas)
    stack["policy0"].wait_ready()
    head = check_events(stack, writers)
    for writer in writers:
        for line in writer.lines:
            assert writer._look(line) == line.state
    wait_for(lambda: rows(stack, "notify", "SELECT sequence FROM followed WHERE source = 'policy'")[0][0] == head, 60, "notify to have followed every event")
    lost, done = sum(w.lost for w in writers), sum(w.lost_and_done for w in writers)
    print(f"{sum(w.acknowledged for w in writers)} acknowledged, {lost} without an answer ({done} of them done), {good} good answers, {kills} kills")
    assert good > 0 and kills > 2


def test_every_change_acknowledged_across_kills_of_policy_is_there_with_one_event(own_stack):
    run(own_stack(peers_die=True), 300)


def test_with_two_replicas_on_postgresql_no_change_is_lost_and_none_is_told_twice(own_stack, postgresql):
    stack = own_stack(peers_die=True, replicas={"policy": 2}, db=postgresql.databases())

    def read(service, sql):
        """As SQLite gives it: numbers are numbers, but for IMSIs, which begin with 0."""
        database = stack.db[service].split("/")[3].split("?")[0]
        lines = postgresql.sql(database, sql).splitlines()
        return [tuple(int(v) if v.isdigit() and (v == "0" or v[0] != "0") else v for v in line.split("|")) for line in lines]
    stack.rows = read
    run(stack, 300, replicas=2)


@pytest.mark.long
def test_every_change_of_ten_thousand_acknowledged_across_kills_of_policy_is_there_with_one_event(own_stack):
    run(own_stack(peers_die=True), 10000)


# --- whom a change concerns ---

OTHER = "356938035643817"  # another terminal of the same line
FCM = "dGVzdA:APA91b" + "x" * 120


def asks(connection, token, apps, terminal="356938035643809", push=None):
    more = {} if push is None else {"notif_token": push, "notif_action": 2}
    answer = connection.get(params(token=token, app=apps, terminal_id=terminal, **more))
    assert answer.status == 200
    return answer


def noted(stack, imsi):
    return {tuple(row) for row in rows(stack, "policy", f"SELECT terminal_id, app FROM device_app WHERE imsi = '{imsi}'")}


def newest_event(stack, imsi):
    """Its kind, and of each device the applications to be asked for again."""
    sequence, kind = rows(stack, "policy", f"SELECT sequence, kind FROM outbox WHERE imsi = '{imsi}' ORDER BY sequence DESC LIMIT 1")[0]
    devices = rows(stack, "policy", f"SELECT terminal_id, apps FROM outbox_device WHERE sequence = {sequence}")
    return sequence, kind, {terminal: set(apps.split()) for terminal, apps in devices if apps}


def due(stack):
    return {tuple(row) for row in rows(stack, "notify", "SELECT imsi, terminal_id, app FROM wake")}


def waking_in_an_hour(folder):
    """A channels_file: whom an event concerns is written down, and nobody is sent anything before the test is over."""
    subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", folder / "account.pem"], check=True, capture_output=True)
    account = folder / "account.json"
    account.write_text(json.dumps({"type": "service_account", "project_id": "demo", "private_key_id": "1", "private_key": (folder / "account.pem").read_text(),
                                   "client_email": "push@demo.test", "token_uri": "https://localhost:1/token"}))
    account.chmod(0o600)
    file = folder / "channels.conf"
    file.write_text(f"[default]\norder = push\nfcm = firebase\ncoalesce = 1h\n[fcm firebase]\nservice_account_file = {account}\n")
    return file


@pytest.fixture
def two_devices(own_stack, tmp_path):
    """A line with a phone that knows ap2003, ap2004, ap2005 and a second terminal that knows ap2005; both registered. And a neighbour."""
    stack = own_stack(overrides={"notify": {"channels_file": waking_in_an_hour(tmp_path)}})
    stack.imsi, neighbour = "001010000000002", "001010000000003"
    for n, (imsi, terminal, apps) in enumerate([(stack.imsi, "356938035643809", ["ap2003", "ap2004", "ap2005"]), (stack.imsi, OTHER, ["ap2005"]),
                                                (neighbour, "356938035643809", ["ap2003", "ap2004", "ap2005"])]):
        connection = Client(stack)
        token = authenticate(connection, Usim(imsi, *TEST_SETS[int(imsi[-1]) - 1]), app=apps, terminal_id=terminal).token()
        asks(connection, token, apps, terminal, push=FCM + str(n))
    wait_for(lambda: len(noted(stack, stack.imsi)) == 4 and len(noted(stack, neighbour)) == 3, 20, "the answers to be noted")
    return stack


def wakes(stack, expected):
    """The newest event names these; notify makes exactly their registrations due."""
    sequence, _, devices = newest_event(stack, stack.imsi)
    assert devices == expected
    wait_for(lambda: rows(stack, "notify", "SELECT sequence FROM followed WHERE source = 'policy'")[0][0] >= sequence, 20, "notify to follow")
    assert due(stack) == {(stack.imsi, terminal, app) for terminal, apps in expected.items() for app in apps}


def test_a_changed_plan_names_exactly_the_devices_and_apps_it_touches(two_devices):
    two_devices.ctl("plan", "set", "--tenant", "demo", "-", stdin=json.dumps(
        {"id": "quiet", "volte": "all", "vonr": "home", "vowifi": True, "smsoip": False, "companion": {"allowed": True, "max": 1}}))
    before = rows(two_devices, "policy", f"SELECT plan FROM subscriber WHERE imsi = '{two_devices.imsi}'")[0][0]
    had = two_devices.ctl("plan", "show", "--tenant", "demo", before, "--json").stdout
    document = {k: v for k, v in json.loads(had).items() if k != "version"}
    two_devices.ctl("plan", "set", "--tenant", "demo", "-", stdin=json.dumps({**document, "id": "same-but-sms", "smsoip": not document["smsoip"]}))
    two_devices.ctl("subscriber", "set", "--tenant", "demo", "--imsi", two_devices.imsi, "--plan", "same-but-sms")
    wakes(two_devices, {"356938035643809": {"ap2005"}, OTHER: {"ap2005"}})


def test_a_line_changed_by_a_file_names_exactly_the_devices_and_apps_it_touches(two_devices, tmp_path):
    file = tmp_path / "lines.csv"
    plan = rows(two_devices, "policy", f"SELECT plan FROM subscriber WHERE imsi = '{two_devices.imsi}'")[0][0]
    file.write_text(f"imsi,plan,provisioning\n{two_devices.imsi},{plan},in_progress\n")
    two_devices.ctl("subscriber", "import", "--tenant", "demo", file)
    wakes(two_devices, {"356938035643809": {"ap2004"}})


def test_an_address_that_expires_is_an_event_when_its_time_comes(two_devices):
    """Not before, and though policy was down when it came."""
    api = Api(two_devices)
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
    assert api("PATCH", f"/subscribers/{two_devices.imsi}", {"vowifi": {"address": "available", "address_expiry": soon}})[0] == 200
    told = newest_event(two_devices, two_devices.imsi)[0]
    two_devices["policy0"].kill()
    wait_for(lambda: time.time() > time.mktime(time.strptime(soon, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone + 0.5, 20, "the address to expire")
    two_devices["policy0"].start()
    wait_for(lambda: newest_event(two_devices, two_devices.imsi)[0] > told, 30, "the event")
    sequence, kind, _ = newest_event(two_devices, two_devices.imsi)
    assert kind == "subscriber.changed" and sequence == told + 1


# --- erasure ---

def test_an_erased_subscriber_is_forgotten_by_all_even_by_those_who_were_down(own_stack):
    stack = own_stack(peers_die=True)
    imsi, connection = "001010000000002", Client(stack)
    usim = Usim(imsi, *TEST_SETS[1])
    token = authenticate(connection, usim, app="ap2006").token()
    assert connection.get(params(token=token, app="ap2006", operation="CheckEligibility", companion_terminal_id="490154203237518",
                                 notif_token=FCM, notif_action=2)).status == 200
    tables = [("auth", "history"), ("esim", "device"), ("notify", "registration"), ("policy", "device"), ("policy", "device_app"),
              ("policy", "subscriber")]

    def left():
        return {f"{service}.{table}" for service, table in tables
                if rows(stack, service, f"SELECT count(*) FROM {table} WHERE imsi = '{imsi}'")[0][0] > 0}
    wait_for(lambda: len(left()) == len(tables), 20, f"something to erase everywhere: {left()}")
    for name in ("auth0", "esim0", "notify0"):
        stack[name].kill()
    answer = json.loads(stack.ctl("subscriber", "erase", "--tenant", "demo", "--imsi", imsi, "--json").stdout)
    assert answer["erased"]["subscriber"] and answer["kept"]
    assert left() <= {"auth.history", "esim.device", "notify.registration"}
    for name in ("auth0", "esim0", "notify0"):
        stack[name].start()
    wait_for(lambda: not left(), 30, "all to forget")
    assert imsi not in stack.ctl("audit", "--limit", "500").stdout and answer["pseudonym"] in stack.ctl("audit", "--limit", "500").stdout
    stack["gateway0"].wait_ready()
    assert Client(stack).get(params(token=token, app="ap2006")).status == 511
    again = json.loads(stack.ctl("subscriber", "erase", "--tenant", "demo", "--imsi", imsi, "--json").stdout)
    assert not again["erased"]["subscriber"]

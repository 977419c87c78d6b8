"""Wake-ups as fast as notify sends them, each beside a client that does nothing else, against the same service in the same run.

A push: notify takes rows that are due, opens the push tokens, sends them over one connection, and writes down what was answered; beside it h2load
sends the same request over one connection with as many streams. An SMS: notify over one bind, beside npm's own client with the same window. The
services are those of the system tests without their journals (tests/peers), on the same cores. Rows that are due and registrations are made by a
generator, as events would have made them. How long a change takes until its push was accepted is counted from before the operators' call, on
one clock."""

import http.client
import json
import re
import sqlite3
import ssl
import subprocess
import threading
import time

from jwcrypto import jwk, jwt
from measure import QUIET, cpu_seconds, imsi_of, keys_of, resident_mb, say
from push import PEERS, Providers
from stack import BIN, Stack, wait_for

FIRST, LINES = 1_000_000, 20_000
QUEUED = 100_000
STREAMS, WINDOW = 100, 10
CHANGES = 300
SMS, APNS = 5, 4
RULES = {"coalesce": "0s", "device_interval": "0s", "ttl": "1h"}
WAKE = """INSERT INTO wake (tenant, imsi, terminal_id, app_name, app, channel, account, generation, changed_ms, due_ms, expires_ms, attempts, lease, mass,
 traceparent) """


class Api:
    """The operators' API over one kept connection."""

    def __init__(self, stack):
        self._connection = http.client.HTTPSConnection("127.0.0.1", stack.admin_port, timeout=60, context=ssl.create_default_context(cafile=stack.ca))
        self._headers = {"Authorization": f"Bearer {stack.admin_token}", "Content-Type": "application/json"}

    def change(self, imsi, **members):
        self._connection.request("PATCH", f"/v1/tenants/demo/subscribers/{imsi}", json.dumps(members), self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body


class Push:
    """notify with a database of `registrations`, `lines` of which policy knows; it is started where it is measured."""

    def __init__(self, folder, registrations, lines, journal=False):
        folder.mkdir(parents=True)
        more = {} if journal else {"journal": None}
        self.providers = Providers(folder / "providers", **{name: {**more, "first_streams": 1000, "mint_every": 0} if name == "apns" else more
                                                            for name in ("apns", "smsc")})
        self.apns, self.smsc = self.providers.apns, self.providers.smsc
        file = folder / "channels.conf"
        file.write_text(self.providers.channels(RULES, {}, {}, ("apns", "sms")))
        overrides = {**QUIET, "notify": {**QUIET["notify"], "channels_file": file}}
        self.stack = None
        try:
            self.providers.start("apns", "smsc")
            self.stack = Stack(folder / "stack", overrides=overrides).start().load_demo()
            self._import(lines)
            self.stack["notify0"].stop()
            say(f"  {registrations} registrations")
            subprocess.run([BIN / "openes-bench-registrations", f"sqlite:{self.database}", self.stack.keys / "push.keys", "demo", str(FIRST),
                            str(registrations)], check=True)
        except BaseException:
            self.stop()
            raise

    @property
    def database(self):
        return self.stack.dir / "notify.db"

    @property
    def notify(self):
        return self.stack["notify0"]

    def _import(self, count):
        rows = [f"{imsi_of(FIRST + n)},+1555{n:07},gold,active,{keys_of(n)[0]},{keys_of(n)[1]},8000,available,available,provisioned" for n in range(count)]
        path = self.stack.dir / "lines.csv"
        path.write_text("imsi,msisdn,plan,status,k,opc,amf,terms,address,provisioning\n" + "\n".join(rows) + "\n")
        self.stack.ctl("subscriber", "import", "--tenant", "demo", path)

    def queue(self, channel, count, due_ms=0):
        """As an event of each line would: rows that are due."""
        now = int(time.time() * 1000)
        fixed = f"1, {now}, {due_ms}, {now + 3_600_000}, 0, 0, 0, ''"
        account = {APNS: "apple", SMS: "smsc-1"}[channel]
        with sqlite3.connect(self.database, timeout=60) as db:
            if channel == APNS:
                db.execute(WAKE + f"SELECT tenant, imsi, terminal_id, app_name, app, channel, '{account}', {fixed} FROM registration ORDER BY id LIMIT {count}")
            else:
                db.executemany(WAKE + f"VALUES ('demo', ?, '', '', 'ap2004', {SMS}, '{account}', {fixed})", [(imsi_of(FIRST + n),) for n in range(count)])

    def left(self):
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=60) as db:
            return db.execute("SELECT count(*) FROM wake").fetchone()[0]

    def drain(self, peer, channel, count):
        """How many a second, from the first accepted one to the last, and notify's own processor time for one, in ms."""
        self.queue(channel, count)
        before = peer.state()["accepted"]
        self.notify.start()
        wait_for(lambda: peer.state()["accepted"] > before, 60, "a first one", every=0.001)
        began, there, cpu = time.monotonic(), peer.state()["accepted"], cpu_seconds(self.notify.popen.pid)
        wait_for(lambda: peer.state()["accepted"] >= before + count, 600, "all of them", every=0.005)
        took, sent = time.monotonic() - began, before + count - there
        cpu = cpu_seconds(self.notify.popen.pid) - cpu
        wait_for(lambda: self.left() == 0, 60, "what was answered to be written down")
        self.notify.stop()
        return sent / took, cpu / sent * 1000

    def stop(self):
        try:
            if self.stack is not None:
                self.stack.stop()
        finally:
            self.providers.__exit__()


def h2load(push, count):
    """The same request over one connection: pushes a second."""
    providers = push.providers
    token = jwt.JWT(header={"alg": "ES256", "kid": providers.KEY_ID}, claims={"iss": providers.TEAM, "iat": int(time.time())})
    token.make_signed_token(jwk.JWK.from_pem(providers.p8.read_bytes()))
    body = providers.dir / "body.json"
    body.write_text('{"aps":{"content-available":1},"data":{"app":"ap2004","timestamp":"2026-01-01T00:00:00+00:00"}}')
    headers = {"authorization": f"bearer {token.serialize()}", "apns-topic": providers.TOPIC, "apns-push-type": "background", "apns-priority": "5",
               "apns-expiration": str(int(time.time()) + 3600), "apns-collapse-id": "0" * 32, "apns-id": "5e1f3c52-6a0c-4f0e-9c43-0d5a3b0d7c11"}
    given = [text for name, value in headers.items() for text in ("-H", f"{name}: {value}")]
    out = subprocess.run(["h2load", "-n", str(count), "-c", "1", "-t", "1", "-m", str(STREAMS), "-d", body, *given, f"{push.apns.url}/3/device/{1:064x}"],
                         capture_output=True, text=True, check=True).stdout
    assert f"{count} 2xx" in out, out
    return float(re.search(r"finished in [^,]+, ([\d.]+) req/s", out)[1])


def smpp_load(push, count):
    """npm's own client over one bind with the same window: submits a second."""
    given = {"port": push.smsc.port, "tls": True, "system_id": push.providers.SYSTEM_ID, "password": push.providers.PASSWORD, "count": count, "window": WINDOW}
    return float(subprocess.run(["node", PEERS / "smsc/load.js", json.dumps(given)], capture_output=True, text=True, check=True).stdout)


def bench_rates(push, results, options):
    """In turn, ratios round by round."""
    for kind, peer, channel, theirs, reference in (("pushes by APNs, one connection", push.apns, APNS, h2load, f"h2load, one connection, {STREAMS} streams"),
                                                   ("SMS by SMPP, one bind", push.smsc, SMS, smpp_load, f"npm's smpp as client, window {WINDOW}")):
        ours, other, cpu = [], [], []
        for n in range(options.rounds):
            rate, ms = push.drain(peer, channel, LINES)
            say(f"  {kind}: {rate:.0f}/s")
            ours.append(rate)
            cpu.append(ms)
            other.append(theirs(push, LINES))
            say(f"  round {n + 1}/{options.rounds}: {kind}: {ours[-1]:.0f}/s, {reference}: {other[-1]:.0f}/s")
        results.add(kind, "messages/s", ours)
        results.add(f"  {reference}, same service", "messages/s", other)
        results.add("  the one divided by the other", "ratio", [a / b for a, b in zip(ours, other)])
        results.add("  CPU of notify for one", "ms", cpu)


def bench_latency(push, results):
    """One change after the other, each of another line, with nothing else to do; then ten at a time."""
    push.notify.start()
    for at_once in (1, 10):
        times, calls, lock = [], [], threading.Lock()
        lines = iter(range(0 if at_once == 1 else CHANGES, CHANGES * 2))

        def change(api):
            for _ in range(CHANGES // at_once):
                with lock:
                    n = next(lines)
                began = time.monotonic_ns() // 1000
                api.change(imsi_of(FIRST + n), plan="basic")
                called = time.monotonic_ns() // 1000
                token = f"{FIRST + n:064x}"
                pushed = push.apns.wait_taken(token, seconds=60)[0]["us"]
                with lock:
                    times.append((pushed - began) / 1000)
                    calls.append((called - began) / 1000)
        threads = [threading.Thread(target=change, args=(Api(push.stack),)) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for quantile in (50, 99):
            results.add(f"plan change until its push was accepted, {at_once} at once, p{quantile}", "ms", [sorted(times)[len(times) * quantile // 100]],
                        note=f"{len(times)} changes; coalesce 0")
            results.add("  the operators' call itself", "ms", [sorted(calls)[len(calls) * quantile // 100]])
    push.notify.stop()


def bench_memory(folder, results, registrations):
    push = Push(folder, registrations, 0)
    try:
        push.notify.start()
        wait_for(lambda: push.notify.http("/readyz")[0] == 200, 60, "notify")
        idle = resident_mb(push.notify.popen.pid)
        push.notify.stop()
        push.apns.kill()  # nobody takes them: they stay queued and are tried again
        push.queue(APNS, QUEUED)
        push.notify.start()
        most, end = 0, time.monotonic() + 20
        while time.monotonic() < end:
            most = max(most, resident_mb(push.notify.popen.pid))
            time.sleep(0.2)
        push.apns.start()
        began = time.monotonic()
        while push.left():
            most = max(most, resident_mb(push.notify.popen.pid))
            time.sleep(0.2)
        results.add(f"notify resident, {registrations} registrations, idle", "MB", [idle])
        results.add(f"  {QUEUED} wake-ups queued, the service gone and back, most of it", "MB", [most])
        results.add("  seconds until the queue was empty, after it was back", "s", [time.monotonic() - began])
        results.add("  its database", "MB", [push.database.stat().st_size / 1e6])
    finally:
        push.stop()


def bench(folder, results, options):
    say("wake-ups: pushes and SMS a second beside clients that do nothing else")
    push = Push(folder / "push", LINES, LINES)
    try:
        bench_rates(push, results, options)
    finally:
        push.stop()
    say("from a change to its push")
    push = Push(folder / "latency", 2 * CHANGES, 2 * CHANGES, journal=True)
    try:
        bench_latency(push, results)
    finally:
        push.stop()
    say("memory of notify")
    bench_memory(folder / "memory", results, options.subscribers)

"""Push services and an SMS centre for tests: started, told what to play, asked what they took; and the channels_file that leads to them."""

import contextlib
import json
import re
import subprocess
import threading
from pathlib import Path

from core import Pki
from stack import ROOT, free_port, wait_for

PEERS = ROOT / "tests/peers"
APNS_TOKEN = "ab" * 31 + "{:02x}"
NODE_SMPP = PEERS / "smsc/node_modules"


def make_key(path, *how):
    """A private key as PEM (PKCS #8), its public half's PEM."""
    subprocess.run(["openssl", "genpkey", *how, "-out", path], check=True, capture_output=True)
    path.chmod(0o600)
    return subprocess.run(["openssl", "pkey", "-in", path, "-pubout"], check=True, capture_output=True, text=True).stdout


def elliptic_key(path):
    return make_key(path, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")


def rsa_key(path):
    return make_key(path, "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")


class Peer:
    """A child that obeys lines of JSON. It can be killed and started again on its port; what it wrote down stays."""

    def __init__(self, folder, name, command, **settings):
        self.name, self.port, self._command = name, free_port(), command
        self.url = f"https://127.0.0.1:{self.port}"
        self.journal = folder / f"{name}.journal"
        self.settings = {"port": self.port, "key": str(folder / "provider.key"), "cert": str(folder / "provider.pem"), "journal": str(self.journal),
                         **settings}
        self._log, self._lock, self.popen = folder / f"{name}.log", threading.Lock(), None

    def start(self):
        with open(self._log, "ab") as log:
            self.popen = subprocess.Popen([*self._command, json.dumps(self.settings)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.popen.stdout.readline()
        assert line and json.loads(line) == {"ready": True}, self._log.read_text()
        return self

    def ask(self, command, given=None):
        with self._lock:
            self.popen.stdin.write(json.dumps({command: given}) + "\n")
            self.popen.stdin.flush()
            line = self.popen.stdout.readline()
        assert line, f"{self.name} ended: {self._log.read_text()}"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def say(self, address="*", *plays):
        """What is played for that address from now on; nothing: as usual."""
        self.ask("say", {"address": address, "plays": plays})

    def reset(self):
        """As usual for everybody; who was kept waiting is answered."""
        self.ask("reset")
        self.ask("release")

    def state(self):
        return self.ask("state")

    def entries(self, since=0):
        """All that was written down, a line that is still being written left out; those before `since` (of position()), too."""
        if not self.journal.exists():
            return []
        with open(self.journal, "rb") as journal:
            journal.seek(since)
            return [json.loads(line) for line in journal.read().split(b"\n")[:-1]]

    def position(self):
        return self.journal.stat().st_size if self.journal.exists() else 0

    def taken(self, address=None, since=0):
        """Messages that were accepted."""
        return [e for e in self.entries(since) if "address" in e and address in (None, e["address"])]

    def wait_taken(self, address=None, count=1, since=0, seconds=30):
        """At least so many of them, once they are there."""
        wait_for(lambda: len(self.taken(address, since)) >= count, seconds, f"{self.name} took {count} of {address or 'anybody'}", every=0.05)
        return self.taken(address, since)

    def check(self):
        """Nothing was asked of it that no client may ask."""
        faults = [e for e in self.entries() if "fault" in e]
        assert not faults, faults[:5]

    def kill(self):
        """kill -9."""
        self.popen.kill()
        self._gone()

    def close(self):
        if self.popen is None or self.popen.poll() is not None:
            return
        self.popen.stdin.close()
        try:
            self.popen.wait(20)
        except subprocess.TimeoutExpired:
            self.popen.kill()
        self._gone()

    def _gone(self):
        self.popen.wait()
        with contextlib.suppress(OSError):
            self.popen.stdin.close()
        self.popen.stdout.close()


def apps_of(entry):
    """The AppIDs that a wake-up names, whichever form it has."""
    app = entry["payload"]["data"]["app"]
    if isinstance(app, str) and app.startswith("["):
        app = json.loads(app)
    return [app] if isinstance(app, str) else app


class Providers:
    """All of them with their keys. start() those that a test needs; `keys` of sections that differ are given to channels()."""

    TEAM, KEY_ID, TOPIC = "TEAM123456", "KEY1234567", "org.example.carrier"
    PROJECT, EMAIL, FCM_KEY_ID = "demo-project", "push@demo-project.iam.gserviceaccount.com", "9a8b7c6d5e4f"
    WNS_CLIENT, WNS_SECRET = "ms-app://s-1-15-2-1", "a secret & more"
    SYSTEM_ID, PASSWORD = "openes", "pa55word"

    def __init__(self, folder, **settings):
        self.dir = Path(folder)
        self.dir.mkdir(parents=True, exist_ok=True)
        Pki(self.dir).issue("provider", "127.0.0.1")
        self.ca = self.dir / "core-ca.pem"
        self._ends = contextlib.ExitStack()
        self.p8, self.service_account = self.dir / "AuthKey.p8", self.dir / "service-account.json"
        self.wns_secret, self.smsc_password = self._secret("wns.secret", self.WNS_SECRET), self._secret("smsc.password", self.PASSWORD)
        self.apns = Peer(self.dir, "apns", ["node", PEERS / "apns.mjs"], topics=[self.TOPIC],
                         keys={self.KEY_ID: {"team": self.TEAM, "pem": elliptic_key(self.p8)}}, **settings.get("apns", {}))
        account_pem = rsa_key(self.dir / "fcm.pem")
        self.fcm = Peer(self.dir, "fcm", ["/usr/bin/python3", PEERS / "fcm.py"], project=self.PROJECT,
                        accounts={self.FCM_KEY_ID: {"email": self.EMAIL, "pem": account_pem}}, **settings.get("fcm", {}))
        self.fcm.settings["url"] = self.fcm.url
        self.wns = Peer(self.dir, "wns", ["/usr/bin/python3", PEERS / "wns.py"], client=self.WNS_CLIENT, secret=self.WNS_SECRET,
                        scope="notify.windows.com", **settings.get("wns", {}))
        self.smsc = Peer(self.dir, "smsc", ["node", PEERS / "smsc/smsc.js"],
                         **{"system_id": self.SYSTEM_ID, "password": self.PASSWORD, **settings.get("smsc", {})})
        self._write_service_account()

    def _secret(self, name, text):
        path = self.dir / name
        path.write_text(text + "\n")
        path.chmod(0o600)
        return path

    def _write_service_account(self):
        """As Google's console gives it out."""
        self.service_account.write_text(json.dumps({
            "type": "service_account", "project_id": self.PROJECT, "private_key_id": self.FCM_KEY_ID, "private_key": (self.dir / "fcm.pem").read_text(),
            "client_email": self.EMAIL, "client_id": "100000000000000000001", "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": f"{self.fcm.url}/token"}))
        self.service_account.chmod(0o600)

    def start(self, *names):
        for name in names or ("apns", "fcm", "wns", "smsc"):
            peer = getattr(self, name)
            if name == "smsc":
                assert NODE_SMPP.is_dir(), "npm ci was not run in tests/peers/smsc; ./openes test does"
            self._ends.callback(peer.start().close)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._ends.close()

    def channels(self, rules, tenants, sections, channels):
        """The channels_file of docs/notifications.md with files and addresses of this machine, and changes."""
        here = {"apns apple": {"production_url": self.apns.url}, "fcm firebase": {"url": self.fcm.url},
                "wns windows": {"token_url": f"{self.wns.url}/token", "host_suffix": "127.0.0.1", "port": self.wns.port},
                "smsc smsc-1": {"host": "127.0.0.1", "port": self.smsc.port, "answer_timeout": "2s", "rebind_first": "100ms", "rebind_max": "1s"}}
        quick = {"timeout": "10s", "breaker_open": "500ms"}
        found = {name: dict(here[name], ca_file=self.ca, **({} if name == "smsc smsc-1" else quick)) for name in here}
        found["default"] = {key: value for key, value in rules.items()}
        found |= {f"tenant {name}": dict(more) for name, more in tenants.items()}
        for name, more in sections.items():
            found.setdefault(name, {}).update(more)
        kinds = {"sms" if name == "smsc" else name for name in channels}
        left_out = {f"{kind} " for kind in ("apns", "fcm", "wns", "smsc") if ("sms" if kind == "smsc" else kind) not in kinds}
        found["default"].update({kind: "" for kind in ("apns", "fcm", "wns", "sms") if kind not in kinds})
        return "".join(text for name, text in self._documented(found).items() if not any(name.startswith(kind) for kind in left_out))

    def _documented(self, changes):
        """Each section of the page's file as text, files replaced by ours."""
        files = {"AuthKey_KEY1234567.p8": self.p8, "service-account.json": self.service_account, "wns.secret": self.wns_secret,
                 "smsc.password": self.smsc_password}
        page = re.search(r"```ini\n(\[default\].*?)```", (ROOT / "docs/notifications.md").read_text(), re.S)[1]
        told = {}
        for header, body in re.findall(r"^\[(.*?)\]\n(.*?)(?=^\[|\Z)", page, re.S | re.M):
            told[header] = dict(line.split(" = ", 1) for line in body.splitlines() if line)
        for header, more in changes.items():
            told[header] = {**told.get(header, {}), **more}
        lines = {header: [f"{key} = {files[Path(value).name] if key.endswith('_file') and Path(value).name in files else value}"
                          for key, value in keys.items()] for header, keys in told.items()}
        return {header: "\n".join([f"[{header}]", *keys, ""]) for header, keys in lines.items()}

    def wns_channel(self, name):
        """What a Windows client registers with."""
        return f"{self.wns.url}/w/?token={name}"

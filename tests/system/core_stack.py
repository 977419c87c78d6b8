"""The five processes with a core network around them: HSSs and AAAs (core.py) and a UDM (core_udm.py)."""

import json
import threading
import urllib.request
from pathlib import Path

from core import SUBSCRIBERS, Peer, Pki, documented, documented_udm
from core_udm import Udm
from stack import ROOT, Stack, free_port, wait_for
from ts43 import Client, nai
from usim import TEST_SETS, Usim, demo_usim

HOST = "127.0.0.1"
KEYLESS = "001010000000050"  # the core network has this SIM's keys, openes never gets them
KEYLESS_KEYS = ("00112233445566778899aabbccddeeff", "d1d2d3d4d5d6d7d8d9dadbdcdddedff0")
EVERYBODY = [*SUBSCRIBERS, (KEYLESS, *KEYLESS_KEYS, 1 << 12, "491700000050", 0)]
ROLES = {"hss1": "hss", "hss2": "hss", "aaa1": "aaa"}
IDENTITY = "auth0.ecs.example.net"  # what the core file makes of %i
OTHER = "001020000000001"  # of the tenant `other`, which has our own AuC

MORE = """
[peer gone1]
host = gone1.example.org
address = 127.0.0.1
port = {gone}
tls = no

[swx gone]
realm = example.org
peers = gone1

[oidc login]
issuer = https://login.example
authorization_endpoint = https://login.example/auth
token_endpoint = https://login.example/token
jwks_uri = https://login.example/jwks
client_id = ecs
redirect_uri = https://ecs.example/
"""


class CoreStack:
    """`peers`: those that are started. `changes`: of sections of the documented core file. `udm`: changes
    of the documented [udm udm1], None: there is none."""

    def __init__(self, folder, ebin, peers=("hss1", "hss2", "aaa1"), changes=None, udm=None, **stack):
        folder.mkdir(parents=True, exist_ok=True)
        self.dir, self._tenants, self._cards = folder, {}, {}
        self.peers = {name: Peer(folder, ebin, name, ROLES[name], ind=i, subscribers=EVERYBODY) for i, name in enumerate(peers)}
        self.udm = self.pki = None
        if udm is not None:
            self.pki = Pki(folder / "pki").issue("udm", HOST).issue("core", IDENTITY)
            self.udm = Udm(self.pki).start()
        self.core_file, self.diameter_ops = folder / "core.conf", free_port()
        text = documented({name: peer.port for name, peer in self.peers.items()}, **(changes or {})) + MORE.format(gone=free_port())
        self.core_file.write_text(text + ("" if udm is None else documented_udm(self.udm.url, self.pki, **udm)))
        overrides = stack.pop("overrides", {})
        overrides = {**overrides, "auth": {"core_file": self.core_file, **overrides.get("auth", {})}}
        self.stack = Stack(folder / "stack", overrides=overrides, **stack)
        self.stack.environment = {**self.stack.environment, "OPENES_DIAMETER_OPS_LISTEN": f"127.0.0.1:{self.diameter_ops}"}

    def __getattr__(self, name):
        if name in ("hss1", "hss2", "aaa1"):
            return self.__dict__["peers"][name]
        raise AttributeError(name)

    def start(self):
        threads = [threading.Thread(target=peer.start) for peer in self.peers.values()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.stack.start().load_demo()
        self.wait_open(len(self.peers))
        return self

    def stop(self):
        try:
            self.stack.stop()
        finally:
            for peer in self.peers.values():
                peer.stop()
            if self.udm is not None:
                self.udm.stop()

    def renew(self):
        """As at the start, for the next test; sequence numbers go on."""
        for peer in self.peers.values():
            peer.do("reset")
        if self.udm is not None:
            self.udm.control()

    # ---- auth and its child ----

    @property
    def auth(self):
        return self.stack["auth0"]

    def events(self, name, **fields):
        """Log events of auth and openes-diameter with that name and those fields."""
        out = []
        for line in self.auth.log().splitlines():
            if f'"{name}"' in line:
                event = json.loads(line)
                if all(event.get(key) == value for key, value in fields.items()):
                    out.append(event)
        return out

    def wait_event(self, name, more_than=0, seconds=30, **fields):
        wait_for(lambda: len(self.events(name, **fields)) > more_than, seconds, f"{name} {fields}")

    def diameter_metric(self, name):
        try:
            text = urllib.request.urlopen(f"http://127.0.0.1:{self.diameter_ops}/metrics", timeout=5).read().decode()
        except OSError:
            return 0.0
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))

    def wait_open(self, count):
        wait_for(lambda: self.diameter_metric("openes_diameter_peers_open") >= count, 40, f"{count} peers open")

    def kill(self, peer):
        """kill -9 of a peer, until openes-diameter has noticed."""
        lost = len(self.events("diameter.peer_lost", peer=peer.host))
        peer.kill()
        self.wait_event("diameter.peer_lost", more_than=lost, peer=peer.host)

    def revive(self, peer):
        """Starts a killed peer again, until openes-diameter is connected to it."""
        opened = len(self.events("diameter.peer_open", peer=peer.host))
        peer.start()
        self.wait_event("diameter.peer_open", more_than=opened, peer=peer.host)

    def child(self):
        """Process id of auth's openes-diameter."""
        pid = self.auth.popen.pid
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                if Path(f"/proc/{child}/comm").read_text().startswith("openes-diameter"):
                    return int(child)
        return None

    def succeeded(self, tenant="demo"):
        return self.auth.log().count(f'"reason":"success","tenant":"{tenant}"')

    # ---- tenants and cards ----

    def tenant(self, name="demo", **authentication):
        """The demo tenant, or `other` like it, with these settings; auth knows of them when this returns."""
        document = json.loads((ROOT / "deploy/demo/tenant.json").read_text())
        if name == "demo":
            document["hosts"].append(HOST)
        else:
            document.update(id=name, hosts=["aes.other.example"], plmns=["00102"])
        document["authentication"] = {key: value for key, value in authentication.items() if value}
        if self._tenants.get(name) == document:
            return
        self._tenants[name] = document
        file = self.dir / f"{name}.json"
        file.write_text(json.dumps(document))
        before = self.auth.log().count('"auth.tenants"')
        self.stack.ctl("tenant", "set", file)
        wait_for(lambda: self.auth.log().count('"auth.tenants"') > before, 20, "auth knows the tenant")

    def other_tenant(self):
        """A tenant of our own AuC, and its one card."""
        self.tenant("other")
        for plan in sorted((ROOT / "deploy/demo").glob("plan-*.json")):
            self.stack.ctl("plan", "set", "--tenant", "other", plan)
        self.stack.ctl("subscriber", "add", "--tenant", "other", "--imsi", OTHER, "--plan", "gold", "--k", "-", "--opc", TEST_SETS[5][1],
                       stdin=TEST_SETS[5][0] + "\n")
        return Usim(OTHER, *TEST_SETS[5])

    def card(self, n=1):
        """The SIM of demo subscriber n; one for all tests."""
        return self._cards.setdefault(n, demo_usim(n))

    def client(self):
        return Client(self.stack)

    def authentications(self, imsi, tenant="demo"):
        """The operator's view, newest first."""
        done = self.stack.ctl("subscriber", "authentications", "--tenant", tenant, imsi, "--json")
        answer = json.loads(done.stdout)
        return answer["items"] if isinstance(answer, dict) else answer

    def subscriber(self, imsi, tenant="demo"):
        return json.loads(self.stack.ctl("subscriber", "show", "--tenant", tenant, imsi, "--json").stdout)


def other_nai():
    return nai(OTHER, mnc="02")

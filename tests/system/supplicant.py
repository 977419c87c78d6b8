"""Debian's eapol_test, unmodified, with a card of the tests and a RADIUS-to-TS.43 relay."""

import os
import socket
import subprocess
import threading

from relay import Relay
from stack import wait_for
from ts43 import nai


class Card(threading.Thread):
    """Answers eapol_test's SIM requests on its control interface."""

    def __init__(self, folder, usim):
        super().__init__(daemon=True)
        self._folder, self._usim, self.results = folder, usim, []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.path = folder / "card"
        self._socket.bind(str(self.path))

    def run(self):
        control = str(self._folder / "ctrl" / "test")
        wait_for(lambda: os.path.exists(control), 20, "eapol_test's control socket")
        self._socket.connect(control)
        self._socket.send(b"ATTACH")
        while True:
            try:
                message = self._socket.recv(4096).decode()
            except OSError:
                return
            if "CTRL-REQ-SIM-" not in message:
                continue
            number, rest = message.split("CTRL-REQ-SIM-", 1)[1].split(":", 1)
            _, rand, autn = rest.split(" ", 1)[0].split(":")[:3]
            result = self._usim.authenticate(bytes.fromhex(rand), bytes.fromhex(autn))
            self.results.append(result[0])
            if result[0] == "ok":
                _, res, ck, ik = result
                reply = f"UMTS-AUTH:{ik.hex()}:{ck.hex()}:{res.hex()}"
            elif result[0] == "auts":
                reply = f"UMTS-AUTS:{result[1].hex()}"
            else:
                reply = "UMTS-FAIL"
            self._socket.send(f"CTRL-RSP-SIM-{number}:{reply}".encode())


class Supplicant:
    def __init__(self, folder, stack):
        self._dir, self._stack, self._relays = folder, stack, []

    def __call__(self, usim, method="AKA", identity=None, phase1="", again=0, on=None):
        """Runs eapol_test once, `again` times more in the same process. Returns (exit code, relay, card, output)."""
        relay = Relay(on or self._stack())
        self._relays.append(relay)
        relay.start()
        config = self._dir / "eapol.conf"
        network = f'key_mgmt=IEEE8021X\n eap={method}\n identity="{identity or nai(usim.imsi)}"\n phase1="{phase1}"'
        config.write_text(f'ctrl_interface={self._dir}/ctrl\nexternal_sim=1\nnetwork={{\n {network}\n}}\n')
        (self._dir / "card").unlink(missing_ok=True)
        card = Card(self._dir, usim)
        card.start()
        # -n: TS.43 hands no MSK to anybody, so no MPPE keys are expected
        done = subprocess.run(["eapol_test", "-n", "-W", "-c", config, "-a", "127.0.0.1", "-p", str(relay.port), "-s", "radius", "-t", "20",
                               "-r", str(again)], capture_output=True, text=True, timeout=60)
        return done.returncode, relay, card, done.stdout[-3000:]

    def close(self):
        for relay in self._relays:
            relay.close()

"""The unmodified EAP-AKA and EAP-AKA' supplicant of Debian (eapol_test) authenticates through a RADIUS-to-TS.43 relay."""

import os
import socket
import subprocess
import threading

import pytest
from relay import Relay
from stack import BIN, wait_for
from ts43 import nai
from usim import TEST_SETS, TUAK_SETS, Tuak, Usim


class Card(threading.Thread):
    """Answers eapol_test's SIM requests on its control interface."""

    def __init__(self, folder, usim):
        super().__init__(daemon=True)
        self._folder, self._usim, self.results = folder, usim, []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "card"))

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


@pytest.fixture
def supplicant(stack, tmp_path):
    """supplicant(usim, ...): runs eapol_test once, `again` times more in the same process. Returns (exit code, relay, card, output)."""
    relays = []

    def run(usim, method="AKA", identity=None, phase1="", again=0, on=None):
        relay = Relay(on or stack)
        relays.append(relay)
        relay.start()
        config = tmp_path / "eapol.conf"
        network = f'key_mgmt=IEEE8021X\n eap={method}\n identity="{identity or nai(usim.imsi)}"\n phase1="{phase1}"'
        config.write_text(f'ctrl_interface={tmp_path}/ctrl\nexternal_sim=1\nnetwork={{\n {network}\n}}\n')
        card = Card(tmp_path, usim)
        card.start()
        # -n: TS.43 hands no MSK to anybody, so no MPPE keys are expected
        done = subprocess.run(["eapol_test", "-n", "-W", "-c", config, "-a", "127.0.0.1", "-p", str(relay.port), "-s", "radius", "-t", "20", "-r", str(again)],
                              capture_output=True, text=True, timeout=60)
        return done.returncode, relay, card, done.stdout[-3000:]

    yield run
    for relay in relays:
        relay.close()


def test_eapol_test_authenticates_and_a_document_with_a_token_comes(supplicant, sim):
    """V12-AUTH-01, V12-AUTH-06, V12-AUTH-19: an independent peer derives the same keys from the identity it sent."""
    code, relay, card, output = supplicant(sim(2))
    assert code == 0, output
    assert card.results == ["ok"] and relay.statuses == [200, 200]
    assert relay.document.token() and relay.document.apps()["ap2004"]["EntitlementStatus"]


def test_eapol_test_with_a_wrong_key_is_refused(supplicant):
    """V12-AUTH-14: the card finds AUTN wrong and says AKA-Authentication-Reject; 403 and no token."""
    code, relay, card, _ = supplicant(Usim("001010000000003", "00" * 16, TEST_SETS[2][1]))
    assert code != 0
    assert card.results == ["mac"] and relay.statuses == [200, 403] and relay.document is None


def test_eapol_test_with_its_sqn_ahead_resynchronises_and_gets_in(supplicant, sim):
    """V12-AUTH-05, V12-AUTH-13: AUTS, a new challenge from a resynchronised vector, success."""
    usim = sim(4)
    usim.seq = [1 << 36] * 32
    code, relay, card, output = supplicant(usim)
    assert code == 0, output
    assert card.results == ["auts", "ok"] and relay.statuses == [200, 200, 200]


def test_eapol_test_with_an_unknown_subscriber_is_refused_at_once(supplicant):
    """V12-AUTH-08, settled: an unknown IMSI is 403 at once."""
    code, relay, _, _ = supplicant(Usim("001010999999999", *TEST_SETS[0]))
    assert code != 0 and relay.statuses == [403]


@pytest.mark.parametrize("n,res", [(0, 4), (1, 16)])
def test_a_sim_with_tuak_is_provisioned_and_authenticates(stack, supplicant, tmp_path, n, res):
    """V12-AUTH-13, V12-AUTH-19: K of 128 and 256 bits, RES of 32 and 128 bits; AUTS of a SIM that is ahead is understood, too."""
    imsi, (k, topc) = f"00101000000007{n}", TUAK_SETS[n]
    (tmp_path / "topc").write_text(topc + "\n")
    stack.ctl("subscriber", "add", "--tenant", "demo", "--imsi", imsi, "--plan", "gold", "--algorithm", "tuak", "--k", "-", "--topc", f"@{tmp_path}/topc",
              "--res-length", res, stdin=k + "\n")
    try:
        assert '"tuak"' in stack.ctl("keys", "status", "--tenant", "demo", "--imsi", imsi, "--json").stdout
        usim = Usim(imsi, k, topc, functions=Tuak(bytes.fromhex(k), bytes.fromhex(topc), res))
        usim.seq = [1 << 36] * 32
        code, relay, card, output = supplicant(usim)
        assert code == 0, output
        assert card.results == ["auts", "ok"] and relay.statuses == [200, 200, 200] and relay.document.token()
        phone = subprocess.run([BIN / "openes-phone", "--url", f"https://localhost:{stack.port}/", "--ca", stack.ca, "--imsi", imsi, "--algorithm", "tuak",
                                "--k", k, "--topc", topc, "--res", str(res)], capture_output=True, text=True, timeout=60)
        assert phone.returncode == 0, phone.stdout + phone.stderr
        assert k not in phone.stdout and topc not in phone.stdout
    finally:
        stack.ctl("subscriber", "remove", "--tenant", "demo", "--imsi", imsi)

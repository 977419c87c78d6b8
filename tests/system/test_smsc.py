"""An account at an SMSC against two SMSCs that are not ours: npm's smpp over TLS, Debian's Net::SMPP without."""

import contextlib
import json
import re
import subprocess

import pytest
from logins import Logins
from push import PEERS, Providers
from stack import BIN, free_port, wait_for
from ts43 import params

UDH = "0605041f9f0000"
WAKE = "001010000000001-aescfg,ap2003,ap2004"
ACCEPTED, LATER, REFUSED = "0", "1", "4"
WORKS, STOPS = "0", "2"


class Account:
    """notify's account alone, by notify_smsc_play."""

    def __init__(self, folder, **keys):
        self.file = folder / "smsc.conf"
        keys = {"host": "127.0.0.1", "system_id": Providers.SYSTEM_ID, "rebind_first": "100ms", "rebind_max": "500ms", **keys}
        self.file.write_text("[smsc one]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items()))
        self.log = folder / "account.log"
        with open(self.log, "wb") as log:
            self.popen = subprocess.Popen([BIN / "notify_smsc_play", self.file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)

    def say(self, line):
        self.popen.stdin.write(line + "\n")
        self.popen.stdin.flush()

    def told(self):
        line = self.popen.stdout.readline().split(" ", 3)
        assert len(line) == 4, self.log.read_text()
        return line[1], line[2]

    def send(self, line):
        self.say(line)
        return self.told()[0]

    def close(self):
        self.popen.stdin.close()
        assert self.popen.wait(30) == 0, self.log.read_text()
        self.popen.stdout.close()


@pytest.fixture(scope="module")
def providers(tmp_path_factory):
    with Providers(tmp_path_factory.mktemp("smsc")) as made:
        yield made.start("smsc")


@pytest.fixture
def account(providers, tmp_path):
    with contextlib.ExitStack() as ends:
        def open_one(**keys):
            made = Account(tmp_path, **{"port": providers.smsc.port, "ca_file": providers.ca, "password_file": providers.smsc_password, **keys})
            ends.callback(made.close)
            return made
        yield open_one
        providers.smsc.say("*")
    providers.smsc.check()


def test_a_wake_up_is_what_the_other_side_decodes(providers, account):
    """V12-NOTIF-08, V12-NOTIF-09, V12-NOTIF-10"""
    assert account().send("wake +15550100001") == ACCEPTED
    text, = providers.smsc.taken("15550100001")
    assert text["octets"].startswith(UDH) and text["esm_class"] == 0x40 and text["data_coding"] == 4 and not text["tlvs"]
    assert bytes.fromhex(text["octets"])[7:].decode() == WAKE and text["registered_delivery"] == 0


def test_ports_in_tlvs_are_told_there_alone(providers, account):
    assert account(wake_ports="tlv").send("wake +15550100002") == ACCEPTED
    text, = providers.smsc.taken("15550100002")
    assert text["udh"] is None and text["tlvs"] == {"source_port": 0, "dest_port": 8095}
    assert bytes.fromhex(text["octets"]).decode() == WAKE


def test_a_text_in_another_alphabet_arrives_as_it_was(providers, account):
    one = account()
    assert one.send("text +15550100003 Код: 123456") == ACCEPTED
    assert one.send("text +15550100003 " + "Code 123456 {x} " * 20) == ACCEPTED
    texts = providers.smsc.taken("15550100003")
    assert texts[0]["data_coding"] == 8 and bytes.fromhex(texts[0]["octets"]).decode("utf-16-be") == "Код: 123456"
    assert len(texts) == 4 and all(t["octets"].startswith("050003") for t in texts[1:]) and "".join(t["text"] for t in texts[1:]).startswith("Code 123456")
    wait_for(lambda: providers.smsc.state()["receipts"] >= 4, what="receipts that were answered")
    assert '"event":"notify.sms_receipt"' in one.log.read_text() and '"state":"delivered"' in one.log.read_text()


def test_a_throttled_text_goes_again_and_a_throttled_wake_up_later(providers, account):
    one = account()
    providers.smsc.say("15550100004", {"status": "ESME_RTHROTTLED", "times": 1})
    assert one.send("text +15550100004 hello") == ACCEPTED
    providers.smsc.say("15550100004", {"status": "ESME_RMSGQFUL", "times": 1})
    assert one.send("wake +15550100004") == LATER
    assert one.send("wake +15550100004") == ACCEPTED  # when there is room again


@pytest.mark.parametrize("play", [{"cut": True}, {"accept_and_cut": True}, {"raw": "00000008ffffffff"}], ids=["cut", "taken-and-cut", "no-pdu"])
def test_a_link_that_ends_in_mid_window_is_bound_again(providers, account, play):
    one, since = account(), providers.smsc.position()
    providers.smsc.say("15550100005", {**play, "times": 1})
    assert one.send("text +15550100005 hello") == LATER
    assert one.send("wake +15550100005") == ACCEPTED
    assert len([t for t in providers.smsc.taken("15550100005", since) if t["text"] == "hello"]) == int("accept_and_cut" in play)


def test_links_are_asked_whether_they_live(providers, account):
    before = providers.smsc.state()["enquired"]
    one = account(enquire_link="100ms", binds=2)
    one.say(f"state {WORKS}")
    wait_for(lambda: providers.smsc.state()["enquired"] >= before + 4, what="enquire_link")
    assert one.send("wake +15550100006") == ACCEPTED and "smsc_down" not in one.log.read_text()


def test_a_wrong_password_is_not_tried_on(providers, account, tmp_path):
    password = tmp_path / "password"
    password.write_text("wrong\n")
    password.chmod(0o600)
    before = providers.smsc.state()["refused"]
    one = account(password_file=password)
    one.say(f"state {STOPS}")
    one.say("text +15550100007 hello")
    assert one.popen.stdout.readline() == "text not sent\n"
    assert providers.smsc.state()["refused"] == before + 1 and "wrong" not in one.log.read_text()


@pytest.mark.parametrize("keys", [{"server_name": "another.example"}, {"ca_file": ""}], ids=["another-name", "another-authority"])
def test_a_server_that_is_not_the_one_is_told_nothing(providers, account, keys):
    before = providers.smsc.state()["binds"]
    one = account(**keys)
    wait_for(lambda: "smsc_down" in one.log.read_text(), what="a refused certificate")
    assert providers.smsc.state()["binds"] == before


def test_net_smpp_sees_the_same(tmp_path):
    """Another implementation of SMPP, without TLS."""
    port = free_port()
    peer = subprocess.Popen(["perl", PEERS / "smsc/smsc.pl", str(port)], stdout=subprocess.PIPE, text=True)
    try:
        assert json.loads(peer.stdout.readline()) == {"ready": True}
        one = Account(tmp_path, port=port, plain="yes")
        assert one.send("wake +15550100008") == ACCEPTED
        assert one.send("text +15550100008 Code 123456") == ACCEPTED
        wait_for(lambda: '"state":"delivered"' in one.log.read_text(), what="a receipt")
        one.close()
        seen = [json.loads(line) for line in peer.stdout]
    finally:
        peer.kill()
        peer.wait()
        peer.stdout.close()
    wake, text = (pdu for pdu in seen if "octets" in pdu)
    assert seen[0] == {"bind": Providers.SYSTEM_ID, "password": "", "version": 0x34}
    assert wake["octets"] == UDH + WAKE.encode().hex() and wake["esm_class"] == 0x40 and wake["data_coding"] == 4 and wake["registered"] == 0
    assert bytes.fromhex(text["octets"]).decode() == "Code 123456" and text["esm_class"] == 0 and text["registered"] == 1
    assert {"answer": 5, "status": 0} in seen and seen[-1] == {"unbind": True}


GATEWAY = """
[default]
sms = gateway

[sms gateway]
url = {sms.url}
user = openes
password_file = {password}
sender = Demo
ca_file = {ca}
"""


def get_code(logins, number, read):
    """Asks for one, and logs in with what came."""
    logins.tenant(sms_code=True)
    with contextlib.closing(logins.client()) as client:
        first = client.get(params(msisdn=number, app="ap2009"))
        assert first.status == 200
        code = re.search(r"\d{6}", read()).group()
        answer = client.get({"OTP": code}, headers={"Cookie": first.cookie()})
        assert answer.status == 200 and list(answer.apps()) == ["ap2009"]


def test_a_code_goes_by_the_bind_that_the_tenants_rules_name(providers, tmp_path):
    """V12-OTP-01"""
    section = (f"[default]\nsms = one\n\n[smsc one]\nhost = 127.0.0.1\nport = {providers.smsc.port}\nca_file = {providers.ca}\n"
               f"system_id = {Providers.SYSTEM_ID}\npassword_file = {providers.smsc_password}\n")
    with Logins(tmp_path, node=False, channels=section) as logins:
        get_code(logins, "+15550000001", lambda: providers.smsc.wait_taken("15550000001")[0]["text"])
        assert not logins.sms.texts


def test_a_code_goes_by_the_gateway_that_the_tenants_rules_name(tmp_path):
    """V12-OTP-01"""
    with Logins(tmp_path, node=False, channels=GATEWAY) as logins:
        get_code(logins, "+15550000001", lambda: logins.sms.code(1))
        assert logins.sms.texts[0]["from"] == "Demo" and logins.sms.seen[0][0].startswith("Basic ")

"""SM-DP+s that tell what became of downloads (docs/smdp.md): who may, what is asked of them, and what they hear when nobody can take it; and
the stand-in of an SM-DP+ itself, which the tests of orders lean on."""

import http.client
import json
import ssl
import subprocess
import sys

import pytest
from bss_stack import client_certificate
from stack import BIN, ROOT, Stack, free_port

sys.path.insert(0, str(ROOT / "tests/peers"))
from smdp import Notifier, Profiles, Refused, SmDp, new_eid, notice  # noqa: E402

PROGRESS = "/gsma/rsp2/es2plus/handleDownloadProgressInfo"
JSON = {"Content-Type": "application/json", "X-Admin-Protocol": "gsma/rsp/v2.2.0"}


def documented(**changes):
    """Keys of the section [gateway] of docs/smdp.md, with other values."""
    text = (ROOT / "docs/smdp.md").read_text().split("[gateway]\n", 1)[1].split("```", 1)[0]
    keys = dict(line.split(" = ", 1) for line in text.splitlines())
    assert keys.keys() == changes.keys()
    return changes


def settings(keys):
    return documented(es2_listen=f"127.0.0.1:{free_port()}", es2_cert_file=keys / "server.crt", es2_key_file=keys / "server.key",
                      es2_client_ca_file=keys / "ca.crt")


class Front:
    """The gateway's address for SM-DP+s, with a certificate that may come there."""

    def __init__(self, running, keys):
        self.running, self.keys = running, keys
        self.port = int(keys["es2_listen"].split(":")[1])
        self.cert, self.key = client_certificate(running.keys)
        self.url = f"https://127.0.0.1:{self.port}"

    def notifier(self, **more):
        return Notifier(self.url, self.running.ca, self.cert, self.key, **more)

    def ask(self, method="POST", path=PROGRESS, body=b"{}", headers=None, pair=True):
        """Status and headers; `pair`: certificate and key, True: ours, None: none."""
        context = ssl.create_default_context(cafile=self.running.ca)
        context.check_hostname = False
        if pair:
            context.load_cert_chain(*((self.cert, self.key) if pair is True else pair))
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=20)
        try:
            connection.request(method, path, body, JSON if headers is None else headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status, dict(answer.headers)
        finally:
            connection.close()


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    folder = tmp_path_factory.mktemp("es2")
    keys = settings(folder / "keys")
    running = Stack(folder, overrides={"gateway": keys}, peers_die=True)
    try:
        yield Front(running.start(), keys)
    finally:
        running.stop()


def alien(folder):
    """A certificate that calls itself as ours does, and that its own key has signed."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=openes", "-days", "2",
                    "-keyout", folder / "alien.key", "-out", folder / "alien.crt"], check=True, capture_output=True)
    return folder / "alien.crt", folder / "alien.key"


def test_only_who_has_a_certificate_of_the_authority_is_heard(front, tmp_path):
    assert front.ask(pair=None)[0] == 403
    assert front.ask(pair=alien(tmp_path))[0] == 403
    assert front.ask(pair=(front.running.keys / "server.crt", front.running.keys / "server.key"))[0] == 403, "it is for servers"


@pytest.mark.parametrize("asked,status", [
    ({"path": "/"}, 404), ({"path": "/gsma/rsp2/es2plus/downloadOrder"}, 404), ({"path": PROGRESS + "/"}, 404), ({"method": "GET", "body": None}, 405),
    ({"method": "PUT"}, 405), ({"headers": {"Content-Type": "text/xml"}}, 415), ({"headers": {}}, 415), ({"body": b" " * 70000}, 413),
], ids=str)
def test_what_is_no_notification_is_refused_by_its_form(front, asked, status):
    code, headers = front.ask(**asked)
    assert code == status and (code != 405 or headers["Allow"] == "POST")


@pytest.mark.parametrize("form", ["v2", "v3", "texts"])
def test_while_esim_is_away_a_notification_stays_with_its_sender(front, form):
    """None is lost: 204 means that it was committed, and there is none."""
    notifier, stock = front.notifier(form=form), Profiles({"gold": 1})
    front.running["esim0"].kill()
    try:
        notifier.tell(stock.download_order(new_eid(), None, "gold"), 4)
        assert notifier.sent[-1][2] == 503 and len(notifier.undelivered) == 1
        status, headers = notifier.post(*notifier.undelivered[0])
        assert status == 503 and headers["Retry-After"] == "30" and headers["X-Admin-Protocol"] == "gsma/rsp/v2.5.0"
    finally:
        front.running["esim0"].start()
    assert front.running["gateway0"].metric('openes_es2_requests_total{result="unavailable"') >= 2


def test_a_version_that_is_none_is_not_repeated(front):
    headers = front.ask(path="/", headers={**JSON, "X-Admin-Protocol": "something"})[1]
    assert "X-Admin-Protocol" not in headers
    assert front.ask(path="/")[1]["X-Admin-Protocol"] == JSON["X-Admin-Protocol"]


@pytest.mark.parametrize("missing", ["es2_cert_file", "es2_key_file", "es2_client_ca_file"])
def test_the_gateway_does_not_open_that_address_without_certificates(front, tmp_path, missing):
    keys = {**front.keys, "bus_key_file": front.running.keys / "bus.key", "pseudonym_key_file": front.running.keys / "pseudonym.key"}
    keys.pop(missing)
    config = tmp_path / "gateway.conf"
    config.write_text("[gateway]\n" + "".join(f"{name} = {value}\n" for name, value in keys.items()))
    done = subprocess.run([BIN / "openes-gateway", "--config", config], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "es2_client_ca_file" in done.stderr + done.stdout


# ---- the stand-in


def es2(dp, function, call="1", **members):
    """As whoever orders asks it."""
    connection = http.client.HTTPConnection("127.0.0.1", dp.port, timeout=20)
    body = {"header": {"functionRequesterIdentifier": dp.requester, "functionCallIdentifier": call}, **members}
    try:
        connection.request("POST", f"/gsma/rsp2/es2plus/{function}", json.dumps(body), JSON)
        answer = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    status = answer["header"]["functionExecutionStatus"]
    codes = status.get("statusCodeData")
    return (f"{codes['subjectCode']}/{codes['reasonCode']}" if codes else status["status"]), answer


def test_the_stand_in_takes_a_profile_to_one_phone_and_tells_of_each_point():
    told, eid = [], new_eid()

    class Listener:
        def tell(self, profile, point, refused=None, **more):
            told.append((notice(profile, point, refused, **more)[1]["notificationPointId"], refused and refused.reason))

    with SmDp(stock={"gold": 1}) as dp:
        dp.notifier = Listener()
        iccid = es2(dp, "downloadOrder", profileType="gold", eid=eid)[1]["iccid"]
        assert es2(dp, "downloadOrder", profileType="gold")[0] == "8.2.5/3.7"
        assert es2(dp, "confirmOrder", iccid=iccid, matchingId="A-1", confirmationCode="1234", releaseFlag=False)[1]["smdpAddress"] == "smdp.example"
        with pytest.raises(Refused):
            dp.download("1$smdp.example$A-1", eid, "1234")
        assert es2(dp, "releaseProfile", iccid=iccid)[0] == "Executed-Success"
        for phone, code in ((new_eid(), "1234"), (eid, None), (eid, "4321")):
            with pytest.raises(Refused):
                dp.download("1$smdp.example$A-1", phone, code)
        assert dp.download("1$smdp.example$A-1", eid, "1234").state == "Installed"
        assert es2(dp, "cancelOrder", iccid=iccid, eid=eid, matchingId="A-1", finalProfileStatusIndicator="Available")[0] == "8.2.1/3.3"
        dp.enable(iccid.rstrip("F"))
        dp.check()
    assert told == [(1, "3.10"), (1, None), (2, "2.2"), (1, None), (2, "3.8"), (1, None), (2, None), (3, None), (4, None), (101, None)]


def test_the_stand_in_acts_and_forgets_to_answer_or_does_not_act():
    with SmDp(stock={"gold": 5}) as dp:
        for told, handed_out in (({"lose": True}, 1), ({"drop": True}, 1), ({"status": 503}, 1), ({"code": ("8.2.5", "1.2")}, 1), ({}, 2)):
            dp.say(times=1, **told)
            try:
                es2(dp, "downloadOrder", profileType="gold")
            except (OSError, http.client.HTTPException, KeyError):
                pass
            assert dp.handed_out == handed_out, told
        dp.remembers = True
        first, second = (es2(dp, "downloadOrder", call="same", profileType="gold")[1] for _ in range(2))
        assert first == second and dp.handed_out == 3
        dp.check()


def test_the_stand_in_says_what_must_never_be():
    with SmDp(stock={"gold": 1}) as dp:
        es2(dp, "confirmOrder", iccid=next(iter(dp.profiles.all)), matchingId="with spaces")
        assert dp.violations == ["confirmOrder without releaseFlag"]
        dp.profiles.handed += [(next(iter(dp.profiles.all)), new_eid()) for _ in range(2)]
        dp.profiles.matching_ids += ["A-1", "A-1"]
        with pytest.raises(AssertionError, match="given twice.*2 EIDs"):
            dp.check()

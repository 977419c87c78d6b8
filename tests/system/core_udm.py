"""The UDM and NRF of tests/peers/udm.py as a process of a test.

    with Udm() as udm:            # Udm(pki): over TLS with client certificates (core.py's Pki), and nobody is served without the NRF's token
        udm.control(status=404, cause="USER_NOT_FOUND")
        ...
        assert udm.seen("/nudm-ueau")
"""

import json
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path

PEER = Path(__file__).resolve().parent.parent / "peers" / "udm.py"


class Udm:
    def __init__(self, pki=None, port=0):
        self._pki, self._port = pki, port
        self._process, self.url = None, None

    def start(self):
        """Listens when it returns; after stop() again on the same port."""
        command = [sys.executable, str(PEER), "--port", str(self._port)]
        if self._pki:
            command += ["--cert", self._pki.file("udm.pem"), "--key", self._pki.file("udm.key"),
                        "--client-ca", self._pki.file("core-ca.pem")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        said = self._process.stdout.readline().split()
        if said[:1] != ["port"]:
            raise RuntimeError(f"{PEER} did not start: {said}")
        self._port = int(said[1])
        self.url = f"{'https' if self._pki else 'http'}://127.0.0.1:{self._port}"
        self.control()
        return self

    def stop(self):
        if self._process:
            self._process.stdin.close()
            self._process.wait(timeout=10)
            self._process.stdout.close()
            self._process = None

    @property
    def pid(self):
        return self._process.pid

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def control(self, **what):
        """What it does from now on, nothing: as it should. See tests/peers/udm.py."""
        self._ask("/control", {**({"token_required": True} if self._pki else {}), **what})

    def subscribers(self, keys):
        """More of them: {imsi: (K, OPc)} in hexadecimal digits."""
        self._ask("/subscribers", keys)

    def seen(self, prefix="/"):
        """Requests since the last control(), oldest first: path, protocol, headers, body, connection, client (of the certificate)."""
        return [request for request in self._ask("/seen") if request["path"].startswith(prefix)]

    def _ask(self, path, body=None):
        context = None
        if self._pki:
            context = ssl.create_default_context(cafile=self._pki.file("core-ca.pem"))
            context.load_cert_chain(self._pki.file("udm.pem"), self._pki.file("udm.key"))
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(self.url + path, data, timeout=10, context=context) as answer:
            return json.load(answer)

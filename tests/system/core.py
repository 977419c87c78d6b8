"""A core network for tests: HSSs and AAAs on Erlang's Diameter stack, and openes-diameter with the configuration of the docs."""

import json
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import threading
import urllib.parse
from pathlib import Path

from stack import BIN, FAULT, ROOT, free_port, wait_for
from usim import TEST_SETS

PEERS = ROOT / "tests/peers"
AMF_SQN = 0x20
SUBSCRIBERS = [(f"0010100000000{n:02}", *TEST_SETS[(n - 1) % 6], n << 12, f"4917000000{n:02}", n % 2) for n in range(1, 13)]


def build(folder):
    """Compiles the peers; Erlang finds its own packages."""
    folder.mkdir()
    codecs = ",".join(f'"{PEERS}/{name}.dia"' for name in ("core_swx", "core_swm", "core_s13"))
    subprocess.run(["erl", "-noshell", "-eval", f'[ok = diameter_make:codec(F, [{{outdir, "{folder}"}}]) || F <- [{codecs}]], halt().'],
                   check=True, timeout=120)
    subprocess.run(["erlc", "-o", folder, *folder.glob("*.erl"), *PEERS.glob("core_*.erl")], check=True, timeout=240, capture_output=True)
    return folder


def has_sctp():
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132).close()
        return True
    except OSError:
        return False


class Peer:
    """One HSS or AAA. Peers with an `ind` of their own (TS 33.102 annex C) give out sequence numbers that do not meet."""

    def __init__(self, folder, ebin, name, role, *, ind=0, subscribers=SUBSCRIBERS, **more):
        self.name, self.host, self.role, self.ebin = name, f"{name}.example.org", role, ebin
        self.subscribers = [(i, k, o, sqn + ind, number, access) for i, k, o, sqn, number, access in subscribers]
        self.port, self.control_port, self.more = free_port(), free_port(), more
        self.config, self.log_path = folder / f"{name}.config", folder / f"{name}.log"
        self.popen = None

    def start(self):
        rows = ", ".join(f'{{"{i}", "{k}", "{o}", {sqn}, "{number}", {access}}}' for i, k, o, sqn, number, access in self.subscribers)
        more = "".join(f"{{{key}, {value}}}.\n" for key, value in self.more.items())
        self.config.write_text(f'{{role, {self.role}}}.\n{{host, "{self.host}"}}.\n{{realm, "example.org"}}.\n{{port, {self.port}}}.\n'
                               f"{{control, {self.control_port}}}.\n{{subscribers, [{rows}]}}.\n{more}")
        with open(self.log_path, "ab") as log:
            self.popen = subprocess.Popen(["erl", "-noshell", "+S", "1", "-pa", self.ebin, "-s", "core_peer", "main", self.config],
                                          stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, "ERL_CRASH_DUMP": "/dev/null"})
        def listens():
            assert self.popen.poll() is None, self.log_path.read_text()
            try:
                socket.create_connection(("127.0.0.1", self.control_port), 1).close()
                return True
            except OSError:
                return False
        wait_for(listens, 60, f"{self.name} listens")
        return self

    def do(self, command):
        """One command of core_peer.erl, its answer."""
        with socket.create_connection(("127.0.0.1", self.control_port), 20) as s:
            s.sendall(command.encode() + b"\n")
            return s.makefile().readline().strip()

    def set(self, **values):
        for key, value in values.items():
            assert self.do(f"set {key} {value}") == "ok"

    def count(self, name):
        return int(self.do(f"count {name}"))

    def kill(self):
        self.popen.kill()
        self.popen.wait()

    def stop(self):
        if self.popen is not None and self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()


def documented(ports, page="core-network.md", **changes):
    """The core file of a page of docs/ with addresses and ports of this machine; changes = {"swx home": {"timeout": "1s"}}."""
    text = re.search(r"```ini\n(\[diameter\].*?)```", (ROOT / "docs" / page).read_text(), re.S).group(1)
    out, section = [], None
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            kind, _, name = section.partition(" ")
            out.append(line)
            if kind == "peer":
                out += ["address = 127.0.0.1", f"port = {ports.get(name) or free_port()}"]
            out += [f"{key} = {value}" for key, value in changes.get(section, {}).items()]
            continue
        key = line.split(" = ")[0]
        if (section.startswith("peer ") and key in ("address", "port")) or key in changes.get(section, {}):
            continue
        out.append(line)
    return "\n".join(out) + "\n"


def documented_udm(url, pki, **changes):
    """The UDM's section of docs/core-network.md with another host and port, files of `pki`, and changes of single keys."""
    section, text = re.search(r"```ini\n(\[udm .*?\]\n)(.*?)```", (ROOT / "docs/core-network.md").read_text(), re.S).groups()
    keys = dict(line.split(" = ") for line in text.splitlines())
    for key, value in keys.items():
        if key.endswith("url"):
            keys[key] = url + urllib.parse.urlsplit(value).path
        elif key.endswith("_file"):
            keys[key] = pki.file(Path(value).name)
    return section + "".join(f"{key} = {value}\n" for key, value in {**keys, **changes}.items())


class Pki:
    """An authority in a folder of its own, core-ca.pem, and what it has issued."""

    def __init__(self, folder):
        folder.mkdir(exist_ok=True)
        self._dir = folder
        self._run("req", "-x509", *self.KEY, "-keyout", "core-ca.key", "-out", "core-ca.pem", "-days", "2", "-subj", "/CN=test ca",
                  "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")

    def _run(self, *args):
        subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=self._dir)

    def issue(self, file, name):
        """FILE.pem and FILE.key, issued to a host's name or to an address."""
        kind = "IP" if re.fullmatch(r"[0-9.]+", name) else "DNS"
        self._run("req", *self.KEY, "-keyout", f"{file}.key", "-out", f"{file}.csr", "-subj", f"/CN={name}")
        (self._dir / f"{file}.ext").write_text(f"subjectAltName={kind}:{name}\nbasicConstraints=critical,CA:FALSE\n"
                                               "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n")
        self._run("x509", "-req", "-in", f"{file}.csr", "-CA", "core-ca.pem", "-CAkey", "core-ca.key", "-CAcreateserial", "-days", "2",
                  "-out", f"{file}.pem", "-extfile", f"{file}.ext")
        return self

    def file(self, name):
        return str(self._dir / name)


class Diameter:
    """openes-diameter, beside a dia_probe that plays auth."""

    def __init__(self, folder, core_text):
        self.dir = folder
        self.sock = Path(f"/tmp/openes-dia-{os.getpid()}-{id(self) % 100000}")
        self.sock.mkdir(mode=0o700)
        self.log_path, self.ops_port = folder / "diameter.log", free_port()
        key = folder / "bus.key"
        key.touch(0o600)
        key.write_text(os.urandom(32).hex() + "\n")
        (folder / "core.conf").write_text(core_text)
        self.url, self.auth_url = f"ipc://{self.sock}/diameter", f"ipc://{self.sock}/auth"
        self.env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=1", "LSAN_OPTIONS": f"suppressions={ROOT}/tests/lsan.supp:print_suppressions=0",
                    "OPENES_DIAMETER_BUS_KEY_FILE": str(key), "OPENES_DIAMETER_CORE_FILE": str(folder / "core.conf"),
                    "OPENES_DIAMETER_BUS_LISTEN": self.url, "OPENES_DIAMETER_AUTH_TARGET": self.auth_url, "OPENES_DIAMETER_INSTANCE": "auth0",
                    "OPENES_DIAMETER_OPS_LISTEN": f"127.0.0.1:{self.ops_port}", "OPENES_DIAMETER_LOG_LEVEL": "debug",
                    "OPENES_DIAMETER_LOG_FORMAT": "json"}
        self.popen = self.probe = None
        self.events, self._answers, self._number = queue.Queue(), {}, 0
        self._changed = threading.Condition()

    def start(self, open_peers=()):
        with open(self.log_path, "ab") as log:
            self.popen = subprocess.Popen([BIN / "openes-diameter"], env=self.env, stderr=log, stdout=log, stdin=subprocess.DEVNULL)
        self.probe = subprocess.Popen([BIN / "dia_probe", self.dir / "bus.key", self.url, self.auth_url], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True, bufsize=1)
        threading.Thread(target=self._read, daemon=True).start()
        self.wait_open(*open_peers)
        return self

    def _read(self):
        for line in self.probe.stdout:
            answer = json.loads(line)
            if "event" in answer:
                self.events.put(answer)
                continue
            with self._changed:
                self._answers[answer["tag"]] = answer
                self._changed.notify_all()

    def begin(self, *words):
        """Asks without waiting; the tag is for end()."""
        self._number += 1
        tag = f"t{self._number}"
        self.probe.stdin.write(" ".join(map(str, (tag, *words))) + "\n")
        self.probe.stdin.flush()
        return tag

    def end(self, tag, seconds=40):
        with self._changed:
            assert self._changed.wait_for(lambda: tag in self._answers, seconds), "no answer of dia_probe"
            return self._answers.pop(tag)

    def ask(self, *words):
        return self.end(self.begin(*words))

    def wait_open(self, *names):
        def is_open():
            assert self.popen.poll() is None, f"openes-diameter ended:\n{self.log()[-3000:]}"
            peers = self.ask("status", 2000).get("peers")
            return peers is not None and all(peers[name] for name in names)
        wait_for(is_open, 40, f"{names} open")

    def metric(self, name):
        import urllib.request
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.ops_port}/metrics", timeout=5).read().decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))

    def log(self):
        return self.log_path.read_text(errors="replace")

    def stop(self):
        """Says what was wrong with the end."""
        wrong = []
        if self.probe is not None:
            self.probe.stdin.close()
            self.probe.wait(20)
        if self.popen is not None and self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(30)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        if self.popen is not None and self.popen.returncode != 0:
            wrong.append(f"exited {self.popen.returncode}")
        if FAULT.search(self.log().encode()):
            wrong.append("sanitizer")
        shutil.rmtree(self.sock, ignore_errors=True)
        assert not wrong, f"openes-diameter: {wrong}\n{self.log()[-6000:]}"

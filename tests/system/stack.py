"""Starts the real five processes for a test, any number of replicas of each, and watches how they end."""

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("OPENES_TEST_BIN", ROOT / "build/asan/bin"))
FAULT = re.compile(rb"(ERROR|WARNING): (Address|Leak|Thread|Undefined)[A-Za-z]*Sanitizer|runtime error:|Assertion .* failed|panic:")

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 8  # tests run side by side: each has ports of its own
# Below those that the kernel gives to outgoing connections.
_PORTS = random.sample(range(10240 + 2700 * _WORKER, 10240 + 2700 * (_WORKER + 1)), k=2700)


def free_port():
    """Not given out before, and nobody's now."""
    while True:
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", _PORTS.pop()))
                return s.getsockname()[1]
            except OSError:
                continue


def wait_for(condition, seconds=20, what="condition", every=0.02):
    """Polls; the bound only ends a failing test."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(every)


class Threads:
    """Each of `tasks` in a thread of its own, at once; none of them keeps the tests from ending."""

    def __init__(self, *tasks):
        self._wrong = []
        self._threads = [threading.Thread(target=self._run, args=(task,), daemon=True) for task in tasks]
        for thread in self._threads:
            thread.start()

    def _run(self, task):
        try:
            task()
        except BaseException as wrong:  # of an assertion, too: join() is where it is seen
            self._wrong.append(wrong)

    def join(self, seconds=60):
        """Until all of them are through; what went wrong in one goes wrong here."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0, deadline - time.monotonic()))
        if self._wrong:
            raise self._wrong[0]
        assert not any(thread.is_alive() for thread in self._threads), f"a thread is not through within {seconds} s"


class Postgresql:
    """Debian's PostgreSQL with a throw-away cluster, started as ./openes test does for the unit tests."""

    def __init__(self):
        self.folder = Path(f"/tmp/openes-pg-{os.getpid()}")  # unix socket paths are short, and its user must reach it
        self._count = 0

    def _script(self, command):
        part = ROOT / "tools/openes.d"
        return subprocess.run(["bash", "-ec", f"source {part}/say.sh; source {part}/test.sh; {command}"], check=True, capture_output=True, text=True,
                              env={**os.environ, "ROOT": str(ROOT)}, timeout=120).stdout

    def start(self):
        self._script(f"postgres_start {self.folder}")
        return self

    def stop(self):
        self._script(f"postgres_stop {self.folder}")

    def restart(self, mode):
        """"fast" ends connections, "immediate" is a crash."""
        self._script(f"postgres_restart {self.folder} {mode}")

    def sql(self, database, statement):
        return subprocess.run(["psql", "-h", self.folder, "-U", "openes", "-d", database, "-Atqc", statement], check=True, capture_output=True,
                              text=True, timeout=60).stdout

    def databases(self):
        """One new database for each process that has one: what Stack wants as `db`."""
        self._count += 1
        names = {service: f"{service}_{self._count}" for service in ("auth", "policy", "esim", "notify")}
        for name in names.values():
            self.sql("postgres", f"create database {name}")
        return {service: f"postgresql://openes@/{name}?host={self.folder}" for service, name in names.items()}


class Process:
    """One process of the server."""

    def __init__(self, stack, service, instance, config, ops_port):
        self.stack, self.service, self.instance, self.ops_port = stack, service, instance, ops_port
        self.config, self.log_path = config, stack.dir / f"{instance}.log"
        self.popen, self.was_killed = None, False

    def start(self, wait=True):
        self.was_killed = False
        with open(self.log_path, "ab") as log:
            self.popen = subprocess.Popen([BIN / f"openes-{self.service}", "--config", self.config], stderr=log, stdout=log,
                                          stdin=subprocess.DEVNULL, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=1", **self.stack.environment})
        if wait:
            self.wait_ready()
        return self

    def http(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ops_port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def wait_ready(self):
        def ready():
            assert self.popen.poll() is None, f"{self.instance} ended:\n" + self.log()[-2000:]
            return self.http("/readyz")[0] == 200
        wait_for(ready, 30, f"{self.instance} ready")

    def metric(self, name):
        """Sum of all series whose name (and labels, when given) begin so."""
        total = 0.0
        for line in self.http("/metrics")[1].splitlines():
            if line.startswith(name):
                total += float(line.rsplit(" ", 1)[1])
        return total

    def log(self):
        return self.log_path.read_text(errors="replace")

    def kill(self):
        """kill -9: as a power cut for this process."""
        self.popen.kill()
        self.popen.wait()
        self.was_killed = True

    def stop(self):
        """SIGTERM; says whether it ended as it should. One that the test killed and left dead did."""
        if self.popen is None or self.was_killed:
            return 0
        if self.popen.poll() is not None:
            return self.popen.returncode
        self.popen.send_signal(signal.SIGTERM)
        try:
            return self.popen.wait(30)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            return -9


class Stack:
    """The server on free ports in a folder of its own. `replicas` = {"auth": 2}; `overrides` = {"auth": {"key": "value"}}. `device_port`: of the first
    gateway, where its URL has to be known before."""

    def __init__(self, folder, replicas=None, overrides=None, db="sqlite", peers_die=False, device_port=None):
        self.dir, self.device_port = Path(folder), device_port
        self.environment = {"LSAN_OPTIONS": f"suppressions={ROOT}/tests/lsan.supp:print_suppressions=0"} if peers_die else {}
        self.dir.mkdir(parents=True, exist_ok=True)
        self.replicas, self.overrides, self.db = replicas or {}, overrides or {}, db
        self.keys = self.dir / "keys"
        # make_keys is the one ./openes up uses
        subprocess.run(["bash", "-ec", f"ROOT={ROOT}; source {ROOT}/tools/openes.d/keys.sh; make_keys {self.keys}"], check=True)
        self.ca = str(self.keys / "ca.crt")
        self.admin_token = (self.keys / "admin.token").read_text().strip()
        self.processes = {}
        self._sock = Path(f"/tmp/openes-test-{os.getpid()}-{id(self) % 100000}")  # unix socket paths are short
        self._sock.mkdir(mode=0o700)

    def target(self, service):
        return ",".join(f"ipc://{self._sock}/{service}{i}" for i in range(self.replicas.get(service, 1)))

    def _db(self, service):
        return f"sqlite:{self.dir}/{service}.db" if self.db == "sqlite" else self.db[service]

    def _settings(self, service, i):
        k, out = self.keys, {"bus_key_file": self.keys / "bus.key", "pseudonym_key_file": self.keys / "pseudonym.key", "log_format": "json",
                             "instance": f"{service}{i}", "log_level": "debug"}
        if service != "gateway":
            out["bus_listen"] = f"ipc://{self._sock}/{service}{i}"
            out["db"] = self._db(service)
        events = ",".join(f"ipc://{self._sock}/policy-events{n}" for n in range(self.replicas.get("policy", 1)))
        esim_events = ",".join(f"ipc://{self._sock}/esim-events{n}" for n in range(self.replicas.get("esim", 1)))
        links = {f"{s}_target": self.target(s) for s in ("auth", "policy", "esim", "notify")}
        out.update({
            "policy": {"events_listen": f"ipc://{self._sock}/policy-events{i}", "token_keys_file": k / "token.keys", "admin_token_file": k / "admin.token",
                       "auth_target": links["auth_target"], "esim_target": links["esim_target"]},
            "auth": {"session_keys_file": k / "session.keys", "token_keys_file": k / "token.keys", "auc_keys_file": k / "auc.keys",
                     "transport_key_file": k / "transport.key", "policy_target": links["policy_target"], "policy_events": events,
                     "notify_target": links["notify_target"],
                     # a few SIMs play many: tests of the limits set them
                     "imsi_challenges_per_minute": 0, "imsi_resyncs_per_hour": 0, "failures_per_hour": 0},
            "esim": {"events_listen": f"ipc://{self._sock}/esim-events{i}", "profile_keys_file": k / "profile.keys", "policy_target": links["policy_target"], "policy_events": events},
            "notify": {"push_keys_file": k / "push.keys", "policy_target": links["policy_target"], "policy_events": events,
                       "esim_target": links["esim_target"], "esim_events": esim_events},
            "gateway": {"device_cert_file": k / "server.crt", "device_key_file": k / "server.key", "ticket_key_file": k / "ticket.key",
                        "admin_cert_file": k / "server.crt", "admin_key_file": k / "server.key", "server_cert_file": k / "server.crt",
                        "server_key_file": k / "server.key", **links},
        }[service])
        return {**out, **self.overrides.get(service, {})}

    def _make(self, service, i):
        instance, ops = f"{service}{i}", free_port()
        settings = self._settings(service, i)
        settings["ops_listen"] = f"127.0.0.1:{ops}"
        process_ports = {}
        if service == "gateway":
            process_ports = {"port": i == 0 and self.device_port or free_port(), "admin_port": free_port(), "server_port": free_port()}
            settings["device_listen"] = f"127.0.0.1:{process_ports['port']}"
            settings["admin_listen"] = f"127.0.0.1:{process_ports['admin_port']}"
            settings["server_listen"] = f"127.0.0.1:{process_ports['server_port']}"
        config = self.dir / f"{instance}.conf"
        config.write_text(f"[{service}]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items()))
        process = Process(self, service, instance, config, ops)
        process.__dict__.update(process_ports)
        self.processes[instance] = process
        return process

    def start(self):
        for service in ("policy", "auth", "esim", "notify", "gateway"):
            for i in range(self.replicas.get(service, 1)):
                self._make(service, i).start(wait=False)
        for process in self.processes.values():
            process.wait_ready()
        self.port = self.processes["gateway0"].port
        self.admin_port = self.processes["gateway0"].admin_port
        self.server_port = self.processes["gateway0"].server_port
        return self

    def __getitem__(self, instance):
        return self.processes[instance]

    def env(self):
        return {**os.environ, "OPENES_ADMIN_URL": f"https://127.0.0.1:{self.admin_port}", "OPENES_CA": self.ca, "OPENES_ADMIN_TOKEN": self.admin_token}

    def ctl(self, *args, check=True, stdin=None):
        done = subprocess.run([BIN / "openesctl", *map(str, args)], env=self.env(), capture_output=True, text=True, timeout=120, input=stdin)
        if check:
            assert done.returncode == 0, f"openesctl {' '.join(map(str, args))}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def load_demo(self):
        demo = ROOT / "deploy/demo"
        self.ctl("tenant", "set", demo / "tenant.json")
        for plan in sorted(demo.glob("plan-*.json")):
            self.ctl("plan", "set", "--tenant", "demo", plan)
        self.ctl("subscriber", "import", "--tenant", "demo", demo / "subscribers.csv")
        return self

    def stop(self):
        """Ends everything and says what was wrong: exit codes and sanitizer reports."""
        wrong = []
        for service in ("gateway", "auth", "esim", "notify", "policy"):
            for process in self.processes.values():
                if process.service != service:
                    continue
                code = process.stop()
                if code != 0:
                    wrong.append(f"{process.instance} exited {code}")
                if process.log_path.exists() and FAULT.search(process.log_path.read_bytes()):
                    wrong.append(f"{process.instance}:\n{process.log()[-6000:]}")
        shutil.rmtree(self._sock, ignore_errors=True)
        assert not wrong, "\n".join(wrong)

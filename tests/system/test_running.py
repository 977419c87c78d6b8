"""./openes as a stranger uses it: up, status, logs, demo, down, with the programs that are built already."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
from stack import BIN, FAULT, ROOT, wait_for

SERVICES = ("policy", "auth", "esim", "notify", "gateway")


def free_ports():
    """A port for devices, one for operators, and the first of five in a row."""
    for first in range(20000 + os.getpid() % 10000, 60000, 8):
        sockets = []
        try:
            for port in range(first, first + 7):
                sockets.append(socket.socket())
                sockets[-1].bind(("127.0.0.1", port))
            return first, first + 1, first + 2
        except OSError:
            continue
        finally:
            for s in sockets:
                s.close()
    raise AssertionError("no seven free ports in a row")


class Script:
    """The script with a run folder and ports of its own."""

    def __init__(self):
        self.run = Path(tempfile.mkdtemp(prefix="openes-run "))  # a space in the path is no trouble
        self.port, self.admin_port, self.ops_port = free_ports()

    def __call__(self, *args, code=0):
        env = {k: v for k, v in os.environ.items() if not k.startswith("OPENES_")}
        # runit sends SIGCONT after SIGTERM, in the midst of the leak checker's own stops, which then hang; the other tests check leaks.
        env.update(OPENES_RUN=str(self.run), OPENES_BIN=str(BIN), OPENES_SUPERVISOR="runit", LC_ALL="C.UTF-8", ASAN_OPTIONS="detect_leaks=0")
        done = subprocess.run([ROOT / "openes", *map(str, args)], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300)
        assert code is None or done.returncode == code, f"openes {args}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def up(self, *args, **kwargs):
        return self("up", "--port", self.port, "--admin-port", self.admin_port, "--ops-port", self.ops_port, *args, **kwargs)

    def status(self):
        """Lists of the words of each line of `status`."""
        return [line.split() for line in self("status", code=None).splitlines()[1:]]

    def pids(self):
        return {words[0]: int(words[1]) for words in self.status() if words[1] != "-"}

    def is_ready(self):
        return [words[-1] for words in self.status()] == ["ready"] * 5

    def sourced(self, command):
        """A command of a shell that has sourced openes.env, as the operator's scripts do."""
        return subprocess.run(["bash", "-ec", f"source '{self.run}/openes.env'; {command}"], capture_output=True, text=True,
                              timeout=60, env={"PATH": f"{BIN}:{os.environ['PATH']}"})

    def left(self):
        """Processes that still have to do with the run folder."""
        found = []
        for proc in Path("/proc").glob("[0-9]*"):
            try:
                if str(self.run).encode() in (proc / "cmdline").read_bytes() or str(self.run) in os.readlink(proc / "cwd"):
                    found.append((proc / "cmdline").read_bytes())
            except OSError:
                continue
        return found

    def close(self):
        self("down")
        left = self.left()
        logs = b"".join(log.read_bytes() for log in self.run.glob("log/*/current"))
        shutil.rmtree(self.run)
        assert not left
        assert not FAULT.search(logs), logs[-4000:].decode(errors="replace")


@pytest.fixture
def script():
    made = Script()
    yield made
    made.close()


@pytest.fixture(scope="module")
def server():
    made = Script()
    try:
        made.first_output = made.up()
        yield made
    finally:
        made.close()


def test_up_shows_an_authentication_and_where_the_server_is(server):
    out = server.first_output
    assert "EAP-Request/AKA-Challenge" in out and "EntitlementStatus      1" in out
    assert f"https://localhost:{server.port}/" in out and f"https://localhost:{server.admin_port}/v1/" in out
    assert server.is_ready()


def test_openes_env_is_all_a_script_needs(server):
    assert oct((server.run / "openes.env").stat().st_mode & 0o777) == "0o600"
    listed = server.sourced("openesctl subscriber list --tenant demo --json")
    assert listed.returncode == 0, listed.stderr
    assert "001010000000012" in listed.stdout
    answer = server.sourced('curl -sS --cacert "$OPENES_CA" -o /dev/null -w "%{http_code}" "$OPENES_URL?terminal_id=356938035643809"')
    assert answer.stdout in ("400", "511"), answer.stderr
    answer = server.sourced('curl -sS --cacert "$OPENES_CA" -H "Authorization: Bearer $OPENES_ADMIN_TOKEN" "$OPENES_ADMIN_URL/v1/tenants"')
    assert '"demo"' in answer.stdout, answer.stderr


def test_a_second_up_keeps_what_runs(server):
    pids = server.pids()
    assert len(pids) == 5
    assert "EAP-Request/AKA-Challenge" in server("up"), "the ports of the first are remembered"
    assert server.pids() == pids


def test_demo_takes_the_options_of_openes_phone(server):
    assert "A document with a token after 2 requests" in server("demo")
    assert "SYNC" in server("demo", "--sqn", "000010000000").upper()
    assert "The document (JSON)" in server("demo", "--accept", "json")
    server("demo", "--wrong-key", code=1)


@pytest.mark.parametrize("victim", SERVICES)
def test_a_process_that_dies_is_restarted_and_no_other(server, victim):
    before = server.pids()
    os.kill(before[victim], signal.SIGKILL)
    wait_for(lambda: server.pids().get(victim, before[victim]) != before[victim], 30, f"another {victim}")
    wait_for(server.is_ready, 30, "all ready")
    after = server.pids()
    assert {s: p for s, p in after.items() if s != victim} == {s: p for s, p in before.items() if s != victim}
    server("demo")


def test_what_dies_again_and_again_is_restarted_ever_more_slowly(server):
    def pause():
        return int((server.run / "sv/esim/finish.state").read_text().split()[1])
    seen = []
    for _ in range(3):
        wait_for(lambda: "esim" in server.pids(), 30, "esim")
        pid = server.pids()["esim"]
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: server.pids().get("esim", pid) != pid, 30, "another esim")
        seen.append(pause())
    assert seen == sorted(set(seen)), seen


def test_logs_are_one_json_object_a_line_and_name_the_process(server):
    with subprocess.Popen([ROOT / "openes", "logs", "gateway", "auth"], stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "OPENES_RUN": str(server.run)}) as logs:
        seen = set()
        while seen != {"gateway", "auth"}:
            seen.add(json.loads(logs.stdout.readline())["service"])
        logs.terminate()
    assert "there is no process 'gatewya'" in server("logs", "gatewya", code=1)


def test_another_port_for_a_running_server_restarts_it_there_with_its_data(server):
    pids, old = server.pids(), server.port
    server.port, server.admin_port, server.ops_port = free_ports()
    server.up()
    assert not set(pids.values()) & set(server.pids().values())
    with socket.socket() as s:
        assert s.connect_ex(("127.0.0.1", old)) != 0
    assert "001010000000012" in server.sourced("openesctl subscriber list --tenant demo --json").stdout


def test_down_leaves_nothing_running_and_says_so(server):
    assert "stopped" in server("down")
    assert not server.left()
    conf = (server.run / "openes.conf").read_text()
    folder = Path(re.search(r"^bus_listen = ipc://(.*)/", conf, re.M).group(1))
    assert not folder.exists(), "each process removed its socket: it ended as it should"
    assert "nothing was running" in server("down")
    assert "not running" in server("status", code=1)
    assert "start it with ./openes up" in server("demo", code=1)


def test_down_does_not_wait_for_a_process_that_keeps_dying(script):
    script.up("--plain")
    (script.run / "keys/bus.key").write_text("no key\n")
    for _ in range(3):
        pid = script.pids().get("esim")
        if pid:
            with contextlib.suppress(ProcessLookupError):  # it may have ended by itself meanwhile
                os.kill(pid, signal.SIGKILL)
            wait_for(lambda: script.pids().get("esim") != pid, 30, "its end")
    script("down")
    assert not script.left()


def test_plain_has_no_demo_data(script):
    out = script.up("--plain")
    assert "simulated phone" not in out and script.is_ready()
    listed = script.sourced("openesctl tenant list --json")
    assert listed.returncode == 0 and "demo" not in listed.stdout
    assert "there is no demo data" in script("demo", code=1)


@pytest.mark.parametrize("which, option", [("port", "--port"), ("admin_port", "--admin-port"), ("ops_port", "--ops-port")])
def test_a_taken_port_is_named_with_the_option_that_changes_it(script, which, option):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", getattr(script, which)))
        taken.listen()
        out = script.up(code=1)
    assert f"port {getattr(script, which)} is taken" in out and f"./openes up {option} N" in out
    assert not script.left()


@pytest.mark.parametrize("args, sentence", [
    (["up", "--port"], "--port wants a number"),
    (["up", "--port", "70000"], "'70000' is not a port"),
    (["up", "--prot", "1"], "up does not know '--prot'"),
    (["dwon"], "there is no command 'dwon'"),
    (["down", "now"], "down takes no 'now'"),
    (["test", "--only", "unti"], "there is no part 'unti'"),
])
def test_a_mistyped_command_line_is_told_what_is_wrong(script, args, sentence):
    out = script(*args, code=1)
    assert sentence in out
    assert not script.left()


@pytest.mark.parametrize("command", ["up", "down", "status", "logs", "demo", "bench", "test", "image"])
def test_every_command_explains_itself(script, command):
    assert script(command, "--help").startswith(f"usage: ./openes {command}")
    assert command == "image" or f"\n  {command} " in script("help")

#!/usr/bin/env python3
"""./openes bench: every figure beside its reference, measured in the same run on the same cores.

Machines are shared and noisy: rounds of the server and of its reference alternate, ratios are taken pair by pair, and the
median is what counts. The load generators run on the same cores as what they load.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile
import urllib.parse
from pathlib import Path

import bench_core
import bench_odsa
import bench_push
import bench_rules
import bench_tenants
from measure import QUIET, SERVICES, Results, cpu_of, imsi_of, keys_of, phone, resident_mb, say, wrk  # first: it says where the others are
from stack import BIN, Stack, free_port, wait_for
from ts43 import Client, authenticate, params
from usim import TEST_SETS, Usim

SPREAD_PHONES = 10_000  # at most


class Nginx:
    """A static file of the same size over TLS with the same certificate, kept open: the reference for what a request costs at least."""

    def __init__(self, stack, folder, size):
        self.port, root = free_port(), folder / "www"
        root.mkdir()
        (root / "doc.xml").write_bytes(b"x" * size)
        config = folder / "nginx.conf"
        config.write_text(f"""daemon off; worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
 uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
 server {{ listen 127.0.0.1:{self.port} ssl; ssl_certificate {stack.keys}/server.crt; ssl_certificate_key {stack.keys}/server.key;
 ssl_protocols TLSv1.2 TLSv1.3; root {root}; open_file_cache max=16 inactive=1h; open_file_cache_valid 1h; }} }}""")
        for path in (folder, root):
            path.chmod(0o755)
        self._popen = subprocess.Popen(["nginx", "-c", str(config), "-e", str(folder / "nginx.log")], stderr=subprocess.DEVNULL)
        wait_for(lambda: self._answers(), 10, "nginx")

    def _answers(self):
        import socket
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}/doc.xml"

    def stop(self):
        self._popen.terminate()
        self._popen.wait()


def token_url(stack):
    usim = Usim("001010000000001", *TEST_SETS[0])
    answer = authenticate(Client(stack), usim, app=["ap2003", "ap2004", "ap2005"])
    assert answer.status == 200, f"authentication: {answer.status}"
    query = urllib.parse.urlencode(params(token=answer.token(), app=["ap2003", "ap2004", "ap2005"]), doseq=True)
    return f"https://127.0.0.1:{stack.port}/?{query}", len(answer.body)


def bench_token(stack, folder, results, rounds, seconds):
    url, size = token_url(stack)
    nginx = Nginx(stack, folder, size)
    try:
        ours, theirs, ratio, cpu = [], [], [], {name: [] for name in SERVICES}
        for n in range(rounds):
            theirs.append(wrk(nginx.url, seconds))
            before = cpu_of(stack)
            ours.append(wrk(url, seconds))
            after = cpu_of(stack)
            ratio.append(ours[-1] / theirs[-1])
            for name in SERVICES:
                cpu[name].append((after[name] - before[name]) / (ours[-1] * seconds) * 1e6)
            say(f"  round {n + 1}/{rounds}: {ours[-1]:.0f}/s, nginx {theirs[-1]:.0f}/s, ratio {ratio[-1]:.2f}")
    finally:
        nginx.stop()
    results.add("token request, 3 applications", "requests/s", ours)
    results.add(f"nginx, static {size} octets, same load", "requests/s", theirs)
    results.add("token request against nginx", "ratio", ratio, "at least 0.30, aim 0.45")
    for name in ("gateway0", "policy0"):
        results.add(f"  CPU of {name[:-1]} per token request", "us", cpu[name])
    return statistics.median(ours), url


def bench_auth(stack, results, rounds, seconds):
    rates, cpu = [], []
    for n in range(rounds):
        before = sum(cpu_of(stack).values())
        report = phone(stack, "--subscribers", stack.dir / "load.csv", "--for", f"{seconds}s", "--connections", 32, "--mix", "auth=1")
        done = report["auth"]["ok"]
        cpu.append((sum(cpu_of(stack).values()) - before) / done * 1000)
        rates.append(done / report["seconds"])
        say(f"  round {n + 1}/{rounds}: {rates[-1]:.0f} authentications/s, {cpu[-1]:.3f} ms CPU each")
    bare = [float(x) for x in subprocess.run([BIN / "openes-bench-crypto"], capture_output=True, text=True, check=True).stdout.split()]
    results.add("full EAP-AKA authentication", "authentications/s", rates)
    results.add("  CPU of all processes per authentication", "ms", cpu, "at most 0.7, aim 0.4")
    results.add("  bare crypto of one authentication", "ms", [b / 1000 for b in bare], note="same run, one thread")
    return statistics.median(rates)


def bench_latency(stack, results, token_rate, auth_rate, seconds):
    for kind, rate in (("token", token_rate / 2), ("auth", auth_rate / 2)):
        report = phone(stack, "--subscribers", stack.dir / "load.csv", "--for", f"{seconds}s", "--connections", 32, "--rate", int(rate), "--mix", f"{kind}=1")
        reached = report[kind]["ok"] / report["seconds"]
        for quantile in ("p50", "p99"):
            results.add(f"{kind} at half its maximum, {quantile}", "ms", [report[kind][quantile + "_us"] / 1000], note=f"asked {rate:.0f}/s, reached {reached:.0f}/s")


def bench_idle(stack, results):
    for name in SERVICES:
        results.add(f"{name[:-1]} resident, idle after the demo data and one request", "MB", [resident_mb(stack[name].popen.pid)], "at most 16")


def bench_memory(stack, results, url, requests):
    say(f"  {requests} token requests")
    done = 0
    while done < requests:
        done += int(wrk(url, 10) * 10)
    for name in SERVICES:
        results.add(f"{name[:-1]} resident, after {done} requests and all of the above", "MB", [resident_mb(stack[name].popen.pid)])


def bench_connections(stack, results, count):
    import socket
    import ssl
    context = ssl.create_default_context(cafile=stack.ca)
    pid = stack["gateway0"].popen.pid
    before, held = resident_mb(pid), []
    for _ in range(count):
        held.append(context.wrap_socket(socket.create_connection(("127.0.0.1", stack.port)), server_hostname="localhost"))
    after = resident_mb(pid)
    for connection in held:
        connection.close()
    results.add("gateway, one idle TLS connection", "KB", [(after - before) * 1024 / count], "at most 50", f"{count} connections")


def seed(stack, count):
    """`count` subscribers, the phones evenly among them, all of them where there are few; the others have no keys, since only phones
    authenticate."""
    import ssl
    import urllib.request
    context = ssl.create_default_context(cafile=stack.ca)
    phones = min(count, SPREAD_PHONES)
    spread = count // phones
    load_file(stack, phones, spread)
    others = [n for n in range(count) if n % spread or n // spread >= phones]
    for start in range(0, len(others), 500):
        rows = [{"imsi": imsi_of(1_000_000 + n), "msisdn": f"+1{n:010}", "plan": "gold", "status": "active"} for n in others[start:start + 500]]
        request = urllib.request.Request(f"https://127.0.0.1:{stack.admin_port}/v1/tenants/demo/subscribers:import", method="POST",
                                         data=json.dumps({"rows": rows}).encode(),
                                         headers={"Authorization": f"Bearer {stack.admin_token}", "Content-Type": "application/json"})
        urllib.request.urlopen(request, context=context, timeout=60).read()
        if start % 100000 == 0:
            say(f"    {start}")


def token_urls(stack, folder):
    """A file with one request by token for each of the phones, in no order, and the wrk script that makes them in turn, each of its threads
    from another place on."""
    paths, script, client, made = folder / "paths", folder / "paths.lua", Client(stack), []
    for n, imsi in enumerate(line.split(",")[0] for line in (stack.dir / "load.csv").read_text().splitlines()[1:]):
        answer = authenticate(client, Usim(imsi, *keys_of(n)), app=["ap2003", "ap2004", "ap2005"])
        assert answer.status == 200, f"authentication: {answer.status}"
        made.append(f"/?{urllib.parse.urlencode(params(token=answer.token(), app=['ap2003', 'ap2004', 'ap2005']), doseq=True)}\n")
    client.close()
    random.Random(1).shuffle(made)
    paths.write_text("".join(made))
    script.write_text(f"""local requests, threads = {{}}, 0
function setup(thread)
  thread:set("n", threads * {len(made) // 2})
  threads = threads + 1
end
function init(args)
  for path in io.lines("{paths}") do requests[#requests + 1] = wrk.format("GET", path) end
end
function request() n = n % #requests + 1 return requests[n] end
""")
    return script


def bench_scale(folder, results, rounds, seconds, many):
    """Phones with their tokens, all of a thousand subscribers and some from everywhere among a million, in turn."""
    few, stacks = 1000, {}
    try:
        for count in (few, many):
            say(f"  {count} subscribers")
            home = folder / str(count)
            stacks[count] = Stack(home, overrides=QUIET).start().load_demo()
            seed(stacks[count], count)
        scripts = {count: token_urls(stacks[count], folder / str(count)) for count in stacks}
        ratio, per = [], {few: [], many: []}
        for n in range(rounds):
            for count in (few, many) if n % 2 else (many, few):
                s = stacks[count]
                before = sum(cpu_of(s).values())
                rate = wrk(f"https://127.0.0.1:{s.port}/", seconds, script=scripts[count])
                per[count].append((sum(cpu_of(s).values()) - before) / (rate * seconds) * 1e6)
            ratio.append(per[many][-1] / per[few][-1])
            say(f"  round {n + 1}/{rounds}: {ratio[-1]:.3f}")
        for count in per:
            results.add(f"CPU of all processes per token request, {count} subscribers", "us", per[count])
        results.add(f"the same, {many} against {few} subscribers", "ratio", ratio, "at most 1.10")
    finally:
        for s in stacks.values():
            s.stop()


def load_file(stack, count, spread=1):
    """Subscribers with keys for openes-phone, imported through the operators' API."""
    rows = [f"{imsi_of(1_000_000 + n * spread)},+1555{n:07},gold,active,{keys_of(n)[0]},{keys_of(n)[1]},8000" for n in range(count)]
    path = stack.dir / "load.csv"
    path.write_text("imsi,msisdn,plan,status,k,opc,amf\n" + "\n".join(rows) + "\n")
    stack.ctl("subscriber", "import", "--tenant", "demo", path)


def bench_own(folder, results, options):
    """The five processes alone."""
    stack = Stack(folder / "stack", overrides=QUIET).start().load_demo()
    try:
        token_url(stack)
        bench_idle(stack, results)
        say("loading subscribers")
        load_file(stack, 1000)
        say("idle TLS connections")
        bench_connections(stack, results, 500)
        say("token request against nginx")
        token_rate, url = bench_token(stack, folder, results, options.rounds, options.seconds)
        say("full authentication")
        auth_rate = bench_auth(stack, results, options.rounds, options.seconds)
        say("latency at half the maximum")
        bench_latency(stack, results, token_rate, auth_rate, 10)
        say("memory")
        bench_memory(stack, results, url, options.requests)
    finally:
        stack.stop()


def bench_many(folder, results, options):
    say("a thousand against a million subscribers")
    bench_scale(folder, results, options.rounds, options.seconds, options.subscribers)


PARTS = {"own": bench_own, "rules": bench_rules.bench, "tenants": bench_tenants.bench, "core": bench_core.bench, "odsa": bench_odsa.bench, "push": bench_push.bench, "scale": bench_many}


def main():
    parser = argparse.ArgumentParser(prog="openes bench", description=__doc__)
    parser.add_argument("--only", metavar="PART", choices=PARTS, help="one of: " + ", ".join(PARTS))
    parser.add_argument("--json", metavar="FILE", help="write the figures with names, units and spread")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=4, help="of one round")
    parser.add_argument("--subscribers", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=1_000_000, help="of the memory figure")
    options = parser.parse_args()
    results = Results()
    with tempfile.TemporaryDirectory(prefix="openes-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in [options.only] if options.only else PARTS:
            PARTS[part](folder, results, options)
    results.table()
    if options.json:
        Path(options.json).write_text(json.dumps({"cores": os.cpu_count(), "figures": results.rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()

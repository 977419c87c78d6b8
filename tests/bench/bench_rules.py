"""What rules cost: the token request with and without twenty of them, and the decision alone for all applications at once."""

import json
import ssl
import subprocess
import urllib.parse
import urllib.request

from measure import BIN, QUIET, cpu_of, say, wrk
from stack import ROOT, Stack
from ts43 import Client, authenticate, params
from usim import TEST_SETS, Usim

COUNT = 20
OWN = {"id": "ap9101", "feature": "tethering", "texts": ["en: Add a pass."], "page": {"url": "https://portal.demo.example/hotspot"},
       "parameters": [{"name": "UsedInBytes", "value": "{usage.tethering.used}"}, {"name": "Region", "value": "{facts.region}"}]}
APPS = {1: ["ap2005"], 3: ["ap2003", "ap2004", "ap2005"]}  # what one token serves


def rules():
    """Every second one applies; each looks at three facts."""
    def rule(n):
        when = {"line.plan": ["gold", "silver"], "device.sw_version": {"from": "9.1", "below": "20"},
                "facts.region": "north" if n % 2 else {"not": ["north", "west"]}}
        does = [{"offer": {"data": {"allowance": 1000000000 + n}}}, {"grant": ["smsoip", f"feature-{n}"]}, {"withhold": ["satellite"], "texts": ["en: Not now."]},
                {"set": {"ap2004": {f"Parameter{n}": "epdg.{facts.region}.example"}}}]
        return {"id": f"rule-{n}", "when": when, **does[n // 2 % len(does)]}
    return {"applications": [OWN], "rules": [rule(n) for n in range(COUNT)]}


def call(stack, method, path, body=None):
    request = urllib.request.Request(f"https://127.0.0.1:{stack.admin_port}/v1/tenants/demo/{path}", method=method, data=body and json.dumps(body).encode(),
                                     headers={"Authorization": f"Bearer {stack.admin_token}", **({"Content-Type": "application/json"} if body else {})})
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=stack.ca), timeout=60) as answer:
        return json.load(answer)


def alone(folder, results):
    """The decision by itself, in one thread: one application and eight, without and with the rules."""
    file = folder / "rules.json"
    file.write_text(json.dumps(rules()))
    out = subprocess.run([BIN / "openes-bench-decide", file, ROOT / "deploy/demo/plan-gold.json"], capture_output=True, text=True, check=True).stdout
    rows = [[float(x) for x in line.split()] for line in out.splitlines()]
    names = ("1 application, no rules", "8 applications, no rules", f"1 application, {COUNT} rules", f"8 applications, {COUNT} rules")
    for i, name in enumerate(names):
        results.add(f"decision alone: {name}", "us", [row[i] for row in rows])
    results.add("  of it per rule", "us", [(row[2] - row[0]) / COUNT for row in rows])
    results.add("  of it per application", "us", [(row[3] - row[2]) / 7 for row in rows])


def bench(folder, results, options):
    say("rules: the decision alone")
    alone(folder, results)
    say("rules: token requests")
    stack = Stack(folder / "rules", overrides=QUIET).start().load_demo()
    try:
        call(stack, "PATCH", "subscribers/001010000000001", {"facts": {"region": "north"}})
        number = call(stack, "POST", "rules", rules())["number"]
        token = authenticate(Client(stack), Usim("001010000000001", *TEST_SETS[0]), app=APPS[3]).token()
        urls = {n: f"https://127.0.0.1:{stack.port}/?" + urllib.parse.urlencode(params(token=token, app=APPS[n]), doseq=True) for n in APPS}
        rate, policy, both = {}, {}, {}
        for n in range(options.rounds):
            kinds = [(0, 3), (number, 3), (0, 1), (number, 1)]
            for active, apps in kinds[n % 4:] + kinds[:n % 4]:
                call(stack, "POST", f"rules/{active}:activate")
                before = cpu_of(stack)
                done = wrk(urls[apps], options.seconds)
                cost = {name: (cpu - before[name]) / (done * options.seconds) * 1e6 for name, cpu in cpu_of(stack).items()}
                key = (active != 0, apps)
                rate.setdefault(key, []).append(done)
                policy.setdefault(key, []).append(cost["policy0"])
                both.setdefault(key, []).append(cost["policy0"] + cost["gateway0"])
            say(f"  round {n + 1}/{options.rounds}: {rate[False, 3][-1]:.0f}/s, with rules {rate[True, 3][-1]:.0f}/s")
    finally:
        stack.stop()
    for key, name in (((False, 3), "no rules, 3 applications"), ((True, 3), f"{COUNT} rules, 3 applications"),
                      ((False, 1), "no rules, 1 application"), ((True, 1), f"{COUNT} rules, 1 application")):
        results.add(f"token request, {name}", "requests/s", rate[key])
        results.add(f"  its CPU of policy: {name}", "us", policy[key])
    pairs = list(zip(policy[True, 3], policy[False, 3]))
    results.add("CPU of policy per rule, by token requests", "us", [(a - b) / COUNT for a, b in pairs])
    results.add("token request with rules against without", "ratio", [a / b for a, b in zip(rate[True, 3], rate[False, 3])])
    results.add("CPU of policy and gateway per application, by token requests", "us",
                [(a - b) / 2 for three, one in (((True, 3), (True, 1)), ((False, 3), (False, 1))) for a, b in zip(both[three], both[one])])

"""An order management for the tests (docs/esim-bss.md): it takes eSIM orders step by step, remembers what it answered, and counts.

    with EsimBss() as bss:                    # EsimBss(owns=True): it orders profiles itself; client=(id, secret): a token is needed
        bss.tell("order", refuse="no_credit") # that step is refused;  "*": every step
        bss.tell("order", pending=2)          # two questions are answered "in work"; pending=-1 until tell() comes again
        bss.tell("order", lose=1)             # it acts, and the connection breaks before the answer
        bss.tell("order", status=503)         # it does not act
        bss.tell("order", hold=True)          # it acts, and answers when tell() comes again
        bss.gone(); bss.back()                # nobody listens
        bss.section()                         # the section of docs/esim-bss.md, for this one
        bss.check()                           # nothing was done twice, or to an order that there is not

`orders` has what became of each; `counts()` sums it up. What it was asked under a key it has answered before is answered as it was then."""

import json
import threading
from pathlib import Path

from bss import Bss, Seen

PAGE = Path(__file__).parents[3] / "docs/esim-bss.md"

MEMBERS = {"order", "tenant", "step", "kind", "app", "imsi", "msisdn", "service", "plan", "enterprise_id", "device", "requesting_device", "iccid",
           "old_iccid", "old_device", "response", "profile"}
NEW_LINE = {"subscribe", "transfer", "recover", "lend"}
INPUT = "1234"


class Refused(Exception):
    def __init__(self, status, code):
        self.status, self.code = status, code


class EsimBss(Bss):
    def __init__(self, owns=False, says=None, **more):
        self.orders, self.answers, self.problems = {}, {}, []
        self.owns, self.says = owns, says or {}  # says: members of its answer to "order"
        self._orders_told, self._asked, self._made = {}, {}, 0
        super().__init__(**more)

    # ---- what the test wants of it

    def tell(self, step="*", **told):
        """From now on; nothing: as it should."""
        with self._lock:
            go = self._orders_told.pop(step, {}).get("go")
            if told.get("hold"):
                told["go"] = threading.Event()
            if told:
                self._orders_told[step] = told
        if go:
            go.set()

    def section(self, name="crm", **changes):
        """With other values for some keys; None: without. What the double has no use for is left out."""
        text = PAGE.read_text().split(f"[bss {name}]\n", 1)[1].split("```", 1)[0]
        keys = dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)
        unused = [] if self.client else ["token_url", "client_id", "client_secret_file", "scope"]
        keys.update({"url": self.url, "token_url": f"{self.url}/token", **dict.fromkeys(unused), "ca_file": f"{self._pki}/ca.crt" if self._pki else None})
        keys.update(changes)
        return f"[bss {name}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items() if value is not None)

    def counts(self):
        with self._lock:
            what = {name: sum(bool(o[name]) for o in self.orders.values()) for name in ("ordered", "cancelled", "provisioned", "retired")}
            return {**what, "paid": sum(o["paid"] for o in self.orders.values()), "problems": len(self.problems)}

    def check(self):
        assert not self.problems, self.problems

    def requests(self, step=None):
        with self._lock:
            return [s for s in self.seen if s.path.startswith("/esim-orders/") and step in (None, s.path.rsplit("/", 1)[1])]

    def close(self):
        for step in list(self._orders_told):
            self.tell(step)
        super().close()

    # ---- steps: what each does, once

    def _problem(self, text):
        self.problems.append(text)

    def _known(self, asked):
        return self.orders.setdefault(asked["order"], {"ordered": False, "cancelled": False, "provisioned": None, "retired": False, "paid": 0})

    def _of(self, asked):
        """Of one that was ordered."""
        order = self.orders.get(asked["order"])
        if not order or not order["ordered"] or order["cancelled"]:
            self._problem(f"{asked['step']} of {asked['order']}, which is not ordered")
            raise Refused(404, "no_such_order")
        return order

    def _verify(self, asked):
        if asked.get("response") != INPUT:
            raise Refused(422, "wrong_input")
        return {}

    def _order(self, asked):
        order = self._known(asked)
        if order["cancelled"]:  # its undoing overtook it
            raise Refused(422, "cancelled")
        order.update(ordered=True, kind=asked["kind"], tenant=asked["tenant"], paid=order["paid"] + 1)
        if order["paid"] > 1:
            self._problem(f"{asked['order']} is paid twice")
        if asked["kind"] not in NEW_LINE:
            return dict(self.says)
        self._made += 1
        own = asked.get("service") == "SharedNumber" or asked["kind"] != "subscribe"
        order.update(imsi=f"00101{9_000_000_000 + self._made}", msisdn=asked.get("msisdn") if own else f"+99910{self._made:07}")
        said = {"imsi": order["imsi"], "msisdn": order["msisdn"], "profile_type": "companion"}
        if self.owns:
            said.update(iccid=f"89001{10**14 + self._made}", smdp_address="smdp.example", activation_code=f"1$smdp.example$OWN-{self._made:06}")
        return {name: value for name, value in {**said, **self.says}.items() if value}

    def _provision(self, asked):
        self._of(asked)["provisioned"] = asked.get("profile", {})
        return {}

    def _service(self, asked):
        if asked["kind"] not in ("activate", "deactivate"):
            self._problem(f"service of an order to {asked['kind']}")
        self._known(asked)["service"] = asked["kind"]
        return {}

    def _retire(self, asked):
        self._of(asked)["retired"] = True
        return {}

    def _cancel(self, asked):
        order = self._known(asked)
        was_ordered = order["ordered"]
        if order["provisioned"]:
            self._problem(f"{asked['order']} is cancelled while the network has it")
        order.update(cancelled=True, ordered=False, paid=0)
        if not was_ordered:
            raise Refused(404, "no_such_order")
        return {}

    def _deprovision(self, asked):
        order = self.orders.get(asked["order"])
        if not order or not order["provisioned"]:
            raise Refused(404, "not_provisioned")
        order["provisioned"] = None
        return {}

    # ---- answers

    def _act(self, step, asked):
        act = {"verify": self._verify, "order": self._order, "provision": self._provision, "service": self._service, "retire": self._retire,
               "cancel": self._cancel, "deprovision": self._deprovision}[step]
        try:
            return self._json(200, {"state": "done", **act(asked)})
        except Refused as refusal:
            return self._json(refusal.status, {"code": refusal.code, "message": "the double does not do that"})

    def _judge(self, seen, step, asked):
        key = seen.headers.get("Idempotency-Key")
        if key != f"{asked['order']}.{step}" or asked["step"] != step:
            self._problem(f"key {key} for {asked['step']} of {asked['order']} at {step}")
        if set(asked) - MEMBERS:
            self._problem(f"unknown members: {set(asked) - MEMBERS}")
        if self._asked.setdefault(key, asked) != asked:
            self._problem(f"{key} is asked with another body")
        return key

    def _once(self, seen, step, asked, told):
        """Under the lock."""
        key = self._judge(seen, step, asked)
        if key in self.answers:
            return self.answers[key]
        if told.get("pending"):
            told["pending"] -= 1
            return self._json(200, {"state": "pending", "retry_after_s": 1})
        if "refuse" in told:
            answer = self._json(422, {"code": told["refuse"], "message": "told so"})
        else:
            answer = self._act(step, asked)
        self.answers[key] = answer
        return answer

    def _answer(self, handler, body):
        seen = Seen(handler, body)
        if seen.path == "/token":
            return self._token(seen)
        if seen.path == "/double/tell":  # for those who are not Python
            self.tell(**json.loads(body))
            return self._json(200, {})
        if seen.path == "/double/counts":
            return self._json(200, self.counts())
        step = seen.path.removeprefix("/esim-orders/")
        with self._lock:
            self.seen.append(seen)
            told = self._orders_told.get(step) or self._orders_told.get("*") or {}
            if self.client and seen.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
                return self._json(401, {"code": "token", "message": "none that is good"})
            if "status" in told:
                return told["status"], b"told so", {"Content-Type": "text/plain"}
            answer = self._once(seen, step, json.loads(body), told)
            loses, go = told.get("lose"), told.get("go")
            if loses:
                told["lose"] -= 1
        if go:
            go.wait(60)
        if loses:
            raise ConnectionResetError
        return answer

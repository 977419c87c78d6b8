"""A network that is asked for quality of service: a PCF's app-sessions (TS 29.514) and CAMARA's quality-on-demand, with what goes
wrong with one.

    with Qos() as net:              # Qos(client=(id, secret)): a token of /token is needed
        net.say(status=403)         # acts upon nothing
        net.say(hold=True)          # acts, and answers when say() comes again
        net.say(lose=True)          # acts, and closes the connection without an answer
        net.gone(); net.back()      # nobody listens

`sessions` has what there is, by its id; `made` every id that there ever was. A request with an Idempotency-Key that was acted upon is
answered as it was then."""

import json
import uuid

from bss import Bss, Seen

PCF, CAMARA = "/npcf-policyauthorization/v1/app-sessions", "/quality-on-demand/v1/sessions"


class Qos(Bss):
    def __init__(self, **more):
        self.sessions, self.made, self.keys = {}, [], {}
        super().__init__(**more)

    def requests(self, verb=None):
        """What was asked, but for tokens: "make" or "end" alone."""
        with self._lock:
            return [s for s in self.seen if s.path != "/token" and verb in (None, self._verb(s))]

    @staticmethod
    def _verb(seen):
        return "end" if seen.method == "DELETE" or seen.path.endswith("/delete") else "make"

    def _make(self, seen):
        key = seen.headers["Idempotency-Key"]
        assert seen.headers["x-correlator"] == key
        with self._lock:
            if key not in self.keys:
                self.keys[key] = str(uuid.uuid4())
                self.made.append(self.keys[key])
                self.sessions[self.keys[key]] = json.loads(seen.body)
        made = self.keys[key]
        if seen.path == PCF:
            return 201, seen.body, {"Content-Type": "application/json", "Location": f"{self.url}{PCF}/{made}"}
        return self._json(201, {"sessionId": made, "qosStatus": "REQUESTED", **json.loads(seen.body)})

    def _end(self, seen):
        one = seen.path.removesuffix("/delete").rsplit("/", 1)[1]
        with self._lock:
            there = self.sessions.pop(one, None)
        return (204, b"", {}) if there is not None else self._json(404, {"status": 404, "code": "NOT_FOUND", "message": "none"})

    def _answer(self, handler, body):
        seen = Seen(handler, body)
        if seen.path == "/token":
            return self._token(seen)
        with self._lock:
            self.seen.append(seen)
        if self.client and seen.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return self._json(401, {"status": 401, "code": "UNAUTHENTICATED", "message": "token"})
        if "status" in self._told:
            return self._json(self._told["status"], {"status": self._told["status"], "code": "TOLD", "message": "told so"})
        loses = self._told.get("lose")
        answer = self._make(seen) if self._verb(seen) == "make" else self._end(seen)
        if loses:
            raise ConnectionResetError
        self._go.wait(60)
        return answer

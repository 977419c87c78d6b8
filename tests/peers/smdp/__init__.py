"""An SM-DP+ for the tests: ES2+ by mutual TLS (SGP.22 5.3), with what goes wrong with one, and the phones that download from it.

    with SmDp(pki=folder, stock={"gold": 10}) as dp:    # ca.crt, server.crt, server.key in folder; without pki: http://
        dp.say(code=("8.2.5", "3.7"))                   # each call is refused so, and not acted upon
        dp.say("confirmOrder", lose=True, times=1)      # the next of that function is acted upon, and not answered
        dp.say(drop=True)                               # neither; status=503, body=b"...", expired=True: nor with these
        dp.say(warn=("8.9", "4.2"))                     # acts, with a warning; twice=True: answers twice
        dp.say(hold=True); dp.say()                     # acts, answers when say() comes again; all is well again
        dp.gone(); dp.back()                            # nobody listens
        dp.notifier = Notifier(url, ca, cert, key)      # who is told what phones do
        dp.download("1$smdp.example$MID", eid)          # a phone; dp.delete(iccid), dp.enable(iccid), dp.disable(iccid)
        dp.check()                                      # no ICCID for two EIDs, no matching id twice, no malformed request

`calls` has (function, body) of what was asked, `profiles` the stock and its states, `handed_out` how many orders got a profile. With
`remembers` a functionCallIdentifier that was answered is answered alike; as most SM-DP+s it has no memory for them. Python imports it from
tests/peers; `python3 tests/peers/smdp` is the same as a process (__main__.py)."""

import itertools
import json
import re

from bss import Bss, Seen

from .notices import PREFIX, Notifier, notice, status_of
from .profiles import Profile, Profiles, Refused

__all__ = ["Notifier", "Profile", "Profiles", "Refused", "SmDp", "notice"]
REQUESTER, ADDRESS = "openes.example", "smdp.example"
TEXT = re.compile(r".+\Z", re.S)
FORMS = {"iccid": re.compile(r"(\d{18}|\d{19}[\dF])\Z"), "eid": re.compile(r"\d{32}\Z"), "profileType": TEXT, "matchingId": re.compile(r".*\Z", re.S),
         "confirmationCode": TEXT, "smdsAddress": re.compile(r"[A-Za-z0-9.-]+\Z"), "finalProfileStatusIndicator": re.compile(r"(Available|Unavailable)\Z")}
# member: has it to be there?
MEMBERS = {
    "downloadOrder": {"eid": False, "iccid": False, "profileType": False},
    "confirmOrder": {"iccid": True, "eid": False, "matchingId": False, "confirmationCode": False, "smdsAddress": False, "releaseFlag": True},
    "cancelOrder": {"iccid": True, "eid": False, "matchingId": False, "finalProfileStatusIndicator": True},
    "releaseProfile": {"iccid": True},
}


class SmDp(Bss):
    def __init__(self, stock=None, remembers=False, smdp_address=ADDRESS, requester=REQUESTER, prefix="", **more):
        self.profiles, self.remembers, self.smdp_address, self.requester, self.prefix = Profiles(stock or {}), remembers, smdp_address, requester, prefix
        self.calls, self.violations, self._answered, self._orders, self.notifier = [], [], {}, [], None
        more.setdefault("mutual", more.get("pki") is not None)
        super().__init__(**more)

    # ---- what the test wants of it

    def say(self, function=None, times=None, hold=False, **told):
        """From now on; nothing: as it should. `function`: to that one alone; `times`: so often."""
        with self._lock:
            self._orders = [[function, times, told]] if told else []
        super().say(hold=hold)

    def asked(self, function=None):
        with self._lock:
            return [body for name, body in self.calls if function in (None, name)]

    @property
    def handed_out(self):
        return len(self.profiles.handed)

    def check(self):
        wrong = self.violations + self.profiles.wrongs()
        assert not wrong, wrong

    # ---- ES2+

    def _told_for(self, function):
        with self._lock:
            for order in self._orders:
                if order[0] in (None, function) and order[1] != 0:
                    order[1] = order[1] and order[1] - 1
                    return order[2]
        return {}

    def _fault(self, sentence):
        self.violations.append(sentence)
        return sentence

    def _read(self, seen, function):
        """The body, or a sentence that says why it is none."""
        if function not in MEMBERS or seen.method != "POST":
            return self._fault(f"{seen.method} {seen.path}")
        if seen.headers.get("Content-Type", "").split(";")[0].strip() != "application/json":
            return self._fault(f"Content-Type of {function}")
        if not re.match(r"gsma/rsp/v[23]\.\d+\.\d+\Z", seen.headers.get("X-Admin-Protocol", "")):
            return self._fault(f"X-Admin-Protocol of {function}")
        body = json.loads(seen.body)
        header = body.get("header", {})
        if header.get("functionRequesterIdentifier") != self.requester or not header.get("functionCallIdentifier"):
            return self._fault(f"header of {function}")
        return body

    def _check_members(self, function, body):
        for name, needed in MEMBERS[function].items():
            if needed and name not in body:
                self._fault(f"{function} without {name}")
                raise Refused("8.2.1" if name == "iccid" else "1.6", "2.2")
        for name, value in body.items():
            is_good = name == "header" or (isinstance(value, bool) if name == "releaseFlag" else
                                           name in MEMBERS[function] and isinstance(value, str) and FORMS[name].match(value))
            if not is_good:
                self._fault(f"{name} of {function}: {value!r}")
                raise Refused("1.3.1", "2.1")

    def _act(self, function, body):
        self._check_members(function, body)
        iccid, eid, matching_id = (body.get("iccid") or "").rstrip("F") or None, body.get("eid"), body.get("matchingId")
        if function == "downloadOrder":
            profile = self.profiles.download_order(eid, iccid, body.get("profileType"))
            return {"iccid": profile.iccid + "F" * (len(profile.iccid) == 19)}
        if function == "confirmOrder":
            profile = self.profiles.confirm_order(iccid, body["releaseFlag"], eid, matching_id, body.get("confirmationCode"), body.get("smdsAddress"))
            told = {"matchingId": profile.matching_id, "smdpAddress": self.smdp_address, "eid": profile.eid}
            return {name: value for name, value in told.items() if value is not None}
        if function == "cancelOrder":
            self.profiles.cancel_order(iccid, body["finalProfileStatusIndicator"], eid, matching_id)
        else:
            self.profiles.release_profile(iccid)
        return {}

    def _execute(self, function, body, told):
        key = (function, body["header"]["functionCallIdentifier"])
        if self.remembers and key in self._answered:
            return self._answered[key]
        try:
            if "code" in told:
                raise Refused(*told["code"])
            answer = self._act(function, body)
            status = {"status": "Executed-Success"}
            if "warn" in told:
                status = {**status_of(Refused(*told["warn"])), "status": "Executed-WithWarning"}
        except Refused as refused:
            answer, status = {}, status_of(refused)
        self._answered[key] = {"header": {"functionExecutionStatus": status}, **answer}
        return self._answered[key]

    def _answer(self, handler, body):
        seen = Seen(handler, body)
        function = seen.path.removeprefix(self.prefix + PREFIX + "/")
        with self._lock:
            self.seen.append(seen)
        read = self._read(seen, function)
        if isinstance(read, str):
            return self._json(400, {"wrong": read})
        with self._lock:
            self.calls.append((function, read))
        told = self._told_for(function)
        if told.get("drop"):
            raise ConnectionResetError
        if "status" in told:
            return self._json(told["status"], {})
        if "body" in told:
            return self._with_version(200, told["body"])
        if told.get("expired"):
            return self._with_version(200, json.dumps({"header": {"functionExecutionStatus": {"status": "Expired"}}}).encode())
        answer = json.dumps(self._execute(function, read, told)).encode()
        self._go.wait(60)
        if told.get("lose"):
            raise ConnectionResetError
        if told.get("twice"):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer))
        return self._with_version(200, answer)

    @staticmethod
    def _with_version(status, body):
        return status, body, {"Content-Type": "application/json", "X-Admin-Protocol": "gsma/rsp/v2.5.0"}

    # ---- phones

    def _tell(self, profile, point, refused=None, **more):
        if self.notifier:
            self.notifier.tell(profile, point, refused, **more)

    def download(self, activation_code, eid, confirmation_code=None, until=4, fails=None):
        """As an LPA does, telling of each point. `until=3`: downloaded, and never installed; `fails` = {point: (subject, reason)}."""
        parts = activation_code.split("$")
        if parts[0] != "1" or parts[1] != self.smdp_address:
            raise Refused("8.8.1", "3.8")
        try:
            profile = self.profiles.find(parts[2], eid)
        except Refused as refused:
            if refused.iccid:
                self._tell(self.profiles.of(refused.iccid), 1, refused, eid=eid)
            raise
        return self._deliver(profile, eid, confirmation_code, until, fails or {})

    def download_by_address(self, address, eid, **more):
        """By the default address, or after an event of the SM-DS: what waits for this EID."""
        return self.download(f"1${address}$", eid, **more)

    def _deliver(self, profile, eid, code, until, fails):
        for point in (1, 2, 3, 4):
            if point > until or (point == 2 and not profile.confirmation_code):
                continue
            try:
                if point in fails:
                    raise Refused(*fails[point], profile.iccid)
                if point == 2:
                    self.profiles.check_code(profile, code)
                if point == 3:
                    self.profiles.fetch(profile, eid)
                if point == 4:
                    profile.to("Installed")
            except Refused as refused:
                if point in fails:
                    profile.to("Error")
                self._tell(profile, point, refused, eid=eid)
                raise
            self._tell(profile, point, eid=eid)
        return profile

    def _later(self, iccid, state, point, **more):
        profile = self.profiles.of(iccid)
        assert profile.state in ("Installed", "Enabled", "Disabled"), profile.state
        self._tell(profile.to(state), point, **more)

    def enable(self, iccid, **more):
        self._later(iccid, "Enabled", 101, **more)

    def disable(self, iccid, **more):
        self._later(iccid, "Disabled", 102, **more)

    def delete(self, iccid, **more):
        self._later(iccid, "Deleted", 5, **more)


_eids = itertools.count(1)


def new_eid():
    """32 digits that no other phone of this run has; its check digits are those of SGP.29."""
    body = f"890440{next(_eids):024d}"
    return body + f"{98 - int(body + '00') % 97:02d}"

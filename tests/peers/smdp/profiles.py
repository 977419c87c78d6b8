"""Profiles of an SM-DP+ and what ES2+ and phones do with them (SGP.22 3.1, 5.3): the state machine, without HTTP.

Refusals are `Refused` with the codes of SGP.22. `handed` has every (ICCID, EID) that was ever given out, in order, `matching_ids` every
matching id that was ever assigned: wrongs() says what must never happen to them."""

import re
import threading
from collections import Counter
from dataclasses import dataclass, field

CODE_TRIES = 3
MATCHING_ID = re.compile(r"[A-Z0-9-]{0,255}\Z")


class Refused(Exception):
    def __init__(self, subject, reason, iccid=None):
        super().__init__(f"{subject}/{reason}")
        self.subject, self.reason, self.iccid = subject, reason, iccid


@dataclass
class Profile:
    iccid: str
    type: str
    state: str = "Available"
    eid: str = None
    matching_id: str = None
    confirmation_code: str = None
    smds: str = None
    code_tries: int = 0
    history: list = field(default_factory=list)

    def to(self, state):
        self.history.append(state)
        self.state = state
        return self


def luhn(digits):
    doubled = [int(d) * (2 - i % 2) for i, d in enumerate(reversed(digits))]
    return str(-sum(d // 10 + d % 10 for d in doubled) % 10)


class Profiles:
    """`stock`: how many of each type, or their ICCIDs."""

    def __init__(self, stock):
        self._lock = threading.RLock()
        self.all, self.handed, self.matching_ids, self._next = {}, [], [], 1
        for kind, what in stock.items():
            self.add(kind, what)

    def add(self, kind, what):
        with self._lock:
            iccids = what if isinstance(what, list) else [self._iccid() for _ in range(what)]
            self.all.update({iccid: Profile(iccid, kind) for iccid in iccids})
        return iccids

    def _iccid(self):
        body = f"894400{self._next:012d}"
        self._next += 1
        return body + luhn(body)

    def of(self, iccid):
        if iccid not in self.all:
            raise Refused("8.2.1", "3.9", iccid)
        return self.all[iccid]

    def count(self, *states):
        with self._lock:
            return sum(p.state in states for p in self.all.values())

    # ---- ES2+

    def download_order(self, eid=None, iccid=None, profile_type=None):
        with self._lock:
            if not iccid and not profile_type:
                raise Refused("8.2.5", "2.3")
            profile = self.of(iccid) if iccid else self._any(profile_type)
            if iccid and profile_type and profile.type != profile_type:
                raise Refused("8.2.5", "3.8", iccid)
            if profile.state != "Available":
                raise Refused("8.2.1", "3.10" if eid and profile.eid and profile.eid != eid else "3.3", iccid)
            self.handed.append((profile.iccid, eid))
            profile.eid = eid
            return profile.to("Linked" if eid else "Allocated")

    def _any(self, kind):
        of_kind = [p for p in self.all.values() if p.type == kind]
        if not of_kind:
            raise Refused("8.2.5", "3.9")
        free = [p for p in of_kind if p.state == "Available"]
        if not free:
            raise Refused("8.2.5", "3.7")
        return free[0]

    def confirm_order(self, iccid, release, eid=None, matching_id=None, confirmation_code=None, smds=None):
        with self._lock:
            profile = self.of(iccid)
            if profile.state not in ("Allocated", "Linked"):
                raise Refused("8.2.1", "3.3", iccid)
            if eid and profile.eid and eid != profile.eid:
                raise Refused("8.1.1", "3.10", iccid)
            if not (eid or profile.eid) and (smds or matching_id == ""):
                raise Refused("8.1.1", "2.2", iccid)
            if matching_id is not None and not MATCHING_ID.match(matching_id):
                raise Refused("8.2.6", "2.1", iccid)
            if matching_id and matching_id in self.matching_ids:
                raise Refused("8.2.6", "3.3", iccid)
            profile.matching_id = f"DP-{iccid[-8:]}-{len(self.matching_ids)}" if matching_id is None else matching_id
            self.matching_ids.append(profile.matching_id)
            profile.eid, profile.confirmation_code, profile.smds = eid or profile.eid, confirmation_code, smds
            last = max(i for i, (given, _) in enumerate(self.handed) if given == iccid)
            self.handed[last] = (iccid, profile.eid)
            return profile.to("Released" if release else "Confirmed")

    def release_profile(self, iccid):
        with self._lock:
            profile = self.of(iccid)
            if profile.state != "Confirmed":
                raise Refused("8.2.1", "3.5", iccid)
            return profile.to("Released")

    def cancel_order(self, iccid, final, eid=None, matching_id=None):
        with self._lock:
            profile = self.of(iccid)
            if profile.state not in ("Allocated", "Linked", "Confirmed", "Released", "Error"):
                raise Refused("8.2.1", "3.3", iccid)
            if profile.eid and profile.eid != eid:
                raise Refused("8.1.1", "3.10" if eid else "2.2", iccid)
            if profile.matching_id and profile.matching_id != matching_id:
                raise Refused("8.2.6", "3.10" if matching_id else "2.2", iccid)
            profile.eid = profile.matching_id = profile.confirmation_code = profile.smds = None
            profile.code_tries = 0
            return profile.to(final)

    # ---- phones

    def find(self, matching_id, eid):
        """What a phone with this EID is given for a matching id; for an empty one what waits for the EID."""
        with self._lock:
            for profile in self.all.values():
                if profile.state == "Released" and (profile.matching_id == matching_id if matching_id else profile.eid == eid):
                    if profile.eid and profile.eid != eid:
                        raise Refused("8.1.1", "3.10", profile.iccid)
                    return profile
        raise Refused("8.2.6", "3.8")

    def check_code(self, profile, code):
        with self._lock:
            if not profile.confirmation_code:
                return
            if code == profile.confirmation_code:
                return
            profile.code_tries += 1
            if profile.code_tries >= CODE_TRIES:
                profile.to("Error")
                raise Refused("8.2.7", "6.4", profile.iccid)
            raise Refused("8.2.7", "3.8" if code else "2.2", profile.iccid)

    def fetch(self, profile, eid):
        """From now on it cannot be cancelled."""
        with self._lock:
            if profile.state != "Released":
                raise Refused("8.2.6", "3.8", profile.iccid)
            profile.eid = eid
            profile.to("Downloaded")

    # ---- what must never be

    def wrongs(self):
        """Empty, or sentences."""
        with self._lock:
            wrong = [f"matching id {m} was given twice" for m, n in Counter(m for m in self.matching_ids if m).items() if n > 1]
            given = {}
            for iccid, eid in self.handed:
                given.setdefault(iccid, set()).add(eid)
            for iccid, eids in given.items():
                returns = self.all[iccid].history.count("Available")
                if len(eids) > 1 + returns:
                    wrong.append(f"{iccid} was given to {len(eids)} EIDs")
            return wrong

"""Notifications of an SM-DP+ in the forms that there are, by mutual TLS to whoever ordered."""

import datetime
import itertools
import json
import ssl
import urllib.error
import urllib.request

_calls = itertools.count(1)
PREFIX = "/gsma/rsp2/es2plus"


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")


def status_of(refused):
    """functionExecutionStatus, and what has its shape."""
    if refused is None:
        return {"status": "Executed-Success"}
    return {"status": "Failed", "statusCodeData": {"subjectCode": refused.subject, "reasonCode": refused.reason, "message": "told by a test"}}


def notice(profile, point, refused=None, form="v2", at=None, eid=None):
    """Function and body. Forms: "v2", "v3" (HandleNotification), "texts" (numbers as texts, timeStamp, ICCID without F)."""
    padded = profile.iccid + "F" * (len(profile.iccid) == 19)
    body = {"header": {"functionRequesterIdentifier": "smdp.example", "functionCallIdentifier": f"n{next(_calls)}"},
            "eid": eid or profile.eid, "iccid": padded, "profileType": profile.type}
    if form == "v3":
        return "handleNotification", {**body, "timestamp": at or now(), "notificationEvent": point, "notificationEventStatus": status_of(refused)}
    if form == "texts":
        body |= {"iccid": profile.iccid, "timeStamp": at or now(), "notificationPointId": str(point)}
    else:
        body |= {"timestamp": at or now(), "notificationPointId": point}
    return "handleDownloadProgressInfo", {**body, "notificationPointStatus": status_of(refused)}


class Notifier:
    """`url`: of the front that is told. What was not answered 204 waits in `undelivered`."""

    def __init__(self, url, ca, cert=None, key=None, form="v2", version="gsma/rsp/v2.5.0"):
        self.url, self.form, self.version = url, form, version
        self._context = ssl.create_default_context(cafile=ca)
        self._context.check_hostname = False
        if cert:
            self._context.load_cert_chain(cert, key)
        self.undelivered, self.sent, self.is_held = [], [], False

    def post(self, function, body, headers=None):
        """Status and headers, whatever it is that is posted."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {"Content-Type": "application/json", "X-Admin-Protocol": self.version, **(headers or {})}
        request = urllib.request.Request(f"{self.url}{PREFIX}/{function}", data, {k: v for k, v in named.items() if v is not None}, method="POST")
        try:
            with urllib.request.urlopen(request, context=self._context, timeout=20) as answer:
                return answer.status, dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers)

    def tell(self, profile, point, refused=None, **more):
        """At once; while is_held, when deliver() is called."""
        self.undelivered.append(notice(profile, point, refused, **{"form": self.form, **more}))
        if not self.is_held:
            self.deliver()

    def deliver(self, twice=False, backwards=False):
        """What waits, once more; says what still does."""
        waiting, self.undelivered = self.undelivered, []
        for function, body in reversed(waiting) if backwards else waiting:
            for _ in range(2 if twice else 1):
                try:
                    status = self.post(function, body)[0]
                except OSError:
                    status = 0
            self.sent.append((body["iccid"], body.get("notificationPointId", body.get("notificationEvent")), status))
            if status != 204:
                self.undelivered.append((function, body))
        return self.undelivered

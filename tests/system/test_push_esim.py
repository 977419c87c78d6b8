"""What happens to an eSIM wakes the phone that manages it, and what the phone then asks for is answered: SM-DP+, order management, esim, notify."""

import pytest
from odsa import Odsa, Watch
from push import Providers, apps_of
from push_stack import new_address
from stack import wait_for


class PushOdsa(Odsa):
    """With Apple's push service beside it."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.providers = Providers(folder / "providers")
        super().__init__(folder)
        self._ends.append(self.providers.__exit__)
        file = folder / "channels.conf"
        file.write_text(self.providers.channels({"coalesce": "0s", "device_interval": "0s"}, {}, {}, ("apns",)))
        self.stack.overrides["notify"]["channels_file"] = file

    def start(self):
        self.providers.start("apns")
        return super().start()


@pytest.fixture(scope="module")
def push_odsa(tmp_path_factory):
    made = PushOdsa(tmp_path_factory.mktemp("push-odsa"))
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture
def odsa(push_odsa):
    push_odsa.usual()
    yield push_odsa
    push_odsa.check()
    push_odsa.providers.apns.check()


def waiting_watch(odsa, line):
    """Its phone, told to wait and registered for a push; and its token."""
    watch, phone = Watch(), line.phone("ap2006")
    odsa.settings(answer_within_ms=100)
    odsa.bss.tell("order", pending=-1)
    assert phone.manage(0, **watch.new)["SubscriptionResult"] == "4"
    address = new_address("apns", odsa.providers)
    assert phone.told("AcquireConfiguration", **watch.named, notif_token=address, notif_action=4)["RegisterNotifStatus"] == "0"
    return watch, phone, address


def hasten(odsa, line):
    odsa.bss.tell("order")
    wait_for(lambda: line.order()["steps"][-1]["outcome"] == "pending", what="an answer that is to come")
    status, told = odsa.api("POST", f"/v1/tenants/demo/esim-orders/{line.order()['id']}:advance", {"state": "done"})
    assert status == 200, told
    odsa.ends(line, "waiting")


def test_a_phone_is_pushed_when_its_watch_may_download_and_is_told_where(odsa):
    """TS.43 7.3.1, figure 23. V12-NOTIF-11: ap2006; V12-NOTIF-12: AcquireConfiguration after the push is answered, with what it was about."""
    line = odsa.line()
    watch, phone, address = waiting_watch(odsa, line)
    hasten(odsa, line)
    message = odsa.providers.apns.wait_taken(address)[0]
    assert apps_of(message) == ["ap2006"]
    told = phone.only(**watch.named)
    assert told["ServiceStatus"] == "1"
    watch.download(odsa, told["DownloadInfo"])
    odsa.ends(line, "done")


def test_a_phone_that_is_registered_for_its_own_esim_is_pushed_when_the_line_loses_it(odsa):
    """V12-NOTIF-11: ap2009, by an event of policy; V12-NOTIF-12"""
    line = odsa.line()
    phone = line.phone("ap2009")
    address = new_address("apns", odsa.providers)
    assert phone.told("CheckEligibility", notif_token=address, notif_action=4)["RegisterNotifStatus"] == "0"
    line.patch(plan="none")
    message = odsa.providers.apns.wait_taken(address)[0]
    assert apps_of(message) == ["ap2009"]
    assert phone.told("AcquireConfiguration") is not None


def test_a_profile_of_another_channel_wakes_the_phone_that_looks_after_the_watch(odsa):
    """V12-NOTIF-11, on profile status change: a shop took the watch out of service; V12-NOTIF-12"""
    line, watch = odsa.line(), Watch()
    phone = line.phone("ap2006")
    watch.download(odsa, phone.manage(0, **watch.new)["DownloadInfo"])
    odsa.ends(line, "done")
    address = new_address("apns", odsa.providers)
    assert phone.told("AcquireConfiguration", **watch.named, notif_token=address, notif_action=4)["RegisterNotifStatus"] == "0"
    line.put_profile(watch.iccid, app="ap2006", service="SharedNumber", eid=watch.eid, terminal_id=watch.id, status="deactivated")
    assert apps_of(odsa.providers.apns.wait_taken(address)[0]) == ["ap2006"]
    assert phone.only(**watch.named)["ServiceStatus"] == "3"

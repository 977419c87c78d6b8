"""Companion devices (ap2006, TS.43 7): a watch gets, moves and loses its eSIM. Each flow is one test, by the number of its figure."""

import pytest
from odsa import Watch


@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_watch_is_activated_without_a_portal(odsa, form):
    """7.1, 7.4, figures 21 and 25. V12-ODSA-C-04, V12-ODSA-CE-01"""
    line, watch = odsa.line("one"), Watch()
    phone = line.phone("ap2006", form=form)
    told = phone.told("CheckEligibility", **watch.named)
    assert told["CompanionAppEligibility"] == "1" and told["CompanionDeviceServices"] == "SharedNumber"
    assert phone.look(**watch.named) == []
    told = phone.manage(0, **watch.new)
    assert told["SubscriptionResult"] == "2"
    watch.download(odsa, told["DownloadInfo"])
    assert phone.only(**watch.named) == {"ICCID": watch.iccid, "CompanionDeviceService": "SharedNumber", "ServiceStatus": "1"}
    odsa.ends(line, "done")

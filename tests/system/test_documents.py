"""The documents of ap2003, ap2004 and ap2005 against the reference (TS.43 3, 4, 5)."""

import pytest
from ts43 import JSON, XML, authenticate, params, whole_document


def ask(client, sim, n, **more):
    answer = authenticate(client, sim(n), **more)
    assert answer.status == 200
    return answer


def rat_entries(answer):
    return [{p.get("name"): p.get("value") for p in c.findall("parm")}
            for c in answer.xml().iter("characteristic") if c.get("type") == "RATVoiceEntitleInfoDetails"]


def test_the_whole_document_letter_by_letter(client, sim):
    """V12-DOC-01, V12-DOC-02, V12-DOC-03, V12-DOC-08, V12-DOC-14, V12-SMS-01, V12-SMS-02"""
    answer = ask(client, sim, 1, app=["ap2005", "ap2003"], entitlement_version="6.0")
    assert answer.masked() == whole_document("""<characteristic type="APPLICATION">
<parm name="AppID" value="ap2005"/>
<parm name="EntitlementStatus" value="1"/>
</characteristic>
<characteristic type="APPLICATION">
<parm name="AppID" value="ap2003"/>
<parm name="EntitlementStatus" value="1"/>
<parm name="MessageForIncompatible" value=""/>
</characteristic>
""")


FLAT = {"EntitlementStatus": "1", "MessageForIncompatible": ""}
BY_ACCESS = {"VoiceOverCellularEntitleInfo": [
    {"RATVoiceEntitleInfoDetails": {"AccessType": "2", "HomeRoamingNWType": "1", "EntitlementStatus": "1", "NetworkVoiceIRATCapability": "EPS-Fallback"}},
    {"RATVoiceEntitleInfoDetails": {"AccessType": "1", "HomeRoamingNWType": "1", "EntitlementStatus": "1"}}]}
WHOLE = {
    "ap2004": {"EntitlementStatus": "1", "ServiceFlow_URL": "https://portal.demo.example/vowifi", "ServiceFlow_UserData": "sid=...",
               "MessageForIncompatible": "", "AddrStatus": "1", "TC_Status": "1", "ProvStatus": "1"},
    "ap2005": {"EntitlementStatus": "1"},
}


@pytest.mark.parametrize("apps", [["ap2003"], ["ap2004"], ["ap2005"], ["ap2003", "ap2004", "ap2005"]], ids="+".join)
@pytest.mark.parametrize("form", [XML, JSON], ids=["xml", "json"])
@pytest.mark.parametrize("version,voice", [("2.0", FLAT), ("6.0", FLAT), ("8.0", BY_ACCESS), ("12.0", BY_ACCESS)])
def test_each_application_alone_and_together_in_each_form_and_version(client, sim, version, voice, form, apps):
    """V12-DOC-01, V12-VER-04, V12-VOC-01, V12-VWF-01, V12-SMS-01"""
    token = ask(client, sim, 1, app=apps, entitlement_version=version).token()
    answer = client.get(params(token=token, app=apps, entitlement_version=version), accept=form)
    assert answer.status == 200 and answer.headers["Content-Type"].startswith(form)
    got = answer.applications()
    whole = WHOLE | {"ap2003": voice}
    assert list(got) == apps and got == {app: whole[app] for app in apps}


@pytest.mark.parametrize("version,flat", [("2.0", True), ("6.0", True), ("6.10", True), ("7.0", False), ("8.0", False), ("12.0", False)])
def test_voice_over_cellular_is_flat_before_7_and_a_list_from_7_on(client, sim, version, flat):
    """V12-VER-04, V12-VOC-01, V12-VOC-02, V12-VOC-03, V12-VOC-04"""
    answer = ask(client, sim, 1, app="ap2003", entitlement_version=version)
    entries = rat_entries(answer)
    if flat:
        assert not entries and answer.apps()["ap2003"]["EntitlementStatus"] == "1"
        return
    assert entries
    for entry in entries:
        assert entry["AccessType"] in "12" and entry["HomeRoamingNWType"] in "123" and entry["EntitlementStatus"] in "0123"
        assert ("MessageForIncompatible" in entry) == (entry["EntitlementStatus"] == "2")
    assert entries[-1]["AccessType"] == "1", "Android takes the last status as that of VoLTE"


def test_entries_do_not_contradict_each_other_and_name_fallback_where_it_is_the_only_way(client, sim):
    """V12-VOC-05, V12-VOC-06, V12-VOC-07, V12-VOC-08"""
    for n in (1, 5, 6):
        entries = rat_entries(ask(client, sim, n, app="ap2003"))
        for access in "12":
            kinds = [e["HomeRoamingNWType"] for e in entries if e["AccessType"] == access]
            assert len(kinds) == len(set(kinds)) and (kinds in (["1"], []) or "1" not in kinds)
        for entry in entries:
            if "NetworkVoiceIRATCapability" in entry and entry["AccessType"] == "1":
                assert entry["NetworkVoiceIRATCapability"] == "4G-SRVCC"
    gold = [e for e in rat_entries(ask(client, sim, 1, app="ap2003")) if e["AccessType"] == "2" and e["EntitlementStatus"] == "1"]
    assert gold and all(e["NetworkVoiceIRATCapability"] == "EPS-Fallback" for e in gold)


def test_calling_at_home_only_is_not_offered_abroad(client, sim):
    lte = {e["HomeRoamingNWType"]: e["EntitlementStatus"] for e in rat_entries(ask(client, sim, 5, app="ap2003")) if e["AccessType"] == "1"}
    assert lte == {"2": "1", "3": "2"}


VOWIFI = {"EntitlementStatus", "ServiceFlow_URL", "ServiceFlow_UserData", "MessageForIncompatible", "AddrStatus", "TC_Status", "ProvStatus"}


@pytest.mark.parametrize("n,expected", [
    (1, {"EntitlementStatus": "1", "TC_Status": "1", "AddrStatus": "1", "ProvStatus": "1"}),
    (7, {"EntitlementStatus": "0", "TC_Status": "0"}),
    (8, {"EntitlementStatus": "0", "AddrStatus": "0"}),
    (12, {"EntitlementStatus": "3", "ProvStatus": "3"}),
    (6, {"EntitlementStatus": "2"}),
    (9, {"EntitlementStatus": "0"}), (10, {"EntitlementStatus": "0"}),
])
def test_vowifi_of_each_demo_subscriber(client, sim, n, expected):
    """V12-VWF-01, V12-VWF-02, V12-VWF-03, V12-VWF-04, V12-VWF-05, V12-VWF-06: every mandatory parameter is always there; V12-VWF-07; V12-VWF-09, V12-VWF-10, V12-VWF-11, V12-VWF-12: a client mode of T20 each."""
    parms = ask(client, sim, n, app="ap2004").apps()["ap2004"]
    assert VOWIFI <= set(parms)
    assert {k: parms[k] for k in expected} == expected
    assert "AddrExpiry" not in parms
    status, prov, data = parms["EntitlementStatus"], parms["ProvStatus"], (parms["TC_Status"], parms["AddrStatus"])
    if status == "1":
        assert prov in "12" and all(d in "12" for d in data)
    if status == "0":
        assert any(d in "03" for d in data) or prov in "03"


def test_a_barred_or_suspended_subscriber_has_nothing_enabled_and_a_terminated_one_is_refused(client, sim):
    for n in (9, 10):
        answer = ask(client, sim, n, app=["ap2003", "ap2004", "ap2005"])
        statuses = [p.get("value") for p in answer.xml().iter("parm") if p.get("name") == "EntitlementStatus"]
        assert statuses and "1" not in statuses
    assert authenticate(client, sim(11)).status == 403


def test_notification_registration_is_answered_in_each_application(client, sim):
    """V12-NOTIF-01, V12-NOTIF-02, V12-REQ-16"""
    token = ask(client, sim, 2, app=["ap2003", "ap2004"]).token()

    def register(**more):
        answer = client.get(params(token=token, app=["ap2003", "ap2004"], **more))
        assert answer.status == 200
        return [app.get("RegisterNotifStatus") for app in answer.apps().values()]

    fcm = "dGVzdA:APA91b" + "x" * 120
    assert register(notif_token=fcm, notif_action=2) == ["0", "0"]
    assert register(notif_token=fcm, notif_action=2) == ["2", "2"]
    assert register(notif_token="not a token", notif_action=4) == ["1", "1"]
    assert register(notif_token=fcm, notif_action=5) == ["1", "1"]
    assert register(notif_token=fcm, notif_action=0) == ["0", "0"]
    assert register() == [None, None]


def test_eligibility_for_companions_and_for_a_phones_own_esim(client, sim):
    """V12-ODSA-CE-01, V12-HTTP-01"""
    token = authenticate(client, sim(1), app="ap2006").token()
    parms = client.get(params(token=token, app="ap2006", operation="CheckEligibility", companion_terminal_id="490154203237518")).apps()["ap2006"]
    assert parms["OperationResult"] == "1" and parms["CompanionAppEligibility"] == "1" and "SharedNumber" in parms["CompanionDeviceServices"]
    unknown = client.get(params(token=token, app="ap2006", operation="MakeCoffee"))
    assert unknown.status == 200 and unknown.apps()["ap2006"]["OperationResult"] == "101"


def test_a_change_by_the_operator_is_in_the_very_next_answer(stack, client, sim):
    token = ask(client, sim, 3).token()
    assert client.get(params(token=token)).apps()["ap2004"]["EntitlementStatus"] == "1"
    try:
        stack.ctl("subscriber", "set", "--tenant", "demo", "--imsi", sim(3).imsi, "--plan", "basic")
        assert client.get(params(token=token)).apps()["ap2004"]["EntitlementStatus"] == "2"
    finally:
        stack.ctl("subscriber", "set", "--tenant", "demo", "--imsi", sim(3).imsi, "--plan", "gold")
    assert client.get(params(token=token)).apps()["ap2004"]["EntitlementStatus"] == "1"

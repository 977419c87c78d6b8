"""Device and user information (ap2014, TS.43 13), app authentication (ap2015, TS.43 14), temporary tokens (2.8.6)."""

import base64
import hashlib
import hmac
import json

import pytest
from servers import APP, HOST, TENANT, Phone, Servers, ask
from stack import Threads, wait_for
from ts43 import EAP_RELAY, XML, authenticate, nai, params


def number_of(answer):
    assert answer.status == 200, (answer.status, answer.body)
    return answer.json()["ap2014"]["MSISDN"]


# ---- what the phone itself may ask ----


def test_a_phone_reads_its_number(servers):
    """V12-INFO-01, V12-INFO-02: also one whose plan has next to nothing."""
    for n in (1, 6):
        phone = servers.phone(n)
        answer = phone.ask("GetPhoneNumber")
        assert answer.apps()["ap2014"] == {"MSISDN": phone.number, "OperationResult": "1"} and answer.token() == phone.token


def test_the_first_request_may_carry_the_operation(servers):
    """V12-INFO-01"""
    with servers.connection() as connection:
        answer = authenticate(connection, servers.sim(2), app="ap2014", operation="GetPhoneNumber")
        assert answer.apps()["ap2014"]["MSISDN"] == "+15550000002"
        answer = authenticate(connection, servers.sim(2), app="ap2014", operation="AcquireTemporaryToken", operation_targets="GetPhoneNumber")
        assert number_of(ask(servers.running, "GetPhoneNumber", temporary_token=answer.apps()["ap2014"]["TemporaryToken"])) == "+15550000002"


def test_without_an_operation_the_application_alone_is_answered(servers):
    with servers.connection() as connection:
        assert authenticate(connection, servers.sim(2), app="ap2014").apps() == {"ap2014": {}}


def test_an_operation_that_is_not_offered_is_405(client, sim):
    """V12-INFO-03, V12-HTTP-05: the demo tenant as it comes offers none."""
    token = authenticate(client, sim(1), app="ap2014").token()
    for operation in ("GetPhoneNumber", "VerifyPhoneNumber", "GetSubscriberInfo", "AcquireTemporaryToken"):
        assert client.get(params(token=token, app="ap2014", operation=operation)).status == 405


def test_an_unknown_operation_is_told_in_the_document(servers):
    """V12-HTTP-01"""
    assert servers.phone().told("GetHoroscope") == {"OperationResult": "101"}
    assert servers.phone().told("Get3PAppInfo") == {"OperationResult": "101"}, "of another application"


@pytest.mark.parametrize("msisdn,verified", [("+15550000001", "1"), ("15550000001", "1"), ("+15550000002", "0"), ("+99999999999", "0")])
def test_a_number_is_verified(servers, msisdn, verified):
    """V12-INFO-06, V12-INFO-07, V12-INFO-08"""
    expected = {"PhoneNumberVerification": verified, "OperationResult": "1", **({"msisdn": "+15550000001"} if verified == "1" else {})}
    assert servers.phone().told("VerifyPhoneNumber", msisdn=msisdn) == expected


@pytest.mark.parametrize("msisdn", [None, "", "+1", "none", "+1555000000111111"])
def test_verification_needs_a_number(servers, msisdn):
    """V12-INFO-09"""
    assert servers.phone().told("VerifyPhoneNumber", **({} if msisdn is None else {"msisdn": msisdn})) == {"OperationResult": "102"}
    token = servers.phone().temporary_token("VerifyPhoneNumber")
    assert ask(servers.running, "VerifyPhoneNumber", temporary_token=token, msisdn=msisdn).status == 400


def test_subscriber_information_names_the_sim(servers):
    """V12-INFO-10"""
    token = servers.phone().temporary_token("GetSubscriberInfo")
    answer = ask(servers.running, "GetSubscriberInfo", temporary_token=token).json()["ap2014"]
    assert answer == {"SubscriberInfo": {"MSISDN": "+15550000001", "SimIdType": "0", "SimID": "001010000000001", "MvnoName": "Demo"}, "OperationResult": "1"}


def test_subscriber_information_may_hide_the_imsi_behind_a_stable_hash(servers):
    """V12-INFO-10, V12-INFO-11"""
    with servers.tenant(phone_number={**TENANT["phone_number"], "sim_id": "imsi_hash"}):
        phone = servers.phone()
        infos = [ask(servers.running, "GetSubscriberInfo", temporary_token=phone.temporary_token("GetSubscriberInfo")).json()["ap2014"] for _ in range(2)]
    key = hmac.digest(bytes.fromhex("11" * 32), b"sim-id demo", hashlib.sha256)
    assert infos[0] == infos[1]
    assert infos[0]["SubscriberInfo"]["SimIdType"] == "2"
    assert infos[0]["SubscriberInfo"]["SimID"] == hmac.digest(key, b"001010000000001", hashlib.sha256).hex()


# ---- temporary tokens ----


def test_a_server_reads_a_number_by_the_phones_temporary_token(servers):
    """V12-INFO-05, V12-TT-10: the document as an application server reads it, without a TOKEN."""
    told = servers.phone().told("AcquireTemporaryToken", operation_targets="GetPhoneNumber")
    assert told["OperationTargets"] == "GetPhoneNumber" and told["OperationResult"] == "1" and len(told["TemporaryToken"]) < 1536
    assert told["TemporaryTokenExpiry"].endswith("Z") and len(told["TemporaryTokenExpiry"]) == 20
    answer = ask(servers.running, "GetPhoneNumber", temporary_token=told["TemporaryToken"], app_name="firebase")
    assert number_of(answer) == "+15550000001" and set(answer.json()) == {"Vers", "ap2014"}


def test_a_replayed_temporary_token_is_refused(servers):
    """V12-TT-02"""
    token = servers.phone().temporary_token("GetPhoneNumber,VerifyPhoneNumber")
    assert number_of(ask(servers.running, "GetPhoneNumber", temporary_token=token))
    again = ask(servers.running, "GetPhoneNumber", temporary_token=token)
    assert again.status == 401 and again.headers["WWW-Authenticate"] == "Bearer"
    assert ask(servers.running, "VerifyPhoneNumber", temporary_token=token, msisdn="+15550000001").status == 401, "it was one use of any"


def test_a_refused_request_does_not_use_up_a_temporary_token(servers):
    token = servers.phone().temporary_token("VerifyPhoneNumber")
    assert ask(servers.running, "VerifyPhoneNumber", temporary_token=token).status == 400
    assert ask(servers.running, "GetPhoneNumber", temporary_token=token).status == 403
    assert ask(servers.running, "VerifyPhoneNumber", temporary_token=token, msisdn="+15550000001").status == 200


def test_of_two_who_use_a_temporary_token_at_once_one_wins(servers):
    """V12-TT-02"""
    phone = servers.phone()
    for _ in range(5):
        token, statuses = phone.temporary_token("GetPhoneNumber"), []
        use = lambda t=token, s=statuses: s.append(ask(servers.running, "GetPhoneNumber", temporary_token=t).status)  # noqa: E731
        Threads(use, use).join()
        assert sorted(statuses) == [200, 401]


def test_kill_9_of_auth_neither_loses_nor_revives_a_temporary_token(own_stack, tmp_path):
    servers = Servers(own_stack(overrides=Servers.overrides(tmp_path), peers_die=True))
    running, phone = servers.running, servers.phone()
    unused, used = (phone.temporary_token("GetPhoneNumber") for _ in range(2))
    assert number_of(ask(running, "GetPhoneNumber", temporary_token=used))
    running["auth0"].kill()
    away = ask(running, "GetPhoneNumber", temporary_token=unused)
    assert away.status == 503 and away.headers["Retry-After"]
    running["auth0"].start()
    wait_for(lambda: servers.mdm.credentials()[0] == 200, what="auth is back")
    assert number_of(ask(running, "GetPhoneNumber", temporary_token=unused)) == phone.number
    for token in (unused, used):
        assert ask(running, "GetPhoneNumber", temporary_token=token).status == 401


def test_kill_9_of_auth_in_between_answers_no_temporary_token_twice(own_stack, tmp_path):
    """Two servers show each token, and again after a 503, while auth dies and comes back: a use may be lost with it, never doubled."""
    servers = Servers(own_stack(overrides=Servers.overrides(tmp_path), peers_die=True))
    running, phone = servers.running, servers.phone()
    tokens = [phone.temporary_token("GetPhoneNumber") for _ in range(60)]
    statuses = {token: [] for token in tokens}

    def use(token):
        def is_told():
            statuses[token].append(ask(running, "GetPhoneNumber", temporary_token=token).status)
            return statuses[token][-1] != 503
        wait_for(is_told, 60, "an answer that is no 503")

    def use_all():
        for token in tokens:
            use(token)

    both = Threads(use_all, use_all)
    for part in (10, 25, 40):
        wait_for(lambda n=part: sum(1 for s in statuses.values() if s) >= n, 60, "the servers to get on")
        running["auth0"].kill()
        running["auth0"].start()
    both.join()
    assert {s for seen in statuses.values() for s in seen} <= {200, 401, 503}
    assert all(seen.count(200) <= 1 for seen in statuses.values())
    assert all(seen.count(200) == 1 for seen in statuses.values() if 503 not in seen), "without a crash none is lost"


def test_replicas_share_what_was_spent(own_stack, tmp_path):
    servers = Servers(own_stack(overrides=Servers.overrides(tmp_path), replicas={"auth": 2}))
    phone = servers.phone()
    for _ in range(4):
        token = phone.temporary_token("GetPhoneNumber")
        assert [ask(servers.running, "GetPhoneNumber", temporary_token=token).status for _ in range(3)] == [200, 401, 401]


@pytest.mark.parametrize("damage", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: t[:40], lambda t: "x", lambda t: t + "AAAA"])
def test_a_damaged_temporary_token_is_401(servers, damage):
    """V12-TT-02, V12-HTTP-11"""
    token = servers.phone().temporary_token("GetPhoneNumber")
    assert ask(servers.running, "GetPhoneNumber", temporary_token=damage(token)).status == 401


def test_no_kind_of_token_passes_for_another(servers):
    """V12-TT-02, V12-TT-09"""
    phone = servers.phone(app="ap2015")
    temporary, operator, access = phone.temporary_token("AcquireOperatorToken"), phone.operator_token(), servers.mdm.access_token()
    for token in (phone.token, operator, access):
        assert ask(servers.running, "AcquireOperatorToken", app="ap2015", temporary_token=token, client_id="mdm", scope="payments").status == 401
    for token in (phone.token, temporary, access):
        assert ask(servers.running, "GetSubscriberDeviceInfo", app="ap2015", operator_token=token).status == 401
    for token in (temporary, operator, access):
        with servers.connection() as connection:
            assert connection.get(params(token=token, app="ap2015", operation="AcquireTemporaryToken")).status == 511


def test_a_temporary_token_is_for_its_targets_and_its_application(servers):
    """V12-TT-03, V12-TT-06, V12-INFO-04, V12-INFO-12"""
    token = servers.phone().temporary_token("VerifyPhoneNumber")
    for operation in ("GetPhoneNumber", "GetSubscriberInfo", "AcquireTemporaryToken"):
        assert ask(servers.running, operation, temporary_token=token).status == 403
    assert ask(servers.running, "VerifyPhoneNumber", app="ap2015", temporary_token=token, msisdn="+15550000001").status == 403
    assert ask(servers.running, "VerifyPhoneNumber", app=["ap2014", "ap2004"], temporary_token=token, msisdn="+15550000001").status == 403


def test_a_request_by_temporary_token_needs_its_parameters(servers):
    """V12-TT-01"""
    token = servers.phone().temporary_token("GetPhoneNumber")
    assert ask(servers.running, None, temporary_token=token).status == 400
    assert ask(servers.running, "GetHoroscope", temporary_token=token).status == 400
    assert ask(servers.running, "GetPhoneNumber", temporary_token=token, requestor_id=None).status == 400


def test_what_is_not_there_is_404_to_a_server(servers):
    """V12-TT-04: a subscriber without a number, and one who is gone."""
    running = servers.running
    running.ctl("subscriber", "set", "--tenant", "demo", "--imsi", "001010000000005", "--msisdn", "")
    phone = servers.phone(5)
    assert phone.told("GetPhoneNumber") == {"OperationResult": "100"}
    token = phone.temporary_token("GetPhoneNumber")
    assert ask(running, "GetPhoneNumber", temporary_token=token).status == 404
    running.ctl("subscriber", "remove", "--tenant", "demo", "--imsi", "001010000000005")
    assert ask(running, "GetPhoneNumber", temporary_token=token).status == 404


@pytest.mark.parametrize("command,status", [("reset-tokens", 401), ("swap-sim", 401), ("suspend", 401), ("terminate", 401)])
def test_what_ends_a_subscribers_tokens_ends_those_given_away(servers, command, status):
    """V12-TT-02"""
    n = {"reset-tokens": 3, "swap-sim": 3, "suspend": 3, "terminate": 4}[command]
    phone, application = servers.phone(n), servers.phone(n, "ap2015")
    temporary, operator = phone.temporary_token("GetPhoneNumber"), application.operator_token("profile")
    servers.running.ctl("subscriber", command, "--tenant", "demo", "--imsi", phone.usim.imsi)
    for old in (phone, application):
        with servers.connection() as connection:
            assert connection.get(params(token=old.token, app=old.app)).status == 511
    if command == "suspend":
        servers.running.ctl("subscriber", "resume", "--tenant", "demo", "--imsi", phone.usim.imsi)  # which brings none of them back
    assert ask(servers.running, "GetPhoneNumber", temporary_token=temporary).status == status
    assert ask(servers.running, "GetSubscriberDeviceInfo", app="ap2015", operator_token=operator).status == status


@pytest.mark.parametrize("targets", [None, "", "GetHoroscope", "GetPhoneNumber,", "AcquireOperatorToken", "GetPhoneNumber,ManageSubscription"])
def test_only_targets_of_the_application_make_a_temporary_token(servers, targets):
    """V12-TT-09, V12-INFO-05"""
    assert servers.phone().told("AcquireTemporaryToken", **({} if targets is None else {"operation_targets": targets})) == {"OperationResult": "102"}


def test_nobody_but_an_authenticated_phone_gets_a_temporary_token(servers):
    """V12-TT-09"""
    with servers.connection() as connection:
        for more in ({}, {"token": "x"}, {"access_token": servers.mdm.access_token()}):
            answer = connection.get(params(app="ap2014", operation="AcquireTemporaryToken", operation_targets="GetPhoneNumber", **more))
            assert answer.status in (401, 511)
    token = servers.phone().temporary_token("GetPhoneNumber")
    assert ask(servers.running, "AcquireTemporaryToken", temporary_token=token, operation_targets="GetPhoneNumber").status == 403


def test_a_token_for_a_transfer_serves_as_often_as_it_is_shown(servers):
    """V12-TT-06, V12-TT-08: another phone, which has no TOKEN and gets none."""
    phone = servers.phone(app="ap2009")
    token = phone.temporary_token("CheckEligibility,ManageSubscription")
    with servers.connection() as connection:
        for _ in range(3):
            answer = connection.get(params(temporary_token=token, app="ap2009", operation="CheckEligibility", terminal_id="490154203237518"))
            assert answer.status == 200 and answer.apps()["ap2009"]["PrimaryAppEligibility"] == "1" and b"TOKEN" not in answer.body
        answer = connection.get(params(temporary_token=token, app="ap2009", operation="ManageSubscription"))
        assert answer.status == 200 and answer.apps()["ap2009"]["OperationResult"] == "102", "what it wants it has to say"
        assert connection.get(params(temporary_token=token, app="ap2009", operation="AcquireConfiguration")).status == 403
        assert connection.get(params(temporary_token=token, app="ap2006", operation="CheckEligibility")).status == 403


def test_a_transfer_needs_a_plan_that_allows_it(servers):
    phone = servers.phone(6, app="ap2009")
    assert phone.ask("AcquireTemporaryToken", operation_targets="ManageSubscription").status == 403


# ---- access tokens beside them ----


def test_an_access_token_that_is_shown_has_to_be_good(servers):
    """V12-S2S-05, V12-INFO-13"""
    token = servers.phone().temporary_token("GetPhoneNumber")
    show = {"temporary_token": token, "host": HOST}
    assert ask(servers.running, "GetPhoneNumber", access_token="x", **show).status == 401
    assert ask(servers.running, "GetPhoneNumber", access_token=servers.stranger.access_token(), **show).status == 401
    assert ask(servers.running, "GetPhoneNumber", access_token=servers.mdm.access_token(scope="profile"), **show).status == 403
    assert ask(servers.running, "GetPhoneNumber", access_token=servers.mdm.access_token(), **{**show, "requestor_id": "mdm-2"}).status == 403
    assert number_of(ask(servers.running, "GetPhoneNumber", access_token=servers.mdm.access_token(), **show))


def test_a_tenant_may_require_servers_to_authenticate(servers):
    """V12-INFO-13: the phone itself need not."""
    with servers.tenant(phone_number={**TENANT["phone_number"], "access_token_required": True}):
        phone = servers.phone()
        assert phone.told("GetPhoneNumber")["MSISDN"] == phone.number
        token = phone.temporary_token("GetPhoneNumber")
        assert ask(servers.running, "GetPhoneNumber", temporary_token=token).status == 400
        assert ask(servers.running, "GetPhoneNumber", temporary_token=token, access_token=servers.mdm.access_token(), requestor_id=None, terminal_id="1").status == 400
        assert number_of(ask(servers.running, "GetPhoneNumber", temporary_token=token, access_token=servers.mdm.access_token()))


def test_an_access_token_made_of_a_temporary_token_is_for_that_one_and_its_resource(servers):
    """The way of a phone number aggregator: jwt-bearer with the temporary token as its subject."""
    phone = servers.phone()
    one, two = (phone.temporary_token("GetPhoneNumber") for _ in range(2))
    status, _, body = servers.mdm.bearer(f"temptoken:{one}", scope="number:read", resource=f"https://{HOST}/")
    assert status == 200 and 0 < body["expires_in"] <= 300 and body["scope"] == "number:read"
    access = body["access_token"]
    assert ask(servers.running, "GetPhoneNumber", temporary_token=two, access_token=access, host=HOST).status == 401
    assert ask(servers.running, "GetPhoneNumber", temporary_token=one, access_token=access, host="elsewhere.example").status == 401
    assert number_of(ask(servers.running, "GetPhoneNumber", temporary_token=one, access_token=access, host=HOST)) == phone.number
    assert ask(servers.running, "GetPhoneNumber", temporary_token=one, access_token=access, host=HOST).status == 401


def test_a_bearer_assertion_is_judged_like_any_other(servers):
    token = servers.phone().temporary_token("GetPhoneNumber")
    mdm = servers.mdm
    for subject in ("temptoken:x", "tel:+15550000001", f"temptoken:{token[:-2]}", ""):
        assert mdm.bearer(subject)[::2][1]["error"] == "invalid_grant"
    assert mdm.bearer(f"operatortoken:{token}")[0] == 200
    assert servers.stranger.bearer(f"temptoken:{token}")[2]["error"] == "invalid_grant"
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": mdm.sign(sub=f"temptoken:{token}")}
    assert mdm.post(form)[0] == 200 and mdm.post(form)[2]["error"] == "invalid_grant"


# ---- operator tokens ----


@pytest.mark.parametrize("name", ["operation_targets", "operation_target"])
def test_an_operator_token_is_made_of_a_temporary_token_once(servers, name):
    """V12-APP-01, V12-APP-02, V12-APP-15"""
    told = servers.phone(app="ap2015").told("AcquireTemporaryToken", **{name: "AcquireOperatorToken"})
    assert told["OperationTargets"] == "AcquireOperatorToken" and told["TemporaryTokenExpiry"]
    with servers.connection() as connection:
        request = params(app="ap2015", operation="AcquireOperatorToken", temporary_token=told["TemporaryToken"], client_id="mdm", scope="payments")
        answer = connection.get(request)
        assert answer.status == 200 and b"TOKEN" not in answer.body
        made = answer.apps()["ap2015"]
        assert made["OperatorToken"] and made["OperatorTokenExpiry"].endswith("Z") and made["ClientID"] == "mdm" and made["OperationResult"] == "1"
        assert made["OperatorTokenAuthURL"] == "https://aes.example/validate"
        assert connection.get(request).status == 401


def test_an_operator_token_is_made_of_the_phones_own_token(servers):
    """V12-APP-01, V12-APP-02"""
    told = servers.phone(app="ap2015").told("AcquireOperatorToken", client_id="mdm", scope="payments profile")
    assert {"OperatorToken", "OperatorTokenExpiry", "ClientID", "OperationResult"} <= set(told)


@pytest.mark.parametrize("change", [{"client_id": None}, {"scope": None}, {"client_id": "nobody"}, {"scope": "everything"}, {"scope": 'a"b'}], ids=str)
def test_an_operator_token_needs_a_client_and_its_scopes(servers, change):
    """V12-APP-04, V12-APP-11"""
    request = {k: v for k, v in {"client_id": "mdm", "scope": "payments", **change}.items() if v is not None}
    assert servers.phone(app="ap2015").told("AcquireOperatorToken", **request) == {"OperationResult": "102"}


def test_a_tenant_may_require_the_applications_access_token(servers):
    """V12-APP-03"""
    with servers.tenant(app_authentication={"operations": APP, "access_token_required": True}):
        phone, other = servers.phone(app="ap2015"), servers.backend(scopes=["AcquireOperatorToken", "payments"])
        ours = {"client_id": other.id, "scope": "payments"}
        assert phone.told("AcquireOperatorToken", **ours) == {"OperationResult": "102"}
        assert phone.ask("AcquireOperatorToken", access_token="x", **ours).status == 403
        assert phone.told("AcquireOperatorToken", access_token=servers.mdm.access_token(scope="payments"), **ours) == {"OperationResult": "102"}
        assert phone.told("AcquireOperatorToken", access_token=other.access_token(), **ours)["OperatorToken"]


@pytest.mark.parametrize("more,validity,looked_at", [
    ({"client_id": "mdm"}, "1", "client_id"), ({"scope": "payments"}, "1", "scope"), ({"client_id": "mdm", "scope": "payments"}, "1", "scope,client_id"),
    ({"client_id": "other"}, "0", "client_id"), ({"scope": "profile"}, "0", "scope"), ({"client_id": "mdm", "scope": "payments profile"}, "0", "scope,client_id"),
], ids=str)
def test_an_operator_token_is_validated(servers, more, validity, looked_at):
    """V12-APP-04, V12-APP-06, V12-APP-09"""
    token = servers.phone(app="ap2015").operator_token("payments")
    answer = ask(servers.running, "ValidateOperatorToken", app="ap2015", operator_token=token, **more)
    assert answer.json() == {"Vers": answer.json()["Vers"], "ap2015": {"OperatorTokenValidity": validity, "OperatorTokenValidatedParams": looked_at,
                                                                       "OperationResult": "1"}}


def test_validation_needs_a_client_or_a_scope(servers):
    """V12-APP-05"""
    token = servers.phone(app="ap2015").operator_token()
    assert ask(servers.running, "ValidateOperatorToken", app="ap2015", operator_token=token).status == 400


def test_an_operator_token_tells_what_its_scope_allows_as_often_as_asked(servers):
    """V12-APP-07, V12-APP-08, V12-APP-09, V12-APP-11"""
    running, phone = servers.running, servers.phone(app="ap2015")
    profile, payments = phone.operator_token("profile"), phone.operator_token("payments")
    for _ in range(2):
        answer = ask(running, "GetSubscriberDeviceInfo", app="ap2015", operator_token=profile).json()
        assert answer["ap2015"] == {"MSISDN": "+15550000001", "IMSI": "001010000000001", "OperationResult": "1"} and "Token" not in answer
    answer = ask(running, "VerifyPhoneNumber", app="ap2015", operator_token=payments, msisdn="+15550000001").json()
    assert answer["ap2015"] == {"PhoneNumberVerification": "1", "msisdn": "+15550000001", "OperationResult": "1"} and "Token" not in answer
    assert ask(running, "GetSubscriberDeviceInfo", app="ap2015", operator_token=payments).status == 403
    assert ask(running, "VerifyPhoneNumber", app="ap2015", operator_token=profile, msisdn="+15550000001").status == 403
    assert ask(running, "GetPhoneNumber", app="ap2014", operator_token=profile).status == 403
    assert ask(running, "AcquireOperatorToken", app="ap2015", operator_token=profile, client_id="mdm", scope="profile").status == 403


def test_an_operator_token_ends_with_its_application(servers):
    backend = servers.backend(scopes=["profile"])
    token = servers.phone(app="ap2015").operator_token("profile", backend.id)
    assert ask(servers.running, "GetSubscriberDeviceInfo", app="ap2015", operator_token=token).status == 200
    servers.running.ctl("client", "delete", "--tenant", "demo", backend.id)
    assert ask(servers.running, "GetSubscriberDeviceInfo", app="ap2015", operator_token=token).status == 401
    assert servers.phone(app="ap2015").told("AcquireOperatorToken", client_id=backend.id, scope="profile") == {"OperationResult": "102"}


def test_operations_of_operator_tokens_need_one(servers):
    """V12-APP-09"""
    phone = servers.phone(app="ap2015")
    for operation in ("ValidateOperatorToken", "GetSubscriberDeviceInfo", "VerifyPhoneNumber"):
        assert phone.told(operation, client_id="mdm", msisdn="+15550000001") == {"OperationResult": "102"}


def test_an_expired_operator_or_temporary_token_is_refused(servers):
    """V12-APP-10, V12-TT-02, V12-TT-07: with the shortest life a tenant may give."""
    with servers.tenant(authentication={"operator_token_ttl": 10, "temporary_token_ttl": 10}):
        phone, temporary = servers.phone(app="ap2015"), []

        def short_lived():
            temporary[:] = [Phone(servers, 1, "ap2014").temporary_token("GetPhoneNumber")]
            # the life is sealed; it is the document that tells it
            told = phone.told("AcquireOperatorToken", client_id="mdm", scope="profile")
            temporary.append(told["OperatorToken"])
            return "OperatorTokenAuthURL" not in told
        wait_for(short_lived, what="auth to hear of the lives")
        unused, operator = temporary
        assert ask(servers.running, "GetSubscriberDeviceInfo", app="ap2015", operator_token=operator).status == 200
        wait_for(lambda: ask(servers.running, "GetSubscriberDeviceInfo", app="ap2015", operator_token=operator).status == 401, 30, "its end")
        assert ask(servers.running, "GetPhoneNumber", temporary_token=unused).status == 401
        assert "grant_expired" in servers.running["gateway0"].log()


# ---- app tokens ----


def app_token(servers, name="hQ7mB2xw", **more):
    status, _, body = servers.mdm.credentials(scope="app_token", **{"3PAppNameAnon": name}, **more)
    assert status == 200 and body["expires_in"] <= 300, body
    return body["access_token"]


def test_an_app_token_tells_the_applications_anonymous_name_once(servers):
    """V12-APP-12, V12-APP-13, V12-APP-14"""
    phone, token = servers.phone(app="ap2015"), app_token(servers)
    assert phone.told("Get3PAppInfo", App_token=token) == {"3PAppNameAnon": "hQ7mB2xw", "OperationResult": "1"}
    assert phone.told("Get3PAppInfo", App_token=token) == {"OperationResult": "102"}


def test_of_two_who_use_an_app_token_at_once_one_wins(servers):
    """V12-APP-13"""
    phone = servers.phone(app="ap2015")
    for _ in range(5):
        token, results = app_token(servers), []
        use = lambda t=token, r=results: r.append(phone.told("Get3PAppInfo", App_token=t)["OperationResult"])  # noqa: E731
        Threads(use, use).join()
        assert sorted(results) == ["1", "102"]


def test_only_an_app_token_is_one(servers):
    """V12-APP-13"""
    phone = servers.phone(app="ap2015")
    for token in ("", "x", phone.token, servers.mdm.access_token(), phone.temporary_token("AcquireOperatorToken")):
        assert phone.told("Get3PAppInfo", App_token=token) == {"OperationResult": "102"}
    with servers.connection() as connection:
        assert connection.get(params(app="ap2015", operation="Get3PAppInfo", App_token=app_token(servers))).status == 511
        assert connection.get(params(app="ap2015", operation="GetPhoneNumber", temporary_token=app_token(servers))).status == 401


# ---- EAP beside a TOKEN ----


def test_a_tenant_chooses_whether_eap_beside_a_good_token_is_looked_at(servers):
    """V12-TOK-02"""
    request = {"EAP_ID": nai(servers.sim(1).imsi), "token": servers.phone(app="ap2004").token}
    with servers.connection() as connection:
        assert connection.get(params(**request), accept=EAP_RELAY + ", " + XML).token() == request["token"]
        with servers.tenant(authentication={"eap_over_token": True}):
            answer = connection.get(params(**request), accept=EAP_RELAY)
            assert answer.type == EAP_RELAY and answer.packet()
            assert connection.get(params(token=request["token"])).token() == request["token"]


def test_no_log_holds_a_token(servers):
    phone = servers.phone(app="ap2015")
    operator, assertion = phone.operator_token(), servers.mdm.sign()
    access, temporary = servers.mdm.access_token(assertion=assertion), phone.temporary_token("AcquireOperatorToken")
    secrets = [phone.token, operator, access, temporary, assertion, app_token(servers)]
    ask(servers.running, "ValidateOperatorToken", app="ap2015", operator_token=operator, access_token=access, client_id="mdm")
    logs = "".join(process.log() for process in servers.running.processes.values())
    for secret in secrets:
        assert secret not in logs and json.dumps(secret) not in logs and base64.b64encode(secret.encode()).decode() not in logs

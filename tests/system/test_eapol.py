"""The unmodified EAP-AKA and EAP-AKA' supplicant of Debian (eapol_test) authenticates through a RADIUS-to-TS.43 relay."""

import json
import os
import subprocess

import pytest
from stack import BIN, ROOT
from ts43 import Client, authenticate, nai, nai_prime
from usim import TEST_SETS, TUAK_SETS, Tuak, Usim, demo_usim


def test_eapol_test_authenticates_and_a_document_with_a_token_comes(supplicant, sim):
    """V12-AUTH-01, V12-AUTH-06, V12-AUTH-19: an independent peer derives the same keys from the identity it sent."""
    code, relay, card, output = supplicant(sim(2))
    assert code == 0, output
    assert card.results == ["ok"] and relay.statuses == [200, 200]
    assert relay.document.token() and relay.document.apps()["ap2004"]["EntitlementStatus"]


def test_eapol_test_with_a_wrong_key_is_refused(supplicant):
    """V12-AUTH-14: the card finds AUTN wrong and says AKA-Authentication-Reject; 403 and no token."""
    code, relay, card, _ = supplicant(Usim("001010000000003", "00" * 16, TEST_SETS[2][1]))
    assert code != 0
    assert card.results == ["mac"] and relay.statuses == [200, 403] and relay.document is None


def test_eapol_test_with_its_sqn_ahead_resynchronises_and_gets_in(supplicant, sim):
    """V12-AUTH-05, V12-AUTH-13: AUTS, a new challenge from a resynchronised vector, success."""
    usim = sim(4)
    usim.move_ahead()
    code, relay, card, output = supplicant(usim)
    assert code == 0, output
    assert card.results == ["auts", "ok"] and relay.statuses == [200, 200, 200]


def test_eapol_test_with_an_unknown_subscriber_is_refused_at_once(supplicant):
    """V12-AUTH-08, settled: an unknown IMSI is 403 at once."""
    code, relay, _, _ = supplicant(Usim("001010999999999", *TEST_SETS[0]))
    assert code != 0 and relay.statuses == [403]


@pytest.mark.parametrize("n,res", [(0, 4), (1, 16)])
def test_a_sim_with_tuak_is_provisioned_and_authenticates(stack, supplicant, tmp_path, n, res):
    """V12-AUTH-13, V12-AUTH-19: K of 128 and 256 bits, RES of 32 and 128 bits; AUTS of a SIM that is ahead is understood, too."""
    imsi, (k, topc) = f"00101000000007{n}", TUAK_SETS[n]
    (tmp_path / "topc").write_text(topc + "\n")
    stack.ctl("subscriber", "add", "--tenant", "demo", "--imsi", imsi, "--plan", "gold", "--algorithm", "tuak", "--k", "-", "--topc", f"@{tmp_path}/topc",
              "--res-length", res, stdin=k + "\n")
    try:
        assert '"tuak"' in stack.ctl("keys", "status", "--tenant", "demo", "--imsi", imsi, "--json").stdout
        usim = Usim(imsi, k, topc, functions=Tuak(bytes.fromhex(k), bytes.fromhex(topc), res))
        usim.seq = [1 << 36] * 32
        code, relay, card, output = supplicant(usim)
        assert code == 0, output
        assert card.results == ["auts", "ok"] and relay.statuses == [200, 200, 200] and relay.document.token()
        phone = subprocess.run([BIN / "openes-phone", "--url", f"https://localhost:{stack.port}/", "--ca", stack.ca, "--imsi", imsi, "--algorithm", "tuak",
                                "--k", k, "--topc", topc, "--res", str(res)], capture_output=True, text=True, timeout=60)
        assert phone.returncode == 0, phone.stdout + phone.stderr
        assert k not in phone.stdout and topc not in phone.stdout
    finally:
        stack.ctl("subscriber", "remove", "--tenant", "demo", "--imsi", imsi)


def with_authentication(stack, **settings):
    """The demo tenant with these settings of `authentication`."""
    tenant = json.loads((ROOT / "deploy/demo/tenant.json").read_text())
    path = stack.dir / "tenant.json"
    path.write_text(json.dumps({**tenant, "authentication": settings}))
    stack.ctl("tenant", "set", path)


def test_eapol_test_authenticates_with_aka_prime(own_stack, supplicant):
    """V12-AUTH-19, RFC 9048: an independent peer derives CK', IK' and K_aut from the network name it was told."""
    stack = own_stack()
    with_authentication(stack, methods=["aka_prime", "aka"])
    usim = demo_usim(1)
    code, relay, card, output = supplicant(usim, method="AKA'", identity=nai_prime(usim.imsi), on=stack)
    assert code == 0, output
    assert card.results == ["ok"] and relay.statuses == [200, 200] and relay.document.token()


def test_eapol_test_resynchronises_with_aka_prime(own_stack, supplicant):
    """V12-AUTH-05, V12-AUTH-13, RFC 9048 3.2: AUTS comes with the list of key derivations."""
    stack = own_stack()
    with_authentication(stack, methods=["aka_prime"])
    usim = demo_usim(1)
    usim.seq = [1 << 36] * 32
    code, relay, card, output = supplicant(usim, method="AKA'", identity=nai_prime(usim.imsi), on=stack)
    assert code == 0, output
    assert card.results == ["auts", "ok"] and relay.statuses == [200, 200, 200]


@pytest.mark.parametrize("method,lead", [("AKA'", "0"), ("AKA", "6")])
def test_a_nak_gets_the_method_that_the_phone_speaks(own_stack, supplicant, method, lead):
    """RFC 3748 5.3.1: the identity's digit names one method, the phone speaks the other, the tenant offers both."""
    stack = own_stack()
    with_authentication(stack, methods=["aka_prime", "aka"])
    usim = demo_usim(1)
    code, relay, card, output = supplicant(usim, method=method, identity=lead + nai(usim.imsi)[1:], on=stack)
    assert code == 0, output
    assert card.results == ["ok"] and relay.statuses == [200, 200, 200]


def test_a_method_that_the_tenant_does_not_offer_is_refused(own_stack, supplicant):
    """V12-AUTH-14: a Nak for what is not offered ends in 403."""
    stack = own_stack()
    with_authentication(stack, methods=["aka_prime"])
    usim = demo_usim(1)
    code, relay, _, _ = supplicant(usim, method="AKA", identity=nai_prime(usim.imsi), on=stack)
    assert code != 0 and relay.statuses == [200, 403]


@pytest.mark.parametrize("method,lead", [("AKA", "0"), ("AKA'", "6")])
def test_a_peer_that_wants_result_indications_hears_of_success_protected(own_stack, supplicant, method, lead):
    """RFC 4187 6.2: the notification comes before the document; a peer that did not ask for it gets the document at once."""
    stack = own_stack()
    with_authentication(stack, methods=["aka", "aka_prime"], result_indication=True)
    usim = demo_usim(1)
    identity = lead + nai(usim.imsi)[1:]
    code, relay, card, output = supplicant(usim, method=method, identity=identity, phase1="result_ind=1", on=stack)
    assert code == 0, output
    assert card.results == ["ok"] and relay.statuses == [200, 200, 200] and relay.document.token()
    os.unlink(card.path)
    code, relay, _, output = supplicant(usim, method=method, identity=identity, on=stack)
    assert code == 0, output
    assert relay.statuses == [200, 200]


@pytest.mark.parametrize("method,lead,pseudonym", [("AKA", "0", "2"), ("AKA'", "6", "7")])
def test_a_pseudonym_stands_for_the_subscriber_the_next_time(own_stack, supplicant, method, lead, pseudonym):
    """RFC 4187 4.1.1.7, TS 23.003 14.3: the second EAP_ID hides the IMSI, and the card is asked again."""
    stack = own_stack()
    with_authentication(stack, methods=["aka", "aka_prime"], pseudonyms=True)
    usim = demo_usim(1)
    code, relay, card, output = supplicant(usim, method=method, identity=lead + nai(usim.imsi)[1:], again=1, on=stack)
    assert code == 0, output
    assert card.results == ["ok", "ok"] and relay.statuses == [200] * 4
    assert relay.identities[1].startswith(pseudonym) and usim.imsi not in relay.identities[1]


@pytest.mark.parametrize("result_indication", [False, True])
@pytest.mark.parametrize("method,lead,reauth", [("AKA", "0", "4"), ("AKA'", "6", "8")])
def test_fast_reauthentication_spares_the_card(own_stack, supplicant, method, lead, reauth, result_indication):
    """RFC 4187 section 5: twice more with counter and nonce alone, under a name of one use each time."""
    stack = own_stack()
    with_authentication(stack, methods=["aka", "aka_prime"], pseudonyms=True, reauthentications=5, result_indication=result_indication)
    usim = demo_usim(1)
    phase1 = "result_ind=1" if result_indication else ""
    code, relay, card, output = supplicant(usim, method=method, identity=lead + nai(usim.imsi)[1:], phase1=phase1, again=2, on=stack)
    assert code == 0, output
    assert card.results == ["ok"] and relay.statuses == [200] * (9 if result_indication else 6)
    assert all(name.startswith(reauth) for name in relay.identities[1:]) and len(set(relay.identities)) == 3


def test_reauthentications_end_when_the_tenant_says_so(own_stack, supplicant):
    """RFC 4187 5.1: after as many as are allowed the card is asked again."""
    stack = own_stack()
    with_authentication(stack, methods=["aka"], reauthentications=1)
    usim = demo_usim(1)
    code, relay, card, output = supplicant(usim, again=3, on=stack)
    assert code == 0, output
    assert card.results == ["ok", "ok"]


@pytest.mark.parametrize("method", ["aka", "aka-prime", "both"])
def test_openes_phone_holds_the_server_to_rfc_9048(own_stack, method):
    """Its peer checks AT_KDF_INPUT, AT_KDF, the separation bit, AT_CHECKCODE and a bidding down."""
    stack = own_stack()
    with_authentication(stack, methods=["aka_prime", "aka"], bidding=True)
    common = [BIN / "openes-phone", "--url", f"https://localhost:{stack.port}/", "--ca", stack.ca, "--imsi", "001010000000001",
              "--k", TEST_SETS[0][0], "--opc", TEST_SETS[0][1], "--method", method]
    done = subprocess.run(common, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout
    if method == "aka-prime":
        done = subprocess.run([*common, "--network-name", "HRPD"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "another network" in done.stdout
    if method == "both":
        done = subprocess.run([*common, "--param", f"EAP_ID={nai('001010000000001')}"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "bidding down" in done.stdout


def test_aka_prime_by_hand_over_https(own_stack):
    """V12-AUTH-05, V12-AUTH-13, V12-AUTH-19: the tests' own peer, which derives everything from RFC 9048 for itself."""
    stack = own_stack()
    with_authentication(stack, methods=["aka_prime"], network_name="5G:mnc001.mcc001.3gppnetwork.org")
    client, usim = Client(stack), demo_usim(1)
    for ahead in (0, 1 << 36):
        usim.seq = [max(usim.seq) + ahead] * 32
        answer = authenticate(client, usim, identity=nai_prime(usim.imsi))
        assert answer.status == 200 and answer.token()
    wrong = Usim(usim.imsi, "00" * 16, TEST_SETS[0][1])
    assert authenticate(client, wrong, identity=nai_prime(usim.imsi)).status == 403
    client.close()

"""What happens when a process dies at the worst moment: nothing acknowledged is lost, no answer is wrong."""

import signal
import socket

import pytest
from load import Load, served
from stack import wait_for
from ts43 import EAP_RELAY, Client, answer_challenge, authenticate, nai, params
from usim import TEST_SETS, Usim, demo_usim


@pytest.mark.parametrize("victim", ["gateway0", "auth0", "policy0", "esim0", "notify0"])
def test_kill_9_of_one_process_under_load_gives_503_while_it_is_away_and_nothing_wrong(own_stack, victim):
    """V12-HTTP-08"""
    running = own_stack()
    load = Load(running)
    others = {name: p.popen.pid for name, p in running.processes.items() if name != victim}
    for _ in range(3):
        with load.absence:
            running[victim].kill()
            load.more(3)
            running[victim].start()
        load.more_good(20)
    statuses, away = load.finish()
    assert {name: p.popen.pid for name, p in running.processes.items() if name != victim} == others
    assert all(p.popen.poll() is None for p in running.processes.values()), "no process but the killed one restarted"
    assert statuses <= {"200", "503"} | ({"0"} if victim == "gateway0" else set())
    if victim in ("esim0", "notify0"):
        assert away == 0 and statuses == {"200"}, "who is not asked is not missed"
    if victim == "auth0":
        assert away == 0, "a token needs auth only near its end"


def test_who_hangs_up_before_a_word_makes_no_process_deaf(own_stack):
    """NNG 1.5 takes that for the end of its listener: es_bus_nng.c."""
    running = own_stack()
    for service in ("policy", "auth"):
        for _ in range(50):
            with socket.socket(socket.AF_UNIX) as stranger:
                stranger.connect(running.target(service).removeprefix("ipc://"))
    running["gateway0"].kill()
    running["gateway0"].start()  # waits until it has reached both


@pytest.mark.parametrize("victim", ["gateway0", "auth0", "policy0"])
def test_sigterm_finishes_what_is_in_flight_and_exits_0(own_stack, victim):
    running = own_stack()
    load = Load(running)
    with load.absence:
        assert running[victim].stop() == 0
        load.more(3)
        running[victim].start()
    load.more_good(20)
    statuses, _ = load.finish()
    assert statuses <= {"200", "503"} | ({"0"} if victim == "gateway0" else set())


def test_replicas_of_auth_are_replaced_one_by_one_and_nobody_notices(own_stack):
    running = own_stack(replicas={"auth": 2})
    load = Load(running)
    for victim in ("auth0", "auth1"):
        found = {asker: _found(running, asker, victim) for asker in ("gateway0", "policy0")}
        assert running[victim].stop() == 0
        load.more_good(20)
        running[victim].start()
        wait_for(lambda: all(_found(running, asker, victim) > n for asker, n in found.items()), 30, "all who ask auth to know the new replica")
        wait_for(lambda: served(running[victim]) > 0, 30, "the new replica to be asked")
    statuses, away = load.finish()
    assert statuses == {"200"} and away == 0


def _found(running, asker, replica):
    """How often `asker` has found `replica` well."""
    return sum('"bus.replica_up"' in line and f'/{replica}"' in line for line in running[asker].log().splitlines())


def test_a_hung_process_is_an_answer_503_and_not_a_hang(own_stack):
    """V12-HTTP-08"""
    running = own_stack()
    load = Load(running)
    with load.absence:
        running["policy0"].popen.send_signal(signal.SIGSTOP)
        load.more(3)
        wait_for(lambda: running["gateway0"].http("/readyz")[0] == 503, 30, "the gateway to notice")
        load.more(3)
        running["policy0"].popen.send_signal(signal.SIGCONT)
    load.more_good(20)
    statuses, away = load.finish()
    assert away > 0 and statuses <= {"200", "503"}


def test_a_hung_replica_is_left_out_until_it_answers_again(own_stack):
    running = own_stack(replicas={"auth": 2})
    usim = Usim("001010000000001", *TEST_SETS[0])
    assert authenticate(Client(running), usim).status == 200
    running["auth0"].popen.send_signal(signal.SIGSTOP)
    wait_for(lambda: '"bus.replica_down"' in running["gateway0"].log(), 30, "the gateway to leave it out")
    for _ in range(10):
        assert authenticate(Client(running), usim).status == 200
    before = served(running["auth1"])
    running["auth0"].popen.send_signal(signal.SIGCONT)
    known = served(running["auth0"])

    def asked():
        assert authenticate(Client(running), usim).status == 200
        return served(running["auth0"]) > known
    wait_for(asked, 30, "the replica to be asked again")
    assert served(running["auth1"]) >= before


@pytest.mark.parametrize("victim", ["gateway0", "auth0"])
def test_a_handshake_begun_before_a_kill_finishes_after_it(own_stack, victim):
    running = own_stack()
    usim, identity = Usim("001010000000004", *TEST_SETS[3]), nai("001010000000004")
    first = Client(running).get(params(EAP_ID=identity), accept=EAP_RELAY)
    running[victim].kill()
    running[victim].start()
    answer = _until_answered(running, answer_challenge(usim, first.packet(), identity), first.cookie())
    assert answer.status == 200 and answer.token()


def test_a_resynchronisation_survives_a_kill_of_auth(own_stack):
    running = own_stack()
    usim, identity = Usim("001010000000004", *TEST_SETS[3], sqn=1 << 40), nai("001010000000004")
    first = Client(running).get(params(EAP_ID=identity), accept=EAP_RELAY)
    second = Client(running).relay(answer_challenge(usim, first.packet(), identity), first.cookie())
    running["auth0"].kill()
    running["auth0"].start()
    answer = _until_answered(running, answer_challenge(usim, second.packet(), identity), first.cookie())
    assert answer.status == 200 and answer.token()


def _until_answered(running, packet, cookie, gateway=None):
    """A phone repeats after 503 with Retry-After; anything else is its answer."""
    holder = {}

    def answered():
        holder["answer"] = Client(running, port=gateway).relay(packet, cookie)
        return holder["answer"].status != 503
    wait_for(answered, 30, "an answer other than 503")
    return holder["answer"]


def test_two_auth_and_two_gateway_replicas_share_the_work_and_finish_what_the_other_began(own_stack):
    """Two auth processes on one database never hand out one SQN twice: the card would refuse it."""
    running = own_stack(replicas={"auth": 2, "gateway": 2})
    ports = [running["gateway0"].port, running["gateway1"].port]
    usims = [demo_usim(n) for n in (1, 2, 3, 4)]
    for round_ in range(12):
        for n, usim in enumerate(usims):
            identity = nai(usim.imsi)
            first = Client(running, port=ports[(round_ + n) % 2]).get(params(EAP_ID=identity), accept=EAP_RELAY)
            response = answer_challenge(usim, first.packet(), identity)
            assert response[5] == 1 or round_ == 0, "each SQN was new to the card"
            if response[5] == 4:
                again = Client(running, port=ports[(round_ + n + 1) % 2]).relay(response, first.cookie())
                response = answer_challenge(usim, again.packet(), identity)
            final = Client(running, port=ports[(round_ + n + 1) % 2]).relay(response, first.cookie())
            assert final.status == 200 and final.token()
    assert served(running["auth0"]) > 10 and served(running["auth1"]) > 10


def test_with_one_auth_replica_dead_the_other_carries_on(own_stack):
    running = own_stack(replicas={"auth": 2})
    usim = Usim("001010000000001", *TEST_SETS[0])
    assert authenticate(Client(running), usim).status == 200
    running["auth0"].kill()

    def answered():
        answer = authenticate(Client(running), usim)
        assert answer.status == 200 or (answer.status == 503 and int(answer.headers["Retry-After"]) > 0), answer.body
        return answer.status == 200
    wait_for(answered, 20, "the other replica to serve")
    for _ in range(10):
        assert authenticate(Client(running), usim).status == 200


def test_policy_away_is_503_with_retry_after_and_the_exchange_can_be_finished_later(own_stack):
    """V12-HTTP-08, V12-AUTH-10"""
    running = own_stack()
    usim, identity = Usim("001010000000002", *TEST_SETS[1]), nai("001010000000002")
    first = Client(running).get(params(EAP_ID=identity), accept=EAP_RELAY)
    response = answer_challenge(usim, first.packet(), identity)
    running["policy0"].kill()
    answer = Client(running).relay(response, first.cookie())
    assert answer.status == 503 and int(answer.headers["Retry-After"]) > 0
    running["policy0"].start()
    final = _until_answered(running, response, first.cookie())
    assert final.status == 200 and final.token()


def test_what_the_operators_api_acknowledged_survives_kill_9(own_stack):
    running = own_stack()
    for n in range(8):
        running.ctl("subscriber", "set", "--tenant", "demo", "--imsi", "001010000000003", "--plan", ("basic", "gold")[n % 2])
        running["policy0"].kill()
        running["policy0"].start()
        running["gateway0"].wait_ready()
        assert f'"{("basic", "gold")[n % 2]}"' in running.ctl("subscriber", "show", "--tenant", "demo", "--imsi", "001010000000003", "--json").stdout


def test_a_strangers_frame_on_the_bus_is_refused_and_counted(own_stack):
    """Another process with another key finds no partner, and the callee says so."""
    running = own_stack()
    stranger = running.dir / "stranger.key"
    stranger.write_text("ab" * 32 + "\n")
    stranger.chmod(0o600)
    config = running.dir / "stranger.conf"
    original = running["gateway0"].config.read_text()
    config.write_text("\n".join(f"bus_key_file = {stranger}" if line.startswith("bus_key_file") else line for line in original.splitlines()) + "\n")
    running["gateway0"].stop()
    running["gateway0"].config = config
    running["gateway0"].start(wait=False)
    wait_for(lambda: running["policy0"].metric("openes_bus_refused_total") > 0, 20, "the refusal counted")
    assert "bus.stranger" in running["policy0"].log()
    wait_for(lambda: '"service.started"' in running["gateway0"].log().rsplit('"service.stopped"', 1)[-1], 20, "the gateway with the wrong key to listen")
    answer = Client(running).get(params(token="x"))
    assert answer.status in (503, 511)
    running["gateway0"].config = running.dir / "gateway0.conf"
    running["gateway0"].stop()
    running["gateway0"].start()

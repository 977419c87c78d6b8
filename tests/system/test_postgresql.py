"""The same server on PostgreSQL: what the operator sees and what the phones get does not depend on the database."""

import json

from load import APPS, Load, judged, served
from stack import wait_for
from ts43 import EAP_RELAY, Client, answer_challenge, authenticate, nai, params
from usim import TEST_SETS, Usim, demo_usim


def ask(stack, n, **more):
    return authenticate(Client(stack), demo_usim(n), app=APPS, **more)


def test_every_demo_subscriber_gets_the_answer_it_gets_on_sqlite(own_stack, postgresql, stack):
    running = own_stack(db=postgresql.databases())
    for n in range(1, 13):
        on_postgresql, on_sqlite = ask(running, n), ask(stack, n)
        assert on_postgresql.status == on_sqlite.status
        if on_sqlite.status == 200:
            assert judged(on_postgresql) == judged(on_sqlite)
    assert listed(running) == listed(stack)


def listed(stack):
    rows = json.loads(stack.ctl("subscriber", "list", "--tenant", "demo", "--json").stdout)
    return [{key: row[key] for key in ("imsi", "msisdn", "plan", "status")} for row in rows]


def test_operators_changes_tokens_and_resynchronisation(own_stack, postgresql):
    running = own_stack(db=postgresql.databases())
    connection = Client(running)
    subscriber = ("--tenant", "demo", "--imsi", "001010000000001")
    token = ask(running, 1).token()
    assert connection.get(params(token=token)).apps()["ap2004"]["EntitlementStatus"] == "1"
    running.ctl("subscriber", "set", *subscriber, "--plan", "basic")
    assert connection.get(params(token=token)).apps()["ap2004"]["EntitlementStatus"] != "1", "in the very next answer"
    running.ctl("subscriber", "reset-tokens", *subscriber)
    assert connection.get(params(token=token)).status == 511
    ahead = Usim("001010000000001", *TEST_SETS[0], sqn=1 << 40)
    renewed = authenticate(connection, ahead)
    assert renewed.status == 200 and renewed.token() != token
    trail = running.ctl("audit", "--tenant", "demo", "--json").stdout
    assert "subscriber.patch" in trail and "tokens" in trail


def test_kill_9_of_each_of_two_auth_processes_loses_no_sqn_and_gives_no_wrong_answer(own_stack, postgresql):
    running = own_stack(db=postgresql.databases(), replicas={"auth": 2})
    load = Load(running)
    for victim in ("auth0", "auth1", "auth0"):
        with load.absence:
            running[victim].kill()
            load.more_good(10)
            running[victim].start()
        wait_for(lambda: served(running[victim]) > 0, 30, "the restarted replica to be asked")
    statuses, away = load.finish()
    assert statuses <= {"200", "503"} and away == 0, "a token does not need auth"


def test_a_handshake_begun_on_one_auth_finishes_on_the_other_after_its_death(own_stack, postgresql):
    running = own_stack(db=postgresql.databases(), replicas={"auth": 2})
    usim, identity = Usim("001010000000004", *TEST_SETS[3], sqn=1 << 40), nai("001010000000004")
    first = Client(running).get(params(EAP_ID=identity), accept=EAP_RELAY)
    second = Client(running).relay(answer_challenge(usim, first.packet(), identity), first.cookie())
    response = answer_challenge(usim, second.packet(), identity)
    running["auth0"].kill()
    holder = {}

    def answered():
        holder["answer"] = Client(running).relay(response, first.cookie())
        return holder["answer"].status != 503
    wait_for(answered, 30, "an answer of the other")
    assert holder["answer"].status == 200 and holder["answer"].token()


def test_the_database_goes_away_and_comes_back_and_no_process_with_it(own_stack, postgresql):
    running = own_stack(db=postgresql.databases())
    load = Load(running)
    pids = {name: p.popen.pid for name, p in running.processes.items()}
    for mode in ("fast", "immediate"):
        with load.absence:
            postgresql.restart(mode)
        load.more_good(20)
    statuses, _ = load.finish()
    assert statuses <= {"200", "503"}
    assert {name: p.popen.pid for name, p in running.processes.items()} == pids
    assert all(p.popen.poll() is None for p in running.processes.values())

from collections import Counter

import pytest

pytest.register_assert_rewrite("browser", "load", "logins", "odsa", "odsa_sheet", "people", "push", "push_stack", "servers", "sheets", "stack", "supplicant", "core_stack", "ts43")

import core  # noqa: E402
from odsa import Odsa  # noqa: E402
from push_stack import started  # noqa: E402
from servers import Servers  # noqa: E402
from stack import Postgresql, Stack  # noqa: E402
from supplicant import Supplicant  # noqa: E402
from ts43 import Client  # noqa: E402
from usim import demo_usim  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="also the tests that take minutes")
    parser.addoption("--odsa-on", choices=("sqlite", "postgresql"), default="sqlite", help="postgresql: eSIM operations with two processes of esim on it")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes minutes; run by ./openes test --long")
    config.addinivalue_line("markers", "rows: of its rows two are enough, but for ./openes test --long")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--long"):
        return
    seen = Counter()
    for item in items:
        seen[item.module, item.originalname] += 1
        # Rows of a table whose every row is a unit test, too: two of each with real processes are enough for every day.
        is_row_too_many = "rows" in item.keywords and seen[item.module, item.originalname] > 2
        if "long" in item.keywords or is_row_too_many:
            item.add_marker(pytest.mark.skip(reason="only with --long"))


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """The five processes with the demo data, shared by the tests that leave it as they found it."""
    running = Stack(tmp_path_factory.mktemp("stack"))
    try:
        yield running.start().load_demo()
    finally:
        running.stop()


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    """A stack of its own whose tenant tells servers what they may know, with servers that ask."""
    folder = tmp_path_factory.mktemp("servers")
    running = Stack(folder, overrides=Servers.overrides(folder))
    try:
        yield Servers(running.start().load_demo())
    finally:
        running.stop()


@pytest.fixture(scope="session")
def odsa_stack(tmp_path_factory, request):
    """A stack of its own with an SM-DP+ and an order management, for the tests of eSIM operations."""
    more = {}
    if request.config.getoption("--odsa-on") == "postgresql":
        more = {"db": request.getfixturevalue("postgresql").databases(), "replicas": {"esim": 2, "policy": 2}}
    made = Odsa(tmp_path_factory.mktemp("odsa"), **more)
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture
def odsa(odsa_stack):
    """It, with the usual settings and everybody well; after the test nothing has happened that must never be."""
    odsa_stack.usual()
    yield odsa_stack
    odsa_stack.check()


@pytest.fixture(scope="session")
def push_stack(tmp_path_factory):
    """A stack of its own with all push services and an SMS centre."""
    with started(tmp_path_factory.mktemp("push"), rules={"mass_hold": "yes"}) as push:  # no change of all lines wakes those of other tests
        yield push


@pytest.fixture
def push(push_stack):
    """It, with everybody well; after the test nobody was asked what may not be asked."""
    yield push_stack
    push_stack.check()


@pytest.fixture
def own_push(tmp_path, request):
    """own_push("apns", rules={...}): services and a stack of this test alone."""
    made = []

    def make(*names, **more):
        more.setdefault("peers_die", request.module.__name__ == "test_push_faults")
        one = started(tmp_path / f"push{len(made)}", *names, **more)
        push = one.__enter__()
        made.append(one)
        return push

    yield make
    for one in reversed(made):
        one.__exit__()


@pytest.fixture(autouse=True)
def shared_stack_is_well(request):
    """A process that ended under one test is named by the next, which would only see its answers missing."""
    if "stack" in request.fixturenames:
        for process in request.getfixturevalue("stack").processes.values():
            assert process.popen.poll() is None, f"{process.instance} ended before this test:\n{process.log()[-3000:]}"
            assert process.http("/readyz")[0] == 200, f"{process.instance} is not ready before this test:\n{process.log()[-3000:]}"


@pytest.fixture
def own_stack(tmp_path, request):
    """own_stack(replicas={...}, overrides={...}): processes of this test alone, with the demo data."""
    made = []

    def make(**kwargs):
        kwargs.setdefault("peers_die", request.module.__name__ in ("test_faults", "test_postgresql"))
        made.append(Stack(tmp_path / f"stack{len(made)}", **kwargs))
        return made[-1].start().load_demo()

    yield make
    for running in made:
        running.stop()


@pytest.fixture(scope="session")
def postgresql():
    """A PostgreSQL of the tests alone, on a unix socket."""
    server = Postgresql()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def client(stack):
    connection = Client(stack)
    yield connection
    connection.close()


@pytest.fixture
def sim(stack):
    """sim(n): the USIM of demo subscriber n, as its owner's phone has it."""
    cache = stack.__dict__.setdefault("sims", {})

    def get(n):
        if n not in cache:
            cache[n] = demo_usim(n)
        return cache[n]

    return get


@pytest.fixture
def supplicant(tmp_path, request):
    """supplicant(usim, ...): eapol_test once against the shared stack, or the one given as `on`."""
    made = Supplicant(tmp_path, lambda: request.getfixturevalue("stack"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def ebin(tmp_path_factory):
    """The compiled peers of core.py."""
    return core.build(tmp_path_factory.mktemp("peers") / "ebin")

"""The HTTPS front against clients that are slow, rude or hostile, on a raw TLS connection."""

import re
import socket
import ssl
import subprocess
import time

import pytest
from stack import wait_for
from ts43 import Client, authenticate, params


def connect(stack, **options):
    context = ssl.create_default_context(cafile=stack.ca)
    for name, value in options.items():
        setattr(context, name, value)
    return context.wrap_socket(socket.create_connection(("localhost", stack.port), timeout=30), server_hostname="localhost")


def exchange(stack, data):
    """Sends octets as they are and reads until the server closes or an answer is complete."""
    with connect(stack) as tls:
        received = b""
        tls.settimeout(15)
        try:
            tls.sendall(data)
            while True:
                part = tls.recv(65536)
                if not part:
                    break
                received += part
                head, _, body = received.partition(b"\r\n\r\n")
                length = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
                if length and len(body) >= length[0]:
                    break
        except (ssl.SSLError, ConnectionError):
            pass
        return received


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else None


GET = b"GET /?app=ap2004 HTTP/1.1\r\n"


@pytest.mark.parametrize("name,request_,expected", [
    ("two Content-Lengths", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", 400),
    ("length and chunked", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("no Host", GET + b"\r\n", 400),
    ("two Hosts", GET + b"Host: a\r\nHost: b\r\n\r\n", 400),
    ("NUL in a header", GET + b"Host: a\r\nX-A: b\0c\r\n\r\n", 400),
    ("space before the colon", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 2\r\n\r\n{}", 400),
    ("unknown transfer coding", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: smuggled\r\n\r\n", 400),
    ("folded header", GET + b"Host: a\r\nX-A: b\r\n c\r\n\r\n", 400),
    ("negative length", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
    ("no HTTP at all", b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
])
def test_what_a_proxy_could_read_otherwise_is_400_and_closes(stack, name, request_, expected):
    answer = exchange(stack, request_)
    assert status_of(answer) in (expected, None), answer[:200]
    assert b"HTTP/1.1 200" not in answer and len(re.findall(rb"^HTTP/1\.1 \d", answer, re.M)) <= 1


def test_http_1_0_is_served(stack):
    assert status_of(exchange(stack, b"GET /?app=ap2004&entitlement_version=2.0&terminal_id=1 HTTP/1.0\r\n\r\n")) == 511


def test_pipelined_requests_are_answered_in_order(stack):
    one = b"GET /?app=ap2004&entitlement_version=2.0&terminal_id=1 HTTP/1.1\r\nHost: a\r\n\r\n"
    two = b"GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with connect(stack) as tls:
        tls.sendall(one + two)
        received = b""
        while True:
            part = tls.recv(65536)
            if not part:
                break
            received += part
    assert received.find(b"HTTP/1.1 511") >= 0 and received.find(b"HTTP/1.1 404") > received.find(b"HTTP/1.1 511")


def test_a_chunked_body_is_read(stack):
    body = b'{"app":"ap2004","entitlement_version":"2.0","terminal_id":"1"}'
    request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    for i in range(0, len(body), 7):
        request += b"%x\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7])
    assert status_of(exchange(stack, request + b"0\r\n\r\n")) == 511


def test_a_body_past_the_limit_is_413(stack):
    answer = exchange(stack, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 300000\r\n\r\n" + b" " * 300000)
    assert status_of(answer) in (413, None)


def test_headers_past_the_limit_are_431_and_a_long_line_414(stack):
    assert status_of(exchange(stack, GET + b"Host: a\r\nX-A: " + b"x" * 60000 + b"\r\n\r\n")) in (431, None)
    assert status_of(exchange(stack, b"GET /?" + b"x" * 60000 + b" HTTP/1.1\r\nHost: a\r\n\r\n")) in (414, 431, None)


def test_a_client_that_sends_an_octet_at_a_time_is_cut_at_the_bound(own_stack):
    running = own_stack(overrides={"gateway": {"request_time": "2s"}})
    with connect(running) as tls:
        started = time.monotonic()
        cut = False
        for octet in (GET + b"Host: a\r\nX-Slow: " + b"x" * 100):
            try:
                tls.sendall(bytes([octet]))
                time.sleep(0.1)
            except OSError:
                cut = True
                break
        if not cut:
            tls.settimeout(10)
            cut = tls.recv(100) in (b"",) or True
        assert cut and time.monotonic() - started < 30


def test_half_closed_connections_and_vanished_clients_hurt_nobody(stack, sim):
    connection = Client(stack)
    token = authenticate(connection, sim(1)).token()
    for _ in range(20):
        tls = connect(stack)
        tls.sendall(b"GET /?app=ap2004&terminal_id=356938035643809&entitlement_version=2.0&token=" + token.encode() + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        raw = tls.detach()
        socket.close(raw)
    assert connection.get(params(token=token)).status == 200


@pytest.mark.parametrize("option,works", [("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)])
def test_tls_versions(stack, option, works):
    done = subprocess.run(["openssl", "s_client", "-connect", f"localhost:{stack.port}", "-CAfile", stack.ca, "-cipher", "DEFAULT:@SECLEVEL=0", option],
                          input=b"", capture_output=True, timeout=30)
    assert (b"Verify return code: 0 (ok)" in done.stdout and b"Cipher is (NONE)" not in done.stdout) == works


def test_tls_sessions_are_resumed(stack):
    context = ssl.create_default_context(cafile=stack.ca)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    first = context.wrap_socket(socket.create_connection(("localhost", stack.port)), server_hostname="localhost")
    session = first.session
    first.close()
    with context.wrap_socket(socket.create_connection(("localhost", stack.port)), server_hostname="localhost", session=session) as again:
        assert again.session_reused


def test_requests_per_address_are_limited_when_the_operator_says_so(own_stack):
    running = own_stack(overrides={"gateway": {"requests_per_minute": "30"}})
    connection = Client(running)
    answers = [connection.get(params()) for _ in range(45)]
    assert {a.status for a in answers} == {511, 429}
    limited = next(a for a in answers if a.status == 429)
    assert int(limited.headers["Retry-After"]) > 0


def test_a_thousand_requests_leave_no_leak_behind(own_stack, sim):
    """LeakSanitizer speaks when the processes end."""
    from usim import TEST_SETS, Usim
    running = own_stack()
    connection = Client(running)
    usim = Usim("001010000000001", *TEST_SETS[0])
    token = authenticate(connection, usim, app=["ap2003", "ap2004", "ap2005"]).token()
    for n in range(1000):
        form = ("application/json", "text/vnd.wap.connectivity-xml")[n % 2]
        assert connection.get(params(token=token, app=["ap2003", "ap2004", "ap2005"]), accept=form).status == 200
    for _ in range(20):
        assert authenticate(connection, usim).status == 200
    wait_for(lambda: running["gateway0"].metric("openes_http_requests_total") >= 1000, 5, "the requests counted")

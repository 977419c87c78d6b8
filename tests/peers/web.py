#!/usr/bin/python3
"""An HTTP server for tests, HTTP/1.1 and HTTP/2 (python3-h2) on one port, which can also misbehave.

Prints `port N` when it listens and ends when its standard input does, so that no test leaves it behind. Handlers are
coroutines: `await handle(request)` gives an Answer. Alone it serves ROUTES below, which es_fetch's tests ask.
"""

import argparse
import asyncio
import base64
import json
import ssl
import sys
import warnings
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


@dataclass
class Request:
    method: str
    path: str
    query: dict
    headers: dict
    body: bytes
    protocol: str
    connection: int  # number of its connection, from 1
    client: str  # common name of the client's certificate, empty without one


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict = field(default_factory=dict)
    chunks: object = None  # an async iterator instead of body
    cut: bool = False  # close the connection after the body, which stays unfinished
    raw: bytes = None  # written as it is (HTTP/1.1)


def as_json(value, status=200, content_type="application/json", **headers):
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, json.dumps(value).encode(), {"content-type": content_type, **named})


class Connection:
    """Reads requests off one stream, whichever protocol it speaks."""

    def __init__(self, server, reader, writer, number):
        self.server, self.reader, self.writer, self.number = server, reader, writer, number
        self.tasks = set()

    async def run(self):
        try:
            first = await self.reader.read(65536)
            while first and len(first) < len(PREFACE) and PREFACE.startswith(first):
                more = await self.reader.read(65536)
                if not more:
                    return
                first += more
            await (self.http2(first) if first.startswith(PREFACE) else self.http1(first))
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError, h2.exceptions.ProtocolError):
            pass
        finally:
            for task in self.tasks:
                task.cancel()
            self.writer.close()

    def client(self):
        subject = (self.writer.get_extra_info("peercert") or {}).get("subject", ())
        return next((value for part in subject for name, value in part if name == "commonName"), "")

    def request(self, method, target, headers, body, protocol):
        url = urlsplit(target)
        return Request(method, url.path, parse_qs(url.query), headers, body, protocol, self.number, self.client())

    # ---- HTTP/1.1

    async def http1(self, data):
        while True:
            while b"\r\n\r\n" not in data:
                more = await self.reader.read(65536)
                if not more:
                    return
                data += more
            head, data = data.split(b"\r\n\r\n", 1)
            lines = head.decode("latin-1").split("\r\n")
            method, target, _ = lines[0].split(" ", 2)
            headers = {k.strip().lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}
            length = int(headers.get("content-length", "0"))
            while len(data) < length:
                data += await self.reader.readexactly(length - len(data))
            body, data = data[:length], data[length:]
            answer = await self.server.handle(self.request(method, target, headers, body, "1.1"))
            if not await self.send1(answer):
                return

    async def send1(self, answer):
        if answer.raw is not None:
            self.writer.write(answer.raw)
            await self.writer.drain()
            return False
        headers = dict(answer.headers)
        if answer.chunks is None:
            headers["content-length"] = str(len(answer.body) + (1 if answer.cut else 0))
        else:
            headers["transfer-encoding"] = "chunked"
        lines = [f"HTTP/1.1 {answer.status} X"] + [f"{k}: {v}" for k, v in headers.items()]
        self.writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + answer.body)
        await self.writer.drain()
        if answer.chunks is not None:
            async for chunk in answer.chunks:
                self.writer.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                await self.writer.drain()
            self.writer.write(b"0\r\n\r\n")
        return not answer.cut

    # ---- HTTP/2

    async def http2(self, data):
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self.h2.initiate_connection()
        if self.server.streams:
            self.h2.update_settings({h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: self.server.streams})
        self.streams, self.windows = {}, asyncio.Condition()
        while data:
            for event in self.h2.receive_data(data):
                await self.on_event(event)
            self.writer.write(self.h2.data_to_send())
            await self.writer.drain()
            data = await self.reader.read(65536)

    async def on_event(self, event):
        if isinstance(event, h2.events.RequestReceived):
            self.streams[event.stream_id] = (dict(event.headers), bytearray())
        elif isinstance(event, h2.events.DataReceived):
            self.streams[event.stream_id][1].extend(event.data)
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            task = asyncio.create_task(self.serve2(event.stream_id, *self.streams.pop(event.stream_id)))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        elif isinstance(event, h2.events.WindowUpdated):
            async with self.windows:
                self.windows.notify_all()

    def flush(self):
        self.writer.write(self.h2.data_to_send())

    async def serve2(self, stream, headers, body):
        answer = await self.server.handle(
            self.request(headers[":method"], headers[":path"], headers, bytes(body), "2"))
        try:
            self.h2.send_headers(stream, [(":status", str(answer.status))] + list(answer.headers.items()))
            self.flush()
            if answer.chunks is not None:
                async for chunk in answer.chunks:
                    await self.send2(stream, chunk)
            else:
                await self.send2(stream, answer.body)
            if answer.cut:
                self.writer.transport.abort()
                return
            self.h2.end_stream(stream)
            self.flush()
            await self.writer.drain()
        except (h2.exceptions.ProtocolError, ConnectionError):
            pass  # the client gave the stream up

    async def send2(self, stream, data):
        while data:
            async with self.windows:
                await self.windows.wait_for(lambda: self.h2.local_flow_control_window(stream) > 0)
            n = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(data))
            self.h2.send_data(stream, data[:n])
            self.flush()
            data = data[n:]
            if self.writer.is_closing():
                raise ConnectionError
            await self.writer.drain()


class Server:
    def __init__(self, handle):
        self.handle, self.connections, self.tasks = handle, 0, set()
        self.streams = getattr(handle, "streams", 0)  # of a connection at once; 0: h2's default, 100

    def on_connection(self, reader, writer):
        self.connections += 1
        task = asyncio.create_task(Connection(self, reader, writer, self.connections).run())
        self.tasks.add(task)  # the loop itself does not keep it alive
        task.add_done_callback(self.tasks.discard)

    async def run(self, args):
        context = None
        if args.cert:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(args.cert, args.key)
            context.set_alpn_protocols(["http/1.1"] if args.http1 else ["h2", "http/1.1"])
            if args.client_ca:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(args.client_ca)
            if args.tls_max == "1.1":
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = ssl.TLSVersion.TLSv1_1
                context.set_ciphers("ALL:@SECLEVEL=0")
        server = await asyncio.start_server(self.on_connection, "127.0.0.1", args.port, ssl=context, backlog=512)
        print("port", server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def parser():
    p = argparse.ArgumentParser()
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--cert")
    p.add_argument("--key")
    p.add_argument("--client-ca", help="require a client certificate of this CA")
    p.add_argument("--http1", action="store_true", help="over TLS offer HTTP/1.1 alone")
    p.add_argument("--tls-max", help="1.1: an outdated peer")
    return p


# ---- what es_fetch's tests ask


class Routes:
    def __init__(self):
        self.server = None
        self.gathered, self.gate = 0, asyncio.Event()
        self.tokens = 0

    async def __call__(self, request):
        name = request.path.split("/")[1]
        return await getattr(self, "on_" + name)(request)

    async def on_echo(self, r):
        return as_json({"method": r.method, "path": r.path, "headers": r.headers, "body": r.body.decode("latin-1"),
                        "protocol": r.protocol, "connections": self.server.connections})

    async def on_never(self, _):
        await asyncio.Event().wait()

    async def on_trickle(self, _):
        async def chunks():
            while True:
                yield b"."
                await asyncio.sleep(0.01)
        return Answer(chunks=chunks())

    async def on_big(self, r):
        async def chunks():
            for _ in range(int(r.query["n"][0]) // 1000):
                yield b"x" * 1000
        return Answer(body=b"x" * int(r.query["n"][0])) if "length" in r.query else Answer(chunks=chunks())

    async def on_headers(self, _):
        return Answer(headers={f"x-{i}": "y" * 1000 for i in range(20)})

    async def on_cut(self, _):
        return Answer(body=b"half of it", cut=True)

    async def on_garbage(self, _):
        return Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

    async def on_silence(self, _):
        return Answer(raw=b"")

    async def on_redirect(self, _):
        return Answer(302, headers={"location": "/echo"})

    async def on_status(self, r):
        return Answer(int(r.path.split("/")[2]), headers={k: v[0] for k, v in r.query.items()})

    async def on_token(self, r):
        """OAuth 2.0 client credentials of me, with a secret that has to be encoded; tokens are numbered."""
        if r.headers.get("authorization") != "Basic " + base64.b64encode(b"me:a%2Bb").decode():
            return as_json({"error": "invalid_client"}, 401)
        assert r.body == b"grant_type=client_credentials&scope=all%20of%20it", r.body
        self.tokens += 1
        return as_json({"access_token": f"token-{self.tokens}", "token_type": "bearer", "expires_in": 3600})

    async def on_private(self, r):
        """/private/3 takes the third token alone."""
        good = r.headers.get("authorization") == "Bearer token-" + r.path.split("/")[2]
        return await self.on_echo(r) if good else Answer(401)

    async def on_gather(self, r):
        """Answers when as many requests as it says are there at once; then it begins anew."""
        self.gathered, gate = self.gathered + 1, self.gate
        if self.gathered == int(r.path.split("/")[2]):
            gate.set()
            self.gathered, self.gate = 0, asyncio.Event()
        await gate.wait()
        return await self.on_echo(r)


async def main(make, args):
    handler = make()
    server = Server(handler)
    handler.server = server
    await server.run(args)


if __name__ == "__main__":
    try:
        asyncio.run(main(Routes, parser().parse_args()))
    except KeyboardInterrupt:
        pass

"""What push_kit.mjs is, for the services that stand upon web.py: commands by standard input, plays, a journal that outlives a kill -9."""

import argparse
import asyncio
import json
import os
import ssl
import sys
import time
import traceback

import web


class Journal:
    def __init__(self, path):
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644) if path else None
        self.faults = 0

    def write(self, **entry):
        """In the file before the answer goes out."""
        if self._file is not None:
            line = json.dumps({"us": time.monotonic_ns() // 1000, "ms": time.time_ns() // 1000000, **entry})
            os.write(self._file, line.encode() + b"\n")

    def fault(self, what, **more):
        """Something that no client of ours may do."""
        self.faults += 1
        self.write(fault=what, **more)


class Plays:
    """What is to be played instead of the usual answer, for one address or "*" for all."""

    def __init__(self):
        self._by_address = {}

    def say(self, address, plays):
        self._by_address.pop(address, None)
        if plays:
            self._by_address[address] = [dict(play) for play in plays]

    def next(self, address):
        for key in (address, "*"):
            plays = self._by_address.get(key)
            if not plays:
                continue
            play = plays[0]
            if "times" in play:
                play["times"] -= 1
                if play["times"] <= 0:
                    plays.pop(0)
            return play
        return None


class Peer:
    """One service: `answer(request)` gives a web.Answer, do_NAME is a command."""

    def __init__(self, settings):
        self.settings, self.journal, self.plays = settings, Journal(settings.get("journal")), Plays()
        self.hung = asyncio.Event()
        self.counts = {"requests": 0, "accepted": 0}
        self.server = web.Server(self.handle)

    async def handle(self, request):
        self.counts["requests"] += 1
        try:
            return await self.answer(request)
        except Exception:
            self.journal.fault(traceback.format_exc())
            return web.Answer(500)

    async def act(self, play):
        """What a play says that is the same for all; None: the push is taken."""
        if play.get("hang"):
            await self.hung.wait()
            return None
        if "delay_ms" in play:
            await asyncio.sleep(play["delay_ms"] / 1000)
            return None
        if play.get("cut"):
            return web.Answer(200, b"half", {"content-length": "9"}, cut=True)
        if "raw" in play:
            return web.Answer(play.get("status", 200), play["raw"].encode(), {"content-type": "application/json"})
        return self.refusal(play)

    def do_say(self, given):
        self.plays.say(given["address"], given["plays"])

    def do_release(self, _):
        self.hung.set()
        self.hung = asyncio.Event()

    def do_state(self, _):
        return {**self.counts, "faults": self.journal.faults, "connections": self.server.connections}

    async def _obey(self):
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        print(json.dumps({"ready": True}), flush=True)
        while line := await reader.readline():
            (name, given), = json.loads(line).items()
            try:
                answer = {"result": getattr(self, "do_" + name)(given)}
            except Exception:
                answer = {"error": traceback.format_exc()}
            print(json.dumps(answer), flush=True)

    async def run(self):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.settings["cert"], self.settings["key"])
        context.set_alpn_protocols(self.settings.get("alpn", ["h2", "http/1.1"]))
        await asyncio.start_server(self.server.on_connection, "127.0.0.1", self.settings["port"], ssl=context, backlog=512)
        await self._obey()


def main(peer):
    parser = argparse.ArgumentParser()
    parser.add_argument("settings", help="JSON")
    asyncio.run(peer(json.loads(parser.parse_args().settings)).run())

#!/usr/bin/python3
"""The SM-DP+ as a process: prints `port N`, and ends when its standard input does.

    python3 tests/peers/smdp [--pki FOLDER] [--stock TYPE=COUNT]... [--remembers]

POST /control {"say": {...}} (what say() takes), {"gone": true}; GET /control: calls, violations, profiles by state, handed_out."""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from smdp import SmDp  # noqa: E402


class Controlled(SmDp):
    def _answer(self, handler, body):
        if handler.path != "/control":
            return super()._answer(handler, body)
        if handler.command == "POST":
            wanted = json.loads(body)["say"]
            self.say(**{**wanted, **({"body": wanted["body"].encode()} if "body" in wanted else {})})
        states = Counter(profile.state for profile in self.profiles.all.values())
        return self._json(200, {"calls": [[name, body] for name, body in self.calls], "violations": self.violations, "states": states,
                                "handed_out": self.handed_out, "wrongs": self.profiles.wrongs()})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pki")
    parser.add_argument("--stock", action="append", default=[])
    parser.add_argument("--remembers", action="store_true")
    args = parser.parse_args()
    stock = {kind: int(count) for kind, count in (item.split("=") for item in args.stock)}
    with Controlled(stock=stock, remembers=args.remembers, pki=args.pki) as dp:
        print("port", dp.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()

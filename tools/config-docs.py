#!/usr/bin/env python3
"""Writes the tables of docs/configuration.md from what the programs' own --help says.

Between `<!-- keys: NAME -->` and `<!-- end -->` stands what is generated: NAME is a section, or "common" for the keys
that all five have.

  config-docs.py [--bin FOLDER]           write the page
  config-docs.py [--bin FOLDER] --check   fail when the page is not what would be written
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/configuration.md"
SERVICES = ("gateway", "auth", "policy", "esim", "notify")
KEY = re.compile(r"^  (\w+) \((\w+)(?:, ([^,()]+ to [^,()]+))?, (?:(required)|default (.*))\)$")
PLACE = re.compile(r"(<!-- keys: (\w+) -->\n).*?(<!-- end -->)", re.S)


def folder_of_programs():
    for preset in ("release", "asan", "dev"):
        if (ROOT / "build" / preset / "bin/openes-gateway").exists():
            return ROOT / "build" / preset / "bin"
    sys.exit("build the programs first, or name their folder with --bin")


def keys_of(folder, service):
    """{name: (type, range or None, default or None: required, meaning)}, in the order of the table in the source."""
    text = subprocess.run([folder / f"openes-{service}", "--help"], capture_output=True, text=True, check=True).stdout
    lines = iter(text.partition(f"\n[{service}]\n")[2].partition("\n\n")[0].splitlines())
    keys = {}
    for line in lines:
        found = KEY.match(line)
        if not found:
            sys.exit(f"openes-{service} --help: this line is not understood: {line}")
        name, kind, bounds, required, default = found.groups()
        keys[name] = (kind, bounds, None if required else default, next(lines).strip())
    return keys


def row(name, kind, bounds, default, meaning):
    shown = "**required**" if default is None else "empty" if default == "empty" else f"`{default}`"
    return f"| `{name}` | {kind}{f', {bounds}' if bounds else ''} | {shown} | {meaning} |"


def tables(folder):
    all_keys = {service: keys_of(folder, service) for service in SERVICES}
    first = all_keys[SERVICES[0]]
    common = [name for name, (kind, bounds, _, meaning) in first.items()
              if all((k.get(name) or ("",) * 4)[::3] == (kind, meaning) and k[name][1] == bounds for k in all_keys.values())]
    head = ["| key | type and range | default | meaning |", "|---|---|---|---|"]

    def common_row(name):
        defaults = [all_keys[s][name][2] for s in SERVICES]
        kind, bounds, default, meaning = first[name]
        if len(set(defaults)) == 1:
            return row(name, kind, bounds, default, meaning)
        shown = "<br>".join(f"{s} `{d}`" for s, d in zip(SERVICES, defaults))
        return f"| `{name}` | {kind} | {shown} | {meaning} |"

    out = {"common": head + [common_row(name) for name in common]}
    for service in SERVICES:
        out[service] = head + [row(name, *key) for name, key in all_keys[service].items() if name not in common]
    return {name: "\n".join(lines) + "\n" for name, lines in out.items()}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--bin", type=Path, help="where the programs are; default: the first of build/{release,asan,dev}/bin")
    options.add_argument("--check", action="store_true", help="write nothing; fail when the page would change")
    args = options.parse_args()
    made = tables(args.bin or folder_of_programs())
    before = PAGE.read_text()
    missing = set(made) - {found[1] for found in PLACE.findall(before)}
    if missing:
        sys.exit(f"docs/configuration.md has no place for: {', '.join(sorted(missing))}")
    text = PLACE.sub(lambda m: m[1] + made[m[2]] + m[3], before)
    if args.check and text != before:
        sys.exit("docs/configuration.md is out of date: run tools/config-docs.py")
    if not args.check:
        PAGE.write_text(text)


if __name__ == "__main__":
    main()

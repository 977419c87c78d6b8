"""The order management as a process: prints `port N` and ends when its standard input does."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from esim_bss import EsimBss  # noqa: E402

with EsimBss(owns="--owns" in sys.argv) as bss:
    print("port", bss.port, flush=True)
    sys.stdin.read()

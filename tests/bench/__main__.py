"""`python -m tests.bench [name …]`: runs comparisons; without a name, all of them."""

import argparse
import importlib
import os
import platform
import sys
import time
from pathlib import Path

from .options import Options
from .sides import CLIENT, ROOT, SERVER, Missing, pin_client

NAMES = (
    *("ingest", "tail", "bulk", "triggers", "tags", "backlog", "people", "forward", "idle", "snippet", "fsync"),
    *("browser", "check", "decision", "profile"),
)


def main() -> int:
    """The exit code is not 0 only where a comparison could not be made; no speed fails."""
    asked = arguments()
    # A start is that of an installed gateway, whose modules are compiled.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    pin_client()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    print(f"{time.strftime('%Y-%m-%d %H:%M')}  Python {platform.python_version()}  {os.cpu_count()} cores", end="  ")
    print(f"server on core {SERVER}, load on core {CLIENT}  {asked.rounds} rounds of {asked.seconds:g} s")
    options = Options(**{name: value for name, value in vars(asked).items() if name != "names"})
    failed = 0
    for name in asked.names or NAMES:
        try:
            importlib.import_module(f"{__package__}.{name}").run(options)
        except Missing as missing:
            failed = 2
            print(f"{name} not run: {missing}")
    return failed


def known(name: str) -> str:
    """A comparison's name."""
    if name not in NAMES:
        raise argparse.ArgumentTypeError(f"there is no comparison {name!r}; there are {', '.join(NAMES)}")
    return name


def arguments() -> argparse.Namespace:
    """From the command line."""
    plain = Options()
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=f"Comparisons: {', '.join(NAMES)}.")
    parser.add_argument("names", nargs="*", type=known, metavar="name")
    parser.add_argument("--rounds", type=int, default=plain.rounds)
    parser.add_argument("--seconds", type=float, default=plain.seconds, help="how long each measurement lasts")
    parser.add_argument("--people", type=int, default=plain.people, help="lives in the full store")
    parser.add_argument("--backlog", type=int, default=plain.backlog, help="parcels that wait in the full queue")
    parser.add_argument("--hits", type=int, default=plain.hits, help="hits before memory is read again")
    parser.add_argument("--deliver", type=int, default=plain.deliver, help="hits to be forwarded")
    parser.add_argument("--folder", type=Path, default=None, help="where data folders are made; else the system's")
    return parser.parse_args()


if __name__ == "__main__":
    if not (ROOT / "gateway").is_dir():
        raise SystemExit("run it from a checkout: the gateway's code is not here")
    sys.exit(main())

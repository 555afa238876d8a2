"""`python -m deploy.local`: build the real parts, start and stop a control plane, show the demo."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path
from typing import Final

from deploy.local.catalogue import PARTS
from deploy.local.find import Parts
from deploy.local.interrupts import raise_on_signals
from deploy.local.stack import FOLDER, Stack, down, status
from sealer.errors import SealerError

INTERRUPTED: Final = 130
NOT_RUNNING: Final = 1


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Words after the program's name; those of this process where None.

    Returns:
        The exit status: 0, that of the error, 1 from `status` when nothing runs, or 130 after Ctrl-C.

    """
    chosen = _parser().parse_args(arguments)
    raise_on_signals()
    try:
        return _run(chosen)
    except SealerError as error:
        print(f"error: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted: nothing was left running", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    names = [candidate.name for candidate in PARTS]
    parts = commands.add_parser("parts", help="find or build the real parts, and print where they are")
    parts.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(names)}")
    path = commands.add_parser("path", help="print the path of one part")
    path.add_argument("name", metavar="NAME", choices=names)
    for name, text in (
        ("up", "start a control plane and Vault, and leave them running"),
        ("down", "stop what `up` or `demo` left running"),
        ("status", "say what is running"),
        ("demo", "show the four flows"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--folder", type=Path, default=FOLDER, help="data folder (default: .demo)")
    return parser


def _run(chosen: argparse.Namespace) -> int:
    match chosen.command:
        case "parts":
            for found in Parts().each(chosen.names):
                print(f"{found.part.name:<32}{found.where:<20}{found.path}", flush=True)
        case "path":
            print(Parts().path(chosen.name))
        case "up":
            _up(chosen.folder.absolute())
        case "down":
            for record in down(chosen.folder.absolute()):
                print(f"stopped {record.name}")
        case "status":
            return _status(chosen.folder.absolute())
        case _:
            # The demo needs all of Sealer; building the parts must not.
            importlib.import_module("deploy.local.demo").run(chosen.folder.absolute())
    return os.EX_OK


def _up(folder: Path) -> None:
    with Stack(folder, Parts()) as stack:
        print("\n".join(stack.exports()))
        print(f"# Vault's root token too: source {stack.folder / 'environment'}")


def _status(folder: Path) -> int:
    records = status(folder)
    for record, running in records:
        print(f"{record.name}\t{record.pid if running else 'ended'}\t{record.log}")
    return os.EX_OK if any(running for _, running in records) else NOT_RUNNING


if __name__ == "__main__":
    sys.exit(main())

"""Build a part with `go build` and put it into the cache, whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from deploy.local.catalogue import MODULES, Part
from deploy.local.errors import PartError
from deploy.local.state import signal_group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.progress import Progress

GO_VERSION: Final = "1.26.8"
LINES_SHOWN: Final = 20
GIGABYTE: Final = 10**9
WHOLE_BUILD: Final = 13 * GIGABYTE
BUILD_NOTE: Final = (
    "building the real parts once: about 15 minutes on 2 cores, and up to 13 GB of Go build cache"
    " (`go clean -cache` gives that back)"
)
TICK_SECONDS: Final = 1.0
UNFINISHED: Final = ".building-"


@contextlib.contextmanager
def locked(cache: Path, progress: Progress) -> Iterator[None]:
    """Hold the cache's lock, so that two runs do not build at once; the kernel frees it when the holder dies.

    Raises:
        PartError: The cache's folder cannot be written.

    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
        handle = (cache / ".lock").open("w")
    except OSError as error:
        hint = "SEALER_PARTS_DIR can point to another folder"
        raise PartError(f"cannot write to {cache}: {error.strerror}", hint=hint) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.note("waiting for another build of the parts to end")
            fcntl.flock(handle, fcntl.LOCK_EX)
        # Left by a build that was killed: nobody else builds while we hold the lock.
        for left in cache.glob(f"{UNFINISHED}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def check_go(module: Path) -> None:
    """Check that the Go that would build a module is there and new enough.

    `go list -m` obeys the module's go line; with GOTOOLCHAIN=auto an older Go fetches the right one.

    Raises:
        PartError: Go is missing or too old.

    """
    hint = f"install Go {GO_VERSION} or newer (https://go.dev/doc/install)"
    if shutil.which("go") is None:
        raise PartError("go is not on PATH, and it is needed to build the real parts", hint=hint)
    result = subprocess.run(
        ["go", "list", "-m"], cwd=module, env=_environment(), capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        text = result.stderr.strip()
        if re.search(r"requires go|toolchain", text, re.IGNORECASE):
            hint += ", or let an older one fetch it with GOTOOLCHAIN=auto"
        raise PartError(f"go cannot be used: {text}", hint=hint)


def space_warning(free: int, where: str) -> str | None:
    """Say in advance that a first build may not fit; a later one finds most of it built and needs far less.

    Args:
        free: Free bytes where Go keeps its build cache.
        where: That folder.

    """
    if free >= WHOLE_BUILD:
        return None
    return f"only {free // GIGABYTE} GB are free in {where}: if they do not suffice, point GOCACHE to another disk"


def announce(progress: Progress) -> None:
    """Say once, before the first build, what it costs, and whether the disk is likely to suffice."""
    progress.note(BUILD_NOTE)
    result = subprocess.run(["go", "env", "GOCACHE"], capture_output=True, text=True, check=False)
    folder = Path(result.stdout.strip() or "/")
    while not folder.exists():
        folder = folder.parent
    if warning := space_warning(shutil.disk_usage(folder).free, str(folder)):
        progress.note(warning)


def build(wanted: Part, target: Path, progress: Progress, *, modules: Path = MODULES) -> None:
    """Build a part into `target`, an absent file in an absent folder.

    The build goes to a folder beside it, and one rename puts it in place: a reader sees all of it or nothing.

    Raises:
        PartError: Go is missing or too old, the build fails, or the disk is full.

    """
    module = modules / wanted.module
    check_go(module)
    parent = target.parent.parent
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=parent) as folder:
        finished = Path(folder) / "finished"
        finished.mkdir()
        arguments = ["go", "build", *wanted.build_flags, "-o", str(finished / wanted.name), wanted.package]
        status, output = _run(arguments, module, wanted.name, progress)
        if status != 0:
            raise build_error(wanted.name, output)
        finished.replace(target.parent)


def build_error(name: str, output: str) -> PartError:
    """Make the error of a failed build from what Go wrote: its end, and a hint that fits it."""
    tail = "\n".join(f"    {line}" for line in output.splitlines()[-LINES_SHOWN:])
    if "no space left on device" in output:
        hint = "a first build needs about 13 GB for Go's build cache; GOCACHE can point to another disk"
        return PartError(f"no disk space left to build {name}\n{tail}", hint=hint)
    if re.search(r"dial tcp|no such host|connection refused|i/o timeout|proxyconnect", output):
        hint = "the first build fetches Go modules: check the network, or set GOPROXY"
        return PartError(f"cannot fetch the modules of {name}\n{tail}", hint=hint)
    return PartError(f"go build of {name} failed\n{tail}", hint="the pins are in deploy/local/parts")


def _environment() -> dict[str, str]:
    """Nothing of a user's own Go settings may change what is built: a workspace, flags, or a C compiler."""
    return {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-mod=readonly", "GO111MODULE": "on"}


def _run(arguments: list[str], module: Path, name: str, progress: Progress) -> tuple[int, str]:
    """Run a build and show its progress; it ends with us when we are interrupted, compilers included."""
    progress.begin(name)
    with tempfile.TemporaryFile("w+") as log:
        with subprocess.Popen(
            arguments, cwd=module, env=_environment(), stdout=log, stderr=log, start_new_session=True
        ) as popen:
            try:
                while _running(popen):
                    progress.tick(name)
            except BaseException:
                # What Ctrl-C would send: Go then removes its temporary files.
                signal_group(popen.pid, signal.SIGINT)
                raise
        log.seek(0)
        return popen.returncode, log.read()


def _running(popen: subprocess.Popen[bytes]) -> bool:
    try:
        popen.wait(TICK_SECONDS)
    except subprocess.TimeoutExpired:
        return True
    return False

from __future__ import annotations

import io
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.local.build import build, build_error, check_go, locked, space_warning
from deploy.local.catalogue import Part
from deploy.local.errors import PartError
from deploy.local.progress import Progress

HELLO = Part("hello", "hello", "example.invalid/hello", "v0.0.0")
PRINT_HELLO = 'package main\n\nfunc main() { println("hello") }\n'


def module(folder: Path, source: str, go: str = "1.21") -> Path:
    (folder / "hello").mkdir()
    (folder / "hello" / "go.mod").write_text(f"module example.invalid/hello\n\ngo {go}\n")
    (folder / "hello" / "main.go").write_text(source)
    return folder


@pytest.mark.real
def test_a_part_is_built_whole_and_leaves_nothing_else(tmp_path: Path) -> None:
    out = io.StringIO()
    target = tmp_path / "cache" / "hello-v0.0.0-digest" / "hello"
    build(HELLO, target, Progress(out), modules=module(tmp_path, PRINT_HELLO))
    assert subprocess.run([target], capture_output=True, text=True, check=True).stderr == "hello\n"
    assert list((tmp_path / "cache").iterdir()) == [target.parent]
    assert out.getvalue().split() == ["hello", "building"]


@pytest.mark.real
def test_a_failed_build_shows_what_go_said_and_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "cache" / "hello-v0.0.0-digest" / "hello"
    with pytest.raises(PartError, match=r"go build of hello failed(.|\n)*undefined: nothing"):
        build(HELLO, target, Progress(io.StringIO()), modules=module(tmp_path, "package main\n\nvar x = nothing\n"))
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.real
def test_a_go_that_is_too_old_is_an_error_with_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOTOOLCHAIN", "local")
    with pytest.raises(PartError, match="requires go >= 99") as error:
        check_go(module(tmp_path, PRINT_HELLO, go="99.0") / "hello")
    assert "GOTOOLCHAIN=auto" in str(error.value.hint)


def test_a_missing_go_is_an_error_with_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PartError, match="go is not on PATH") as error:
        check_go(tmp_path)
    assert "install Go" in str(error.value.hint)


@pytest.mark.parametrize(
    ("output", "message", "hint"),
    [
        ("write x: no space left on device", "no disk space left", "GOCACHE"),
        ('Get "https://x": dial tcp: lookup x: no such host', "cannot fetch the modules", "GOPROXY"),
        ("main.go:3: syntax error", "go build of hello failed", "pins"),
    ],
)
def test_the_hint_fits_the_failure(output: str, message: str, hint: str) -> None:
    error = build_error("hello", output)
    assert message in error.message
    assert output in error.message
    assert hint in str(error.hint)


def test_little_space_is_said_in_advance() -> None:
    assert space_warning(13_000_000_000, "/x") is None
    assert "only 3 GB are free in /x" in str(space_warning(3_900_000_000, "/x"))


def test_two_runs_do_not_build_at_once(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from deploy.local.build import locked\n"
        "from deploy.local.progress import Progress\n"
        f"with locked(Path({str(tmp_path)!r}), Progress()): print('locked', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        out = io.StringIO()
        # The kernel frees the lock of a holder that was killed.
        with subprocess.Popen(["sh", "-c", f"sleep 0.5; kill -9 {holder.pid}"]), locked(tmp_path, Progress(out)):
            assert holder.wait() == -signal.SIGKILL
    assert out.getvalue() == "waiting for another build of the parts to end\n"


def test_what_a_killed_build_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".building-x" / "finished"
    left.mkdir(parents=True)
    with locked(tmp_path, Progress(io.StringIO())):
        assert not left.exists()


def test_progress_without_a_terminal_is_a_plain_line_now_and_then() -> None:
    now = [0.0]
    out = io.StringIO()
    progress = Progress(out, clock=lambda: now[0])
    progress.begin("vault")
    for second in range(1, 150):
        now[0] = float(second)
        progress.tick("vault")
    progress.line("vault", "built in 150 s")
    lines = [line.split(maxsplit=1)[1] for line in out.getvalue().splitlines()]
    assert lines == ["building", "building, 60 s", "building, 120 s", "built in 150 s"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_on_a_terminal_is_one_live_line() -> None:
    now = [0.0]
    out = Terminal()
    progress = Progress(out, clock=lambda: now[0])
    progress.begin("vault")
    now[0] = 2.0
    progress.tick("vault")
    progress.line("vault", "built in 2 s")
    shown = [text.split(maxsplit=1)[1].rstrip() for text in out.getvalue().split("\r")[1:]]
    assert shown == ["building", "building, 2 s", "built in 2 s"]
    assert out.getvalue().count("\n") == 1


@pytest.mark.real
def test_an_interrupted_build_leaves_no_compiler_and_no_file(tmp_path: Path) -> None:
    # A source so long that it is still being compiled when the interrupt comes.
    source = PRINT_HELLO + "".join(f'var v{n} = map[string]int{{"a": {n}}}\n' for n in range(60_000))
    code = (
        "from pathlib import Path; from deploy.local.build import build; from tests.local.test_building import HELLO\n"
        "from deploy.local.progress import Progress\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "build(HELLO, folder / 'cache' / 'd' / 'hello', Progress(), modules=folder)"
    )
    module(tmp_path, source)
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL) as builder:
        deadline = time.monotonic() + 30
        while not running(str(tmp_path)):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        builder.send_signal(signal.SIGINT)
        assert builder.wait(10) != 0
    assert list((tmp_path / "cache").iterdir()) == []
    assert not running(str(tmp_path))


def running(text: str) -> list[str]:
    """Command lines of Go's own processes that name a folder."""
    lines = (path.read_bytes().replace(b"\0", b" ").decode() for path in Path("/proc").glob("[0-9]*/cmdline"))
    return [line for line in lines if text in line and line.split(" ")[0].rpartition("/")[2] in {"go", "compile"}]

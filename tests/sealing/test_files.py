from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sealer.errors import InputError
from sealer.files import SHARED, read_input, write_atomically


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask() -> object:
    before = os.umask(0o022)
    yield 0o022
    os.umask(before)


def test_a_new_file_is_its_owners_alone_unless_it_is_made_to_be_shared(tmp_path: Path, umask: int) -> None:
    write_atomically(tmp_path / "private", b"x")
    write_atomically(tmp_path / "shared", b"x", mode=SHARED)
    assert (mode(tmp_path / "private"), mode(tmp_path / "shared")) == (0o600, 0o666 & ~umask)


def test_an_existing_file_keeps_its_mode_and_owner(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 12345, 23456)
    before = path.stat()
    write_atomically(path, b"new")
    after = path.stat()
    assert path.read_bytes() == b"new"
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert after.st_ino != before.st_ino  # replaced, not written into: a reader of the old file keeps it whole


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    target, link = tmp_path / "there" / "target", tmp_path / "link"
    target.parent.mkdir()
    target.write_bytes(b"old")
    link.symlink_to(Path("there", "target"))
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert list(target.parent.iterdir()) == [target]


def test_a_link_that_points_nowhere_is_filled(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("target")
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


def test_a_failure_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(InputError, match=r"cannot write .*/f: file too large"):
            write_atomically(path, bytes(1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom sealer.files import write_atomically\n"
        "def interrupt(_): raise KeyboardInterrupt\nos.fsync = interrupt\n"
        "write_atomically(Path(sys.argv[1]), b'new')\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, check=False)
    assert b"KeyboardInterrupt" in ended.stderr
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_device_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_atomically(pipe, b"through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    write_atomically(Path(os.devnull), b"gone")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


@pytest.mark.parametrize(
    ("where", "reason"),
    [("missing/f", "no such file or directory"), (".", "is a directory"), ("file/f", "not a directory")],
)
def test_what_cannot_be_written_says_why(tmp_path: Path, where: str, reason: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match=f"cannot write .*: {reason}"):
        write_atomically(tmp_path / where, b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_name_of_any_length_that_can_exist_can_be_written(tmp_path: Path) -> None:
    write_atomically(tmp_path / ("n" * 255), b"x")
    assert (tmp_path / ("n" * 255)).read_bytes() == b"x"


@pytest.mark.parametrize(
    ("path", "reason"), [("/nowhere/f", "no such file or directory"), ("/", "is a directory"), ("a\0b", "null byte")]
)
def test_what_cannot_be_read_says_why(path: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read_input(path)

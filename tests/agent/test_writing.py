from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from injector.agent.errors import OutputError
from injector.agent.write import RenderedFile, write_all

if TYPE_CHECKING:
    from pathlib import Path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_file_is_readable_by_all_unless_told_otherwise(tmp_path: Path) -> None:
    write_all([RenderedFile(tmp_path / "a", b"x"), RenderedFile(tmp_path / "b", b"y", 0o400)])
    assert (mode(tmp_path / "a"), mode(tmp_path / "b")) == (0o644, 0o400)
    assert names(tmp_path) == ["a", "b"]


def test_folders_are_made_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_all([RenderedFile(tmp_path / "x" / "y" / "a", b"x")])
    finally:
        os.umask(before)
    assert mode(tmp_path / "x") == mode(tmp_path / "x" / "y") == 0o755
    assert mode(tmp_path / "x" / "y" / "a") == 0o644


def test_a_file_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o600)
    write_all([RenderedFile(tmp_path / "a", b"new")])
    assert (mode(tmp_path / "a"), (tmp_path / "a").read_bytes()) == (0o600, b"new")


def test_a_file_that_is_as_it_should_be_is_left_alone(tmp_path: Path) -> None:
    file = RenderedFile(tmp_path / "a", b"x", 0o644)
    assert write_all([file]) == [tmp_path / "a"]
    inode = (tmp_path / "a").stat().st_ino
    assert write_all([file]) == []
    assert (tmp_path / "a").stat().st_ino == inode


def test_another_mode_is_a_change(tmp_path: Path) -> None:
    write_all([RenderedFile(tmp_path / "a", b"x")])
    assert write_all([RenderedFile(tmp_path / "a", b"x", 0o600)]) == [tmp_path / "a"]
    assert mode(tmp_path / "a") == 0o600


def test_one_file_that_cannot_be_written_leaves_all_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "file").write_bytes(b"in the way")
    with pytest.raises(OutputError, match=r"cannot write .*/file/b: not a directory"):
        write_all([RenderedFile(tmp_path / "a", b"new"), RenderedFile(tmp_path / "file" / "b", b"canary")])
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a", "file"]


def test_a_folder_in_the_place_of_a_file_is_an_error_and_leaves_no_stage(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OutputError, match=r"cannot write .*/a: is a directory"):
        write_all([RenderedFile(tmp_path / "a", b"canary")])
    assert names(tmp_path) == []


def test_a_link_in_the_stages_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"mine")
    (tmp_path / ".a.sealer-new").symlink_to(tmp_path / "victim")
    write_all([RenderedFile(tmp_path / "a", b"x")])
    assert (tmp_path / "victim").read_bytes() == b"mine"
    assert names(tmp_path) == ["a", "victim"]


def test_a_link_in_the_files_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"mine")
    (tmp_path / "a").symlink_to(tmp_path / "victim")
    write_all([RenderedFile(tmp_path / "a", b"x")])
    assert (tmp_path / "victim").read_bytes() == b"mine"
    assert (tmp_path / "a").read_bytes() == b"x"


def test_content_is_not_shown(tmp_path: Path) -> None:
    assert "canary" not in repr(RenderedFile(tmp_path / "a", b"canary"))


def test_a_pipe_in_the_files_place_is_replaced_and_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    write_all([RenderedFile(tmp_path / "a", b"x")])
    assert (tmp_path / "a").read_bytes() == b"x"

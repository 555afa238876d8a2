"""Files that templates ask for, and files that they write, without Vault."""

from __future__ import annotations

import grp
import os
import pwd
from typing import TYPE_CHECKING

import pytest

from injector.agent.container import Container
from injector.agent.errors import OutputError, TemplateError
from injector.agent.outputs import with_writes
from injector.agent.write import RenderedFile, write_all
from sealer.gotemplate.consul import FileWrite

if TYPE_CHECKING:
    from pathlib import Path


def written(root: Path, *writes: FileWrite) -> dict[str, RenderedFile]:
    files = with_writes([RenderedFile(root / "own", b"output")], writes, Container(root))
    return {str(file.path.relative_to(root)): file for file in files}


def test_a_written_file_lies_below_the_root(tmp_path: Path) -> None:
    files = written(tmp_path, FileWrite("/etc//./a", "x", mode=0o600), FileWrite("b", "y"))
    assert [(path, file.content, file.mode) for path, file in files.items()] == [
        ("own", b"output", None),
        ("etc/a", b"x", 0o600),
        ("b", b"y", 0o644),
    ]


def test_of_two_writes_the_last_counts_and_an_appending_one_adds(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"old,")
    files = written(
        tmp_path,
        FileWrite("/a", "1"),
        FileWrite("/a", "2"),
        FileWrite("/a", "3", append=True, mode=0o640),
        FileWrite("/log", "new", append=True),
        FileWrite("/fresh", "\udcff", append=True),
    )
    assert (files["a"].content, files["a"].mode) == (b"23", 0o640)
    assert files["log"].content == b"old,new"
    assert files["fresh"].content == b"\xff"


@pytest.mark.parametrize("path", ["/../etc/passwd", "../x", "/", "/a/", "/a/.", "a\0b", ""])
def test_a_path_that_is_none_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(OutputError, match="is not the path of a file"):
        written(tmp_path, FileWrite(path, "canary"))


def test_the_destination_of_a_template_is_not_written_twice(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="two templates write /own"):
        written(tmp_path, FileWrite("/./own", "canary"))


def test_owners_are_found_by_name_and_by_number(tmp_path: Path) -> None:
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    files = written(tmp_path, FileWrite("/a", "x", user, group), FileWrite("/b", "x", "7", ""))
    assert files["a"].owner == (os.getuid(), os.getgid())
    assert files["b"].owner == (7, -1)


@pytest.mark.parametrize("name", ["no-such-name", "99999999999", "9" * 5000, "\0"])
def test_an_owner_that_is_not_known_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="there is no user"):
        written(tmp_path, FileWrite("/a", "x", user=name))
    with pytest.raises(OutputError, match="there is no group"):
        written(tmp_path, FileWrite("/a", "x", group=name))


def test_a_file_gets_its_owner_once(tmp_path: Path) -> None:
    file = RenderedFile(tmp_path / "a", b"x", 0o600, (os.getuid(), os.getgid()))
    assert write_all([file]) == [tmp_path / "a"]
    assert write_all([file]) == []


def test_a_file_is_read_below_the_root_and_may_be_missing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff")
    container = Container(tmp_path)
    assert (container.read("/a"), container.read("a"), container.read("/b")) == (b"\xff", b"\xff", None)


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "large").write_bytes(b"x" * ((4 << 20) + 1))
    said = {"/pipe": "no regular file", "/folder": "is a directory", "/large": "larger than 4 MiB", "../x": "without"}
    for path, words in said.items():
        with pytest.raises(TemplateError, match=words):
            Container(tmp_path).read(path)

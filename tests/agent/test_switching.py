"""All files of a volume switch at once, whatever happens on the way."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from injector.agent.errors import OutputError
from injector.agent.publish import publish, tidy
from injector.agent.write import RenderedFile

if TYPE_CHECKING:
    from pathlib import Path

# Writes generation after generation, until it is killed: three files in the volume, two of them below folders.
WRITER = """
import sys
from itertools import count
from pathlib import Path
from injector.agent.publish import publish, tidy
from injector.agent.write import RenderedFile
folder = Path(sys.argv[1])
tidy([folder])
for number in count(int(sys.argv[2])):
    content = f"{number}\\n".encode() * 20_000
    publish([RenderedFile(folder / name, content) for name in ("a", "deep/b", "deep/er/c")], [folder])
    tidy([folder])
    print(number, flush=True)
"""
NAMES = ("a", "deep/b", "deep/er/c")


def files(folder: Path, **contents: str) -> list[RenderedFile]:
    return [RenderedFile(folder / name, content.encode()) for name, content in contents.items()]


def seen(folder: Path) -> dict[str, str]:
    """What an application sees that lists and reads the volume."""
    found = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith("..")]
        for name in names:
            path = folder.__class__(place) / name
            if not name.startswith(".."):
                found[str(path.relative_to(folder))] = path.read_text()
    return found


def generations(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("..sealer-*"))


def test_an_application_opens_plain_names(tmp_path: Path) -> None:
    changed = publish(files(tmp_path, a="1", **{"deep/b": "2"}), [tmp_path])
    assert changed == [tmp_path / "a", tmp_path / "deep/b"]
    assert seen(tmp_path) == {"a": "1", "deep/b": "2"}
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "deep/b").readlink().as_posix() == "../..data/deep/b"


def test_only_what_changed_is_written_again(tmp_path: Path) -> None:
    publish(files(tmp_path, a="1", b="1"), [tmp_path])
    before = (tmp_path / "a").stat().st_ino
    assert publish(files(tmp_path, a="1", b="2"), [tmp_path]) == [tmp_path / "b"]
    assert seen(tmp_path) == {"a": "1", "b": "2"}
    assert (tmp_path / "a").stat().st_ino == before


def test_the_same_again_touches_nothing(tmp_path: Path) -> None:
    publish(files(tmp_path, a="1"), [tmp_path])
    before = generations(tmp_path)
    assert publish(files(tmp_path, a="1"), [tmp_path]) == []
    assert generations(tmp_path) == before


def test_who_is_within_the_old_generation_keeps_it_until_it_is_tidied_up(tmp_path: Path) -> None:
    publish(files(tmp_path, a="1", b="1"), [tmp_path])
    old = (tmp_path / "..data").resolve()
    publish(files(tmp_path, a="2", b="2"), [tmp_path])
    assert (old / "b").read_text() == "1"
    tidy([tmp_path])
    assert not old.exists()
    assert seen(tmp_path) == {"a": "2", "b": "2"}


def test_a_file_that_is_wanted_no_more_goes_and_others_stay(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("the application's")
    publish(files(tmp_path, a="1", b="1"), [tmp_path])
    publish(files(tmp_path, a="1"), [tmp_path])
    assert seen(tmp_path) == {"a": "1", "theirs": "the application's"}


def test_plain_files_of_before_become_part_of_the_generation_and_count_as_unchanged(tmp_path: Path) -> None:
    publish(files(tmp_path, a="1", b="1"), [])
    (tmp_path / "a").chmod(0o600)
    assert publish(files(tmp_path, a="1", b="2"), [tmp_path]) == [tmp_path / "b"]
    assert (tmp_path / "a").is_symlink()
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert seen(tmp_path) == {"a": "1", "b": "2"}


def test_a_file_that_cannot_be_written_leaves_the_generation_as_it_was(tmp_path: Path) -> None:
    publish(files(tmp_path, a="1"), [tmp_path])
    (tmp_path / "b").mkdir()
    with pytest.raises(OutputError, match=r"cannot write .*/b: is a directory"):
        publish(files(tmp_path, a="canary", b="canary"), [tmp_path])
    assert seen(tmp_path) == {"a": "1"}
    assert len(generations(tmp_path)) == 1


def test_files_elsewhere_are_staged_with_the_volume(tmp_path: Path) -> None:
    volume, other = tmp_path / "volume", tmp_path / "other"
    publish(files(tmp_path, **{"volume/a": "1", "other/x": "1"}), [volume])
    (other / "y").mkdir()
    with pytest.raises(OutputError):
        publish(files(tmp_path, **{"volume/a": "2", "other/x": "2", "other/y": "2"}), [volume])
    assert (seen(volume), (other / "x").read_text()) == ({"a": "1"}, "1")


def test_a_volume_within_a_volume_has_its_own_generation(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    publish(files(tmp_path, **{"a": "1", "inner/b": "1"}), [tmp_path, inner])
    assert (inner / "b").readlink().as_posix() == "..data/b"


def test_a_bent_link_is_neither_followed_nor_trusted(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "volume"
    outside.mkdir()
    (outside / "a").write_text("1")
    folder.mkdir()
    (folder / "..data").symlink_to(outside)
    (folder / "a").symlink_to("..data/a")
    assert publish(files(folder, a="1"), [folder]) == [folder / "a"]
    assert (outside / "a").read_text() == "1"
    assert (folder / "..data").readlink().as_posix() == "..sealer-1"


def test_a_name_of_the_agents_own_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="two dots"):
        publish(files(tmp_path, **{"..data": "x"}), [tmp_path])


def test_killed_at_any_moment_it_leaves_whole_files_of_one_generation(tmp_path: Path) -> None:
    """Twelve kills at random moments, each followed by a writer that tidies up and goes on."""
    chance, last = random.Random(7), 0  # noqa: S311  # moments of kills
    for _ in range(12):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(last + 1)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline()
            time.sleep(chance.uniform(0, 0.03))
            writer.kill()
        found = {(tmp_path / name).read_text() for name in NAMES}
        assert len(found) == 1
        (content,) = found
        number = int(content.split("\n")[0])
        assert content == f"{number}\n" * 20_000
        assert number > last
        last = number
    tidy([tmp_path])
    assert len(generations(tmp_path)) == 1

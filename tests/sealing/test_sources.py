from __future__ import annotations

import pytest

from sealer.errors import InputError, UsageError
from sealer.sources import merge_items, parse_env_file, split_file_argument, split_literal


@pytest.mark.parametrize(
    ("argument", "key", "path"),
    [
        ("password.txt", "password.txt", "password.txt"),
        ("./a/password.txt", "password.txt", "./a/password.txt"),
        ("key=./a/b", "key", "./a/b"),
        ("key=a=b", "key", "a=b"),
        ("key=-", "key", "-"),
    ],
)
def test_a_file_argument_has_a_key_and_a_path(argument: str, key: str, path: str) -> None:
    assert split_file_argument(argument) == (key, path)


@pytest.mark.parametrize("argument", ["", "=", "=path", "key=", "-", "/"])
def test_a_file_argument_without_key_or_path_is_refused(argument: str) -> None:
    with pytest.raises(UsageError, match="--from-file"):
        split_file_argument(argument)


@pytest.mark.parametrize(
    ("argument", "value"), [("a=b", b"b"), ("a=", b""), ("a=b=c", b"b=c"), ("a= b ", b" b "), ("a=\udcff", b"\xff")]
)
def test_a_literal_keeps_its_very_bytes(argument: str, value: bytes) -> None:
    assert split_literal(argument) == ("a", value)


@pytest.mark.parametrize("argument", ["canary", "=canary"])
def test_a_literal_without_a_key_is_refused_and_not_shown(argument: str) -> None:
    with pytest.raises(UsageError) as caught:
        split_literal(argument)
    assert "canary" not in str(caught.value)


def test_an_env_file_is_read_as_kubectl_does() -> None:
    data = b'\xef\xbb\xbfA=1\r\n\n# comment\n  # another\n  B= two words \nC="quoted"\nD=a=b\nE=\nF.g-h=\xff'
    assert parse_env_file(data, "f") == {
        "A": b"1",
        "B": b" two words ",
        "C": b'"quoted"',
        "D": b"a=b",
        "E": b"",
        "F.g-h": b"\xff",
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"A=1\ncanary\n", "f, line 2: not KEY=VALUE"),
        (b"export A=canary\n", "f, line 1: not KEY=VALUE"),
        (b"=canary\n", "f, line 1: not KEY=VALUE"),
        (b"A\xff=canary\n", "f, line 1: not KEY=VALUE"),
        (b"A=1\n\nA=canary\n", "f, line 3: A appears twice"),
    ],
)
def test_a_wrong_line_of_an_env_file_is_named_by_number_and_not_shown(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_env_file(data, "f")
    assert str(caught.value) == message


def test_an_item_key_given_twice_is_refused() -> None:
    assert merge_items([{"a": b"1"}, {"b": b"2"}]) == {"a": b"1", "b": b"2"}
    with pytest.raises(UsageError, match="the item a is given twice"):
        merge_items([{"a": b"1"}, {"a": b"1"}])

from __future__ import annotations

import pytest

from injector.vault.errors import InvalidReferenceError
from injector.vault.reference import SecretReference, parse_reference


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("secret/hello", SecretReference("secret/hello")),
        ("/secret/hello/", SecretReference("secret/hello")),
        (" secret//a///b ", SecretReference("secret/a/b")),
        ("secret/hello?version=3", SecretReference("secret/hello", 3)),
        ("secret/data/hello?version=0", SecretReference("secret/data/hello", 0)),
        ("secret/with space/ä", SecretReference("secret/with space/ä")),
        ("secret/...", SecretReference("secret/...")),
        ("secret/a?", SecretReference("secret/a")),
    ],
)
def test_a_reference_is_read(text: str, reference: SecretReference) -> None:
    assert parse_reference(text) == reference


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "names no secret"),
        ("/", "names no secret"),
        ("?version=1", "names no secret"),
        ("secret/../sys/raw", '".."'),
        ("secret/./a", '"."'),
        ("secret/a\nb", "control character"),
        ("secret/a?version=new", "whole number"),
        ("secret/a?version=-1", "whole number"),
        ("secret/a?version=", "whole number"),
        ("secret/a?versoin=1", '"versoin"'),
        ("secret/a?version=1&version=2", "more than one"),
    ],
)
def test_what_is_no_reference_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(InvalidReferenceError, match=named):
        parse_reference(text)


def test_a_reference_prints_as_it_is_written() -> None:
    assert str(parse_reference("secret/a?version=7")) == "secret/a?version=7"

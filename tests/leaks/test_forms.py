"""The search finds what it is to find: a leak test that is blind would always pass."""

from __future__ import annotations

import base64

import pytest

from tests.leaks.forms import leaks

VALUE = b"canary/\xc3\xbf>>plain-text"


@pytest.mark.parametrize("before", [b"", b"a", b"ab", b"abc", b"password="])
@pytest.mark.parametrize("after", [b"", b"x", b"xy"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, bytes.hex, bytes.decode])
def test_a_value_is_found_in_whatever_it_is_wrapped(encode: object, before: bytes, after: bytes) -> None:
    assert callable(encode)
    wrapped = encode(before + VALUE + after)
    text = wrapped.decode() if isinstance(wrapped, bytes) else wrapped
    assert list(leaks(VALUE, f"... {text} ..."))


def test_what_is_not_there_is_not_found() -> None:
    assert list(leaks(VALUE, base64.b64encode(VALUE[:-8]).decode())) == []

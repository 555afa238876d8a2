"""Who asks, as addresses tell."""

from __future__ import annotations

import pytest

from controller.http.callers import Origin, origin_of


@pytest.mark.parametrize(
    ("peer", "headers", "origin"),
    [
        ("10.0.0.1", [], Origin("10.0.0.1")),
        ("10.0.0.1", ["192.0.2.1"], Origin("10.0.0.1", "192.0.2.1")),
        ("10.0.0.1", ["6.6.6.6, 192.0.2.1"], Origin("10.0.0.1", "192.0.2.1")),
        ("10.0.0.1", ["6.6.6.6", " 192.0.2.1 "], Origin("10.0.0.1", "192.0.2.1")),
        ("10.0.0.1", ["192.0.2.1", "nonsense"], Origin("10.0.0.1")),
        ("10.0.0.1", [""], Origin("10.0.0.1")),
        ("10.0.0.1", ["192.0.2.1,"], Origin("10.0.0.1")),
        ("::ffff:10.0.0.1", [], Origin("10.0.0.1")),
        ("2001:db8::1", ["2001:db8:1:2:3:4:5:6"], Origin("2001:db8::/64", "2001:db8:1:2::/64")),
        ("fe80::1%eth0", [], Origin("fe80::/64")),
        (None, [], Origin("unknown")),
    ],
)
def test_the_last_hop_is_what_the_peer_says(peer: str | None, headers: list[str], origin: Origin) -> None:
    assert origin_of(peer, headers) == origin


def test_what_is_logged_names_both() -> None:
    assert str(Origin("10.0.0.1", "192.0.2.1")) == "192.0.2.1 through 10.0.0.1"
    assert str(Origin("10.0.0.1")) == "10.0.0.1"

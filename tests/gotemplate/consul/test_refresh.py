"""When what a template depends on is fetched again (reference, vault-agent-injector 5.4)."""

from __future__ import annotations

import pytest

from sealer.errors import InputError
from sealer.gotemplate.consul import Auth, Schedule, SecretResponse, refresh_after

NOW = 1_700_000_000.0


def test_what_has_no_lease_is_looked_at_every_five_minutes_less_a_tenth() -> None:
    assert refresh_after(SecretResponse(data={"data": {}}), NOW, 0.5) == pytest.approx(270)
    assert refresh_after(SecretResponse(data={}), NOW, 0.5, Schedule(static_interval=60)) == pytest.approx(54)


def test_agents_are_spread_over_time() -> None:
    response = SecretResponse(data={}, lease_duration=1000)
    assert refresh_after(response, NOW, 0.0) == pytest.approx(850)
    assert refresh_after(response, NOW, 0.999999) == pytest.approx(950, abs=0.1)
    assert refresh_after(response, NOW, 0.999999, Schedule(threshold=0.99)) == pytest.approx(990)


def test_a_renewable_lease_is_renewed_and_not_fetched() -> None:
    assert refresh_after(SecretResponse(data={}, lease_id="x", lease_duration=60, renewable=True), NOW, 0.5) is None
    assert refresh_after(SecretResponse(auth=Auth(lease_duration=60, renewable=True)), NOW, 0.5) is None


def test_a_login_counts_by_its_own_lifetime() -> None:
    response = SecretResponse(lease_duration=7, auth=Auth(lease_duration=100))
    assert refresh_after(response, NOW, 0.5) == pytest.approx(90)


def test_a_certificate_without_a_lease_counts_by_its_expiration() -> None:
    response = SecretResponse(data={"certificate": "C", "expiration": int(NOW) + 1000}, lease_duration=5)
    assert refresh_after(response, NOW, 0.5) == pytest.approx(900)
    leased = SecretResponse(data={"certificate": "C", "expiration": int(NOW) + 1000}, lease_id="l", lease_duration=100)
    assert refresh_after(leased, NOW, 0.5) == pytest.approx(90)


def test_a_secret_id_counts_by_its_own_lifetime() -> None:
    response = SecretResponse(data={"secret_id": "s", "secret_id_ttl": 99})
    assert refresh_after(response, NOW, 0.5) == pytest.approx(90)


def test_a_rotated_secret_is_fetched_a_second_after_it_has_changed() -> None:
    assert refresh_after(SecretResponse(data={"rotation_period": 3600, "ttl": 10}), NOW, 0.1) == 11
    with pytest.raises(InputError, match="being rotated just now"):
        refresh_after(SecretResponse(data={"rotation_period": 3600, "ttl": 0}), NOW, 0.1)


def test_an_answer_is_read_from_the_body_of_the_api() -> None:
    body = {
        "request_id": "r",
        "lease_id": "l",
        "lease_duration": 60,
        "renewable": True,
        "data": {"k": "v"},
        "warnings": ["w"],
        "auth": {
            "client_token": "t",
            "policies": ["p"],
            "metadata": {"a": "b"},
            "lease_duration": 5,
            "renewable": False,
        },
    }
    found = SecretResponse.of_body(body)
    assert (found.lease_id, found.lease_duration, found.renewable, found.warnings) == ("l", 60, True, ("w",))
    assert found.auth == Auth("t", "", ("p",), {"a": "b"}, 5, renewable=False)
    assert SecretResponse.of_body({"data": None, "warnings": None, "auth": None}) == SecretResponse()
    with pytest.raises(InputError, match="not one of vault's"):
        SecretResponse.of_body({"data": "text"})

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from injector.errors import RegistrationError
from injector.webhook import certificates
from injector.webhook.registration import ca_bundle_patch

NOW = datetime.now(UTC)
CA = certificates.generate(["a"], NOW).ca
ENCODED = base64.b64encode(CA).decode()


def _configuration(*bundles: str | None) -> dict[str, Any]:
    return {
        "webhooks": [
            {"name": f"w{index}", "clientConfig": {"url": "https://x", **({} if one is None else {"caBundle": one})}}
            for index, one in enumerate(bundles)
        ]
    }


def test_every_entry_is_patched_and_guarded_by_its_name() -> None:
    assert ca_bundle_patch(_configuration(None, "", "###"), CA, NOW) == [
        operation
        for index in range(3)
        for operation in (
            {"op": "test", "path": f"/webhooks/{index}/name", "value": f"w{index}"},
            {"op": "add", "path": f"/webhooks/{index}/clientConfig/caBundle", "value": ENCODED},
        )
    ]


def test_an_entry_that_has_the_ca_is_left_alone() -> None:
    patch = ca_bundle_patch(_configuration(ENCODED, None), CA, NOW)
    assert [operation["path"] for operation in patch] == ["/webhooks/1/name", "/webhooks/1/clientConfig/caBundle"]


@pytest.mark.parametrize("configuration", [{}, {"webhooks": None}, {"webhooks": []}])
def test_a_configuration_without_webhooks_is_an_error(configuration: dict[str, Any]) -> None:
    with pytest.raises(RegistrationError):
        ca_bundle_patch(configuration, CA, NOW)

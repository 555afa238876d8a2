from __future__ import annotations

import base64
from typing import Any

import pytest

from injector.webhook.registration import bundle_patch, is_registered

CA = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
ENCODED = base64.b64encode(CA).decode()


def _configuration(*bundles: str | None) -> dict[str, Any]:
    return {
        "webhooks": [
            {"name": f"w{index}", "clientConfig": {"url": "https://x", **({} if one is None else {"caBundle": one})}}
            for index, one in enumerate(bundles)
        ]
    }


def test_every_entry_is_patched_and_guarded_by_its_name() -> None:
    assert bundle_patch(_configuration(None, "", "###"), CA) == [
        operation
        for index in range(3)
        for operation in (
            {"op": "test", "path": f"/webhooks/{index}/name", "value": f"w{index}"},
            {"op": "add", "path": f"/webhooks/{index}/clientConfig/caBundle", "value": ENCODED},
        )
    ]


def test_an_entry_that_has_the_ca_is_left_alone() -> None:
    patch = bundle_patch(_configuration(ENCODED, None), CA)
    assert [operation["path"] for operation in patch] == ["/webhooks/1/name", "/webhooks/1/clientConfig/caBundle"]


def test_it_is_registered_when_every_entry_has_it() -> None:
    assert is_registered(_configuration(ENCODED, ENCODED), CA)
    assert not is_registered(_configuration(ENCODED, None), CA)


@pytest.mark.parametrize("configuration", [{}, {"webhooks": None}, {"webhooks": []}])
def test_without_entries_nothing_is_registered(configuration: dict[str, Any]) -> None:
    assert bundle_patch(configuration, CA) == []
    assert not is_registered(configuration, CA)

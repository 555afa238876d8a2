"""A Vault that speaks TLS, for logins by certificate and for trust; one for all tests of a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploy.local.vault import VaultServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.find import Parts
    from deploy.local.process import Processes


@pytest.fixture(scope="module")
def tls_vault(parts: Parts, processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultServer]:
    with VaultServer(tmp_path_factory.mktemp("tls"), parts, processes, plugins=(), tls=True) as vault:
        vault.put_kv2("hello", {"greeting": "hi"})
        yield vault

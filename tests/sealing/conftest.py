"""Keys that are test material, checked in so that no test waits for a new one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sealer.certificate import Recipient
from sealer.keyring import Keyring, SealingKey
from tests.support.vectors import certificate_pem, key_pem


@pytest.fixture(scope="session")
def key() -> SealingKey:
    return SealingKey.from_pem(key_pem("rsa-2048"), certificate_pem("rsa-2048"))


@pytest.fixture(scope="session")
def other_key() -> SealingKey:
    return SealingKey.from_pem(key_pem("rsa-3072"), certificate_pem("rsa-3072"))


@pytest.fixture(scope="session")
def keyring(key: SealingKey) -> Keyring:
    return Keyring.of([key])


@pytest.fixture(scope="session")
def recipient() -> Recipient:
    return Recipient.from_pem(certificate_pem("rsa-2048"), now=datetime.now(UTC))

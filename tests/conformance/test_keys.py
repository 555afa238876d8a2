"""Sealing keys that come and go while the controller runs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from sealer.certificate import Recipient
from sealer.keyring import SealingKey
from sealer.manifest import Secret
from sealer.scope import Scope
from sealer.seal import seal
from tests.conformance.subject import KEY_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.cluster import Json
    from tests.conformance.subject import Place


YEAR: Final = timedelta(days=365)


@pytest.fixture
def older_key(place: Place) -> Iterator[OlderKey]:
    """A key of a year ago."""
    begins = datetime.now(UTC) - YEAR
    key = SealingKey.generate(bits=2048, common_name="", validity=10 * YEAR, now=begins)
    older = OlderKey(place, key, f"restored-{secrets.token_hex(3)}")
    yield older
    older.remove()


@dataclass(frozen=True)
class OlderKey:
    """A key that the controller does not know until it is restored."""

    place: Place
    key: SealingKey
    name: str

    def restore(self) -> None:
        """Put it into the controller's namespace, as from a backup."""
        pems = {"tls.key": self.key.private_pem().decode(), "tls.crt": self.key.certificate_pem().decode()}
        metadata = {"name": self.name, "labels": {KEY_LABEL: "active"}}
        manifest = {"metadata": metadata, "type": "kubernetes.io/tls", "stringData": pems}
        self.place.subject.cluster.request("POST", self._path(), manifest)

    def remove(self) -> None:
        self.place.subject.cluster.request("DELETE", f"{self._path()}/{self.name}")

    def sealed(self, name: str, value: str) -> Json:
        """Return a SealedSecret that only this key opens."""
        recipient = Recipient.from_pem(self.key.certificate_pem(), now=datetime.now(UTC))
        plain = Secret(namespace=self.place.namespace, name=name, data={"a": value.encode()})
        return seal(plain, recipient, Scope.STRICT).to_manifest()

    def _path(self) -> str:
        return f"/api/v1/namespaces/{self.place.subject.namespace}/secrets"


@pytest.mark.deviation("the existing controller reads its keys when it starts")
def test_a_key_that_is_restored_opens_what_was_sealed_to_it(place: Place, older_key: OlderKey) -> None:
    newest = place.subject.certificate()
    older_key.restore()
    place.apply(older_key.sealed("db", "1"))
    place.wait_for_data("db", {"a": "1"})
    assert place.subject.certificate() == newest


@pytest.mark.deviation("the existing controller reads its keys when it starts, and has given up long before")
def test_a_key_that_is_restored_opens_what_was_refused(place: Place, older_key: OlderKey) -> None:
    place.apply(older_key.sealed("db", "1"))
    place.assert_refused("db")
    place.let_retries_pass()
    older_key.restore()
    place.wait_for_data("db", {"a": "1"})
    place.wait_for_synced("db")

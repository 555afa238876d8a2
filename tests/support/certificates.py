"""Serving certificates for tests that need one in files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from injector.webhook.serving import issue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Serving:
    """A leaf, its key and its CA, PEM."""

    ca: bytes
    certificate: bytes
    key: bytes

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write certificate and key into a folder; return their paths."""
        certificate, key = folder / "tls.crt", folder / "tls.key"
        certificate.write_bytes(self.certificate)
        key.write_bytes(self.key)
        return certificate, key


def generate(hosts: Sequence[str]) -> Serving:
    """Make a CA and a leaf that are valid for a day."""
    now = datetime.now(UTC)
    ca = issue.authority(timedelta(days=1), now)
    leaf = issue.leaf(ca, hosts, timedelta(days=1), now)
    return Serving(ca.certificate, leaf.certificate, leaf.key)

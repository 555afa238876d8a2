"""Test vectors: one scenario a file, a header of `field: value` lines, an empty line, then the material.

docs/reference/vectors.md describes the fields.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER: Final = Path(__file__).parents[2] / "vectors"
KEYS: Final = FOLDER / "keys"


@dataclass(frozen=True)
class Vector:
    """One scenario.

    Attributes:
        kind: The folder it stands in.
        name: The file's name without its ending.
        header: Field to value.
        material: What is to be read, opened or sealed to.

    """

    kind: str
    name: str
    header: Mapping[str, str]
    material: bytes

    def __str__(self) -> str:
        return self.name

    @property
    def succeeds(self) -> bool:
        """Whether the scenario is one of success."""
        return self.header["expect"] == "success"


def load(kind: str) -> list[Vector]:
    """Return the vectors of one folder, in the order of their names."""
    return [read(path) for path in sorted((FOLDER / kind).glob("*.txt"))]


def read(path: Path) -> Vector:
    """Read one vector."""
    head, _, material = path.read_bytes().partition(b"\n\n")
    header = dict(line.split(": ", 1) for line in head.decode().splitlines())
    if header.get("encoding") == "base64":
        material = base64.b64decode(material)
    return Vector(path.parent.name, path.stem, header, material)


def key_pem(name: str) -> bytes:
    """Return a private key that is test material, such as `rsa-2048`."""
    return (KEYS / f"test-only-{name}.key.pem").read_bytes()


def certificate_pem(name: str) -> bytes:
    """Return the certificate of a key that is test material."""
    return (KEYS / f"test-only-{name}.cert.pem").read_bytes()

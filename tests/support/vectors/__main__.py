"""Makes the test vectors anew: `python -m tests.support.vectors`; docs/reference/vectors.md says what they are."""

from __future__ import annotations

import base64
import sys
from typing import TYPE_CHECKING

from tests.support.vectors import FOLDER
from tests.support.vectors.certificates import certificates
from tests.support.vectors.manifests import manifests
from tests.support.vectors.values import values

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def main() -> None:
    """Write every vector."""
    for kind, vectors in (("values", values()), ("manifests", manifests()), ("certificates", certificates())):
        folder = FOLDER / kind
        folder.mkdir(exist_ok=True)
        for old in folder.glob("*.txt"):
            old.unlink()
        for name, (header, material) in vectors.items():
            write(folder / f"{name}.txt", header, material)
        sys.stdout.write(f"{kind}: {len(vectors)}\n")


def write(path: Path, header: Mapping[str, str], material: bytes) -> None:
    """Write one vector; material that is not plain text is written as base64."""
    plain = all(byte in b"\n" or 32 <= byte < 127 for byte in material)
    fields = dict(header) | ({} if plain else {"encoding": "base64"})
    body = material if plain else base64.encodebytes(material)
    path.write_bytes("".join(f"{k}: {v}\n" for k, v in fields.items()).encode() + b"\n" + body)


if __name__ == "__main__":
    main()

"""Vectors of single sealed values."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1

from sealer.certificate import Recipient
from sealer.scope import Scope
from sealer.seal import seal_value
from tests.support.vectors import certificate_pem
from tests.support.vectors.format1 import PLAIN, private_key, seal
from tests.support.vectors.kubeseal import run_kubeseal

KUBESEAL: Final = "kubeseal v0.40.0"
SIZE: Final = 256  # of what the test key of 2048 bits encrypts
STRICT: Final = {"scope": "strict", "namespace": "shop", "name": "db"}
Header = dict[str, str]
Vector = tuple[Header, bytes]


def value(expect: str, comment: str, *, by: str = "hand", **fields: str) -> Header:
    """Return the header of a vector of `values`."""
    return {"expect": expect, "comment": comment, "made-by": by, "key": "rsa-2048"} | STRICT | fields


def opens(comment: str, *, by: str, plaintext: bytes = PLAIN, **fields: str) -> Header:
    """Return the header of a value that opens."""
    return value("success", comment, by=by, **fields) | {"plaintext": base64.b64encode(plaintext).decode()}


def values() -> dict[str, Vector]:
    """Return every vector of this kind, by name."""
    return {**sealed_by_kubeseal(), **sealed_here(), **sealed_for_another(), **of_other_algorithms(), **broken()}


def sealed_by_kubeseal() -> dict[str, Vector]:
    """Return values that the real kubeseal sealed."""
    strict = ("--raw", "--namespace", "shop", "--name", "db")
    every_byte = bytes(range(256))
    return {
        "opens-strict": (opens("strict scope", by=KUBESEAL), run_kubeseal(*strict)),
        "opens-namespace-wide": (
            opens("namespace-wide: under any name", by=KUBESEAL, scope="namespace-wide", name="any"),
            run_kubeseal("--raw", "--scope", "namespace-wide", "--namespace", "shop"),
        ),
        "opens-cluster-wide": (
            opens("cluster-wide: anywhere", by=KUBESEAL, scope="cluster-wide", namespace="any", name="any"),
            run_kubeseal("--raw", "--scope", "cluster-wide"),
        ),
        "opens-rsa-3072": (
            opens("a key of 3072 bits", by=KUBESEAL, key="rsa-3072"),
            run_kubeseal(*strict, key="rsa-3072"),
        ),
        "opens-rsa-4096": (
            opens("a key of 4096 bits", by=KUBESEAL, key="rsa-4096"),
            run_kubeseal(*strict, key="rsa-4096"),
        ),
        "opens-empty": (opens("an empty value", by=KUBESEAL, plaintext=b""), run_kubeseal(*strict, stdin=b"")),
        "opens-binary": (
            opens("every byte", by=KUBESEAL, plaintext=every_byte),
            run_kubeseal(*strict, stdin=every_byte),
        ),
    }


def sealed_here() -> dict[str, Vector]:
    """Return values that open, sealed by the second writing of the format, and by Sealer itself."""
    recipient = Recipient.from_pem(certificate_pem("rsa-2048"), now=datetime.now(UTC))
    by_sealer = seal_value(PLAIN, recipient, scope=Scope.STRICT, namespace="shop", name="db")
    folded = base64.encodebytes(seal()).replace(b"\n", b"\r\n")
    return {
        "opens-sealer": (opens("strict scope", by="sealer 0.1.0"), by_sealer.encode()),
        "opens-written-again": (opens("the same bytes by another hand", by="hand"), base64.b64encode(seal())),
        "opens-folded": (opens("line ends, LF and CR LF, anywhere in the text", by="hand"), folded),
        "opens-aes-128": (
            opens("a session key of 16 bytes: nobody makes one, and Go opens it", by="hand"),
            base64.b64encode(seal(session_key=bytes(range(16)))),
        ),
    }


def sealed_for_another() -> dict[str, Vector]:
    """Return whole values whose label or key is not the one that they are opened with."""
    cases: dict[str, tuple[str, bytes, str, dict[str, str]]] = {
        "other-name": ("renamed under strict scope", b"shop/cache", "rsa-2048", {}),
        "other-namespace": ("moved under strict scope", b"bank/db", "rsa-2048", {}),
        "name-in-upper-case": ("names are compared byte by byte", b"shop/DB", "rsa-2048", {}),
        "no-slash": ("namespace and name without the slash between them", b"shopdb", "rsa-2048", {}),
        "name-first": ("name and namespace swapped", b"db/shop", "rsa-2048", {}),
        "label-with-nul": ("a label that goes on after a NUL", b"shop/db\0", "rsa-2048", {}),
        "label-cut": ("a label that ends early", b"shop/d", "rsa-2048", {}),
        "namespace-wide-as-strict": ("scope narrowed from namespace-wide", b"shop", "rsa-2048", {}),
        "cluster-wide-as-strict": ("scope narrowed from cluster-wide", b"", "rsa-2048", {}),
        "strict-as-namespace-wide": ("scope widened", b"shop/db", "rsa-2048", {"scope": "namespace-wide"}),
        "strict-as-cluster-wide": ("scope widened", b"shop/db", "rsa-2048", {"scope": "cluster-wide"}),
        "namespace-wide-elsewhere": ("moved", b"bank", "rsa-2048", {"scope": "namespace-wide"}),
        "namespace-wide-as-cluster-wide": ("scope widened", b"shop", "rsa-2048", {"scope": "cluster-wide"}),
        "cluster-wide-as-namespace-wide": ("scope narrowed", b"", "rsa-2048", {"scope": "namespace-wide"}),
        "larger-key": ("sealed to a key of 4096 bits", b"shop/db", "rsa-4096", {}),
        "smaller-key": ("sealed to a key of 2048 bits", b"shop/db", "rsa-2048", {"key": "rsa-3072"}),
    }
    return {
        f"no-key-{name}": (value("no-key", comment, **fields), base64.b64encode(seal(label=label, key=key)))
        for name, (comment, label, key, fields) in cases.items()
    }


def of_other_algorithms() -> dict[str, Vector]:
    """Return values made with an algorithm that is nearly the right one."""
    session_key = bytes(range(32))
    pkcs1 = private_key().public_key().encrypt(session_key, padding.PKCS1v15())
    body = AESGCM(session_key).encrypt(bytes(12), PLAIN, None)
    sha1 = SHA1()  # noqa: S303  # the wrong one is the point
    cases = {
        "oaep-sha1": ("OAEP with SHA-1", seal(oaep_hash=sha1, mask_hash=sha1)),
        "mask-sha1": ("MGF1 with SHA-1", seal(mask_hash=sha1)),
        "pkcs1": ("PKCS #1 v1.5 padding instead of OAEP", len(pkcs1).to_bytes(2, "big") + pkcs1 + body),
        "nonce": ("a nonce that is not zero", seal(nonce=b"\0" * 11 + b"\1")),
        "associated-data": ("GCM with associated data", seal(associated=b"shop/db")),
        "short-session-key": ("a session key of 31 bytes", seal(session_key=bytes(31))),
        "long-session-key": ("a session key of 33 bytes", seal(session_key=bytes(33))),
        "empty-session-key": ("a session key of no bytes", seal(session_key=b"")),
    }
    return {
        f"no-key-{name}": (value("no-key", comment), base64.b64encode(sealed))
        for name, (comment, sealed) in cases.items()
    }


def broken() -> dict[str, Vector]:
    """Return values that were whole once."""
    whole = seal()
    return {
        **{f"no-key-{k}": (value("no-key", c), base64.b64encode(b)) for k, (c, b) in changed_bytes(whole).items()},
        **{f"malformed-{k}": (value("malformed", c), base64.b64encode(b)) for k, (c, b) in cut_bytes(whole).items()},
        **{f"malformed-{k}": (value("malformed", c), b) for k, (c, b) in changed_text(whole).items()},
    }


def changed_bytes(whole: bytes) -> dict[str, tuple[str, bytes]]:
    """Return bytes of the right shape that no key opens."""
    body = 2 + SIZE
    modulus = private_key().public_key().public_numbers().n.to_bytes(SIZE, "big")
    return {
        "tag-flipped": ("a bit of the GCM tag", flip(whole, -1)),
        "ciphertext-flipped": ("a bit of the GCM ciphertext", flip(whole, body)),
        "wrapped-key-flipped": ("a bit of the RSA ciphertext", flip(whole, 9)),
        "length-one-more": ("the length counts one byte too many", (SIZE + 1).to_bytes(2, "big") + whole[2:]),
        "length-one-less": ("the length counts one byte too few", (SIZE - 1).to_bytes(2, "big") + whole[2:]),
        "length-little-endian": ("a length of 1 from swapped bytes", b"\0\1" + whole[2:]),
        "byte-appended": ("a byte too many at the end", whole + b"\0"),
        "byte-missing": ("a byte too few at the end", whole[:-1]),
        "wrapped-key-not-below-modulus": ("an RSA ciphertext that is the modulus", whole[:2] + modulus + whole[body:]),
        "wrapped-key-zero": ("an RSA ciphertext of zeros", whole[:2] + bytes(SIZE) + whole[body:]),
        "halves-of-two": ("the session key of one value and the ciphertext of another", whole[:body] + seal()[body:]),
    }


def cut_bytes(whole: bytes) -> dict[str, tuple[str, bytes]]:
    """Return bytes that cannot be a sealed value, whatever the key."""
    return {
        "empty": ("nothing at all", b""),
        "one-byte": ("half a length", whole[:1]),
        "length-only": ("a length and nothing else", whole[:2]),
        "no-ciphertext": ("cut off after the RSA ciphertext", whole[: 2 + SIZE]),
        "half-a-tag": ("cut off within the tag", whole[: 2 + SIZE + 8]),
        "cut-off": ("cut off within the RSA ciphertext", whole[:100]),
        "length-zero": ("a length of zero", b"\0\0" + whole[2:]),
        "length-of-four-bytes": ("four bytes of length instead of two", b"\0\0" + whole),
        "later-format": ("the mark of formats after the first", b"\xff\xff\2\1" + whole[2:]),
    }


def changed_text(whole: bytes) -> dict[str, tuple[str, bytes]]:
    """Return text that is not standard base64."""
    text = base64.b64encode(whole)
    assert text.endswith(b"=")
    return {
        "url-safe": ("the URL-safe alphabet", base64.urlsafe_b64encode(b"\1\0\xfb\xff" + whole[4:])),
        "no-padding": ("padding left out", text.rstrip(b"=")),
        "too-much-padding": ("padding that is not due", text + b"===="),
        "text-after-padding": ("text after the padding", text + b"AAAA"),
        "space": ("a space within the text", text[:40] + b" " + text[40:]),
        "tab": ("a tab within the text", text[:40] + b"\t" + text[40:]),
        "not-ascii": ("a letter with an accent", text[:40] + "é".encode() + text[41:]),
        "nul": ("a NUL within the text", text[:40] + b"\0" + text[41:]),
        "hex": ("hexadecimal with a prefix", b"0x" + whole.hex().encode() + b"="),
        "not-sealed": ("the value itself, never sealed", b"correct-horse-battery-staple"),
        "quoted": ("quotation marks that belong to YAML", b'"' + text + b'"'),
    }


def flip(data: bytes, at: int) -> bytes:
    """Return `data` with one bit changed in the byte at `at`."""
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)

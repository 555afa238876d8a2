"""Folders in which both command lines run, and what is compared of how they end."""

from __future__ import annotations

import base64
import json
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import yaml

from sealer.certificate import Recipient
from sealer.errors import UnsealError
from sealer.keyring import Keyring, SealingKey
from sealer.wire import MalformedValueError
from tests.support.vectors import certificate_pem, key_pem, load

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RING: Final = Keyring(tuple(SealingKey.from_pem(key_pem(size)) for size in ("rsa-2048", "rsa-4096")))
RECIPIENT: Final = Recipient.from_pem(certificate_pem("rsa-2048"), now=datetime(2026, 1, 1, tzinfo=UTC))
NAMESPACES: Final = ("shop", "other", "ctx")
NAMES: Final = ("db", "db2", "testSecret", "api", "")
LABELS: Final = [b"", *(ns.encode() for ns in NAMESPACES)] + [
    f"{ns}/{name}".encode() for ns, name in product(NAMESPACES, NAMES)
]
_SEALED: Final = re.compile(r"A[Qg][A-Za-z0-9+/]{300,}={0,2}")
_SECRET: Final = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "db", "namespace": "shop"},
    "data": {"password": "aHVudGVyMg=="},
}
_SCOPE: Final = "sealedsecrets.bitnami.com/"
_KUBECONFIG: Final = """\
apiVersion: v1
kind: Config
current-context: here
contexts:
- {name: here, context: {cluster: nowhere, user: me, namespace: ctx}}
- {name: bare, context: {cluster: nowhere, user: me}}
clusters: [{name: nowhere, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: me, user: {}}]
"""


def secret(metadata: Mapping[str, Any] | None = None, **fields: Any) -> str:
    """Return a Secret as YAML; a metadata field or a field of None is left out."""
    merged = _SECRET["metadata"] | (metadata or {})  # type: ignore[operator]  # a dict of str
    kept = {key: value for key, value in merged.items() if value is not None}
    manifest = {key: value for key, value in (_SECRET | {"metadata": kept} | fields).items() if value is not None}
    return yaml.safe_dump(manifest)


def _material() -> dict[str, str | bytes]:
    of = {vector.name: vector.material for vector in load("certificates")}
    rich: dict[str, Any] = {"labels": {"app": "x", "b": "a<b&c"}, "annotations": {"note": "é"}}
    rich |= {"uid": "u", "resourceVersion": "1", "creationTimestamp": "2020-01-01T00:00:00Z", "generation": 3}
    rich |= {"ownerReferences": [{"apiVersion": "v1", "kind": "X", "name": "y", "uid": "z"}], "finalizers": ["a/b"]}
    rich["annotations"] |= {"kubectl.kubernetes.io/last-applied-configuration": "{hunter2}"}
    wide = {f"{_SCOPE}namespace-wide": "true"}
    return {
        "cert.pem": certificate_pem("rsa-2048"),
        "big.pem": certificate_pem("rsa-4096"),
        "bundle.pem": certificate_pem("rsa-2048") + certificate_pem("rsa-4096"),
        "key.pem": key_pem("rsa-2048"),
        "big.key": key_pem("rsa-4096"),
        "expired.pem": of["refused-expired"],
        "ec.pem": of["refused-elliptic-curve"],
        "keys.yaml": secret(data={"tls.key": _b64(key_pem("rsa-2048")), "tls.crt": _b64(certificate_pem("rsa-2048"))}),
        "secret.yaml": secret(),
        "secret.json": json.dumps(yaml.safe_load(secret())),
        "two.yaml": secret() + "---\n" + secret({"name": "db2"}),
        "two.json": json.dumps(yaml.safe_load(secret())) + "\n" + json.dumps(yaml.safe_load(secret({"name": "db2"}))),
        "rich.yaml": secret(rich, type="kubernetes.io/x", immutable=True, stringData={"password": "wins", "z": ""}),
        "lines.yaml": secret({"annotations": {"note": "a\u2028b\u2029c\x85d\te"}}),
        "nameless.yaml": secret({"name": None}),
        "illegal.yaml": secret({"name": "testSecret"}),
        "nowhere.yaml": secret({"namespace": None}),
        "wide.yaml": secret({"annotations": wide}),
        "cluster.yaml": secret({"annotations": {f"{_SCOPE}cluster-wide": "true"}}),
        "both.yaml": secret({"annotations": wide | {f"{_SCOPE}cluster-wide": "true"}}),
        "anywhere.yaml": secret({"namespace": None, "annotations": {f"{_SCOPE}cluster-wide": "true"}}),
        "half.yaml": secret({"annotations": {f"{_SCOPE}cluster-wide": "1"}}),
        "nothing.yaml": secret(data=None),
        "untyped.yaml": secret(apiVersion=None, kind=None),
        "bad64.yaml": secret(data={"a": "hunter2!"}),
        "comment.yaml": "# nothing\n---\n" + secret() + "---\n# nothing\n",
        "value": b"\0raw\n",
        "empty": b"",
        "broken.yaml": "a: [",
        "kubeconfig": _KUBECONFIG,
    }


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


MATERIAL: Final = _material()


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        code: Its exit code.
        out: What it printed, the sealed values in it replaced by what they open to.
        err: What it said.
        files: Name to content of every file that is new or changed, in the same form.

    """

    code: int
    out: str
    err: str
    files: Mapping[str, str] = field(default_factory=dict)


def fill(folder: Path, more: Mapping[str, str | bytes]) -> None:
    """Write the files that every case may use, and more."""
    folder.mkdir()
    for name, content in (MATERIAL | dict(more)).items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def changed(folder: Path, more: Mapping[str, str | bytes]) -> dict[str, str]:
    """Return the files that are not as `fill` wrote them."""
    before = {name: text.encode() if isinstance(text, str) else text for name, text in (MATERIAL | dict(more)).items()}
    now = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    return {name: meaning(content) for name, content in now.items() if before.get(name) != content}


def meaning(data: bytes) -> str:
    """Return a text with every sealed value in it replaced by its label and its plaintext."""
    return _SEALED.sub(_opened, data.decode("utf-8", "replace"))


def _opened(found: re.Match[str]) -> str:
    for label in LABELS:
        try:
            return f"<{label.decode()}|{RING.open(found.group(), label).plaintext!r}>"
        except (UnsealError, MalformedValueError):
            continue
    return "<does not open>"


def parsed(text: str) -> Any:
    """Return the documents of a text, or the text where it holds none."""
    try:
        return list(yaml.safe_load_all(text))
    except yaml.YAMLError:
        return text


def environment(home: Path, more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a case: nothing of this machine's settings reaches it."""
    return {"HOME": str(home), "PATH": os.environ["PATH"], "KUBECONFIG": str(home / "kubeconfig"), **more}

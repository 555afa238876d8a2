"""Vectors of SealedSecret manifests."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from sealer.documents import write_json, write_yaml
from tests.support.vectors.format1 import PLAIN, text_of
from tests.support.vectors.kubeseal import run_kubeseal

KUBESEAL: Final = "kubeseal v0.40.0"
Header = dict[str, str]
Vector = tuple[Header, bytes]
Case = tuple[str, str, str, dict[str, Any]]  # the error, what its message says, a comment, the document
MOVED: Final = {"name": "db", "namespace": "bank"}
ITEM: Final = "spec.encryptedData.password"


def secret(**fields: Any) -> dict[str, Any]:
    """Return a Secret manifest, changed."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop"},
        "stringData": {"password": PLAIN.decode()},
    } | fields


def sealed(**fields: Any) -> dict[str, Any]:
    """Return a SealedSecret manifest that opens, changed."""
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"encryptedData": {"password": text_of()}},
    } | fields


def manifest(expect: str, comment: str, *, by: str = "hand", **fields: str) -> Header:
    """Return the header of a vector of `manifests`."""
    return {"expect": expect, "comment": comment, "made-by": by, "key": "rsa-2048"} | fields


def becomes(data: dict[str, bytes] | None = None, **fields: Any) -> dict[str, str]:
    """Return the header field that holds the Secret that must come out."""
    items = {"password": PLAIN} if data is None else data
    expected = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "shop"}} | fields
    expected["data"] = {key: base64.b64encode(value).decode() for key, value in items.items()}
    return {"secret": json.dumps(expected)}


def manifests() -> dict[str, Vector]:
    """Return SealedSecret manifests."""
    return {**manifests_that_open(), **manifests_refused()}


def manifests_that_open() -> dict[str, Vector]:
    """Return SealedSecrets that become a Secret."""
    rich = secret(
        metadata={"name": "db", "namespace": "shop", "labels": {"app": "db"}, "annotations": {"note": "a: b # c"}},
        type="kubernetes.io/basic-auth",
        immutable=True,
        data={"username": base64.b64encode(b"\xff\0").decode()},
    )
    awkward = secret(stringData={key: key for key in ("y", "n", "on", "1e3", "0o17", "1.30", "null", "2020-01-01")})
    wide = {"sealedsecrets.bitnami.com/namespace-wide": "true"}
    wide_meta = {"name": "db", "namespace": "shop", "annotations": wide}
    legacy = text_of(json.dumps(secret()).encode())
    rich_secret = becomes(
        {"password": PLAIN, "username": b"\xff\0"},
        metadata=rich["metadata"],
        type="kubernetes.io/basic-auth",
        immutable=True,
    )
    return {
        "opens-yaml": (
            manifest("success", "everything that a Secret has, as YAML", by=KUBESEAL, **rich_secret),
            run_kubeseal("--format", "yaml", stdin=json.dumps(rich).encode()),
        ),
        "opens-json": (
            manifest("success", "the same as JSON", by=KUBESEAL, **rich_secret),
            run_kubeseal("--format", "json", stdin=json.dumps(rich).encode()),
        ),
        "opens-awkward-keys": (
            manifest(
                "success",
                "item keys that YAML 1.1 takes for something else",
                by=KUBESEAL,
                **becomes({key: key.encode() for key in awkward["stringData"]}),
            ),
            run_kubeseal("--format", "yaml", stdin=json.dumps(awkward).encode()),
        ),
        "opens-namespace-wide": (
            manifest("success", "namespace-wide scope", by=KUBESEAL, **becomes(metadata=wide_meta)),
            run_kubeseal("--scope", "namespace-wide", stdin=json.dumps(secret()).encode()),
        ),
        "opens-renamed-item": (
            manifest("success", "format 1 does not bind the item key", **becomes({"secret": PLAIN})),
            write_yaml([sealed(spec={"encryptedData": {"secret": text_of()}})]).encode(),
        ),
        "opens-legacy": (
            manifest("success", "the deprecated spec.data, one value that holds a whole Secret", **becomes()),
            write_yaml([sealed(spec={"data": legacy, "encryptedData": None})]).encode(),
        ),
        "opens-without-items": (
            manifest("success", "no items, and meant so", **becomes({})),
            write_yaml([sealed(spec={"encryptedData": {}})]).encode(),
        ),
        "opens-template-null": (
            manifest("success", "null in template.data removes the item", **becomes({})),
            write_json([with_template(data={"password": None})]).encode(),
        ),
        "opens-template-name-ignored": (
            manifest("success", "name and namespace of the template do not count", **becomes()),
            write_yaml([with_template(metadata={"name": "other", "namespace": "elsewhere"})]).encode(),
        ),
    }


def with_template(**fields: Any) -> dict[str, Any]:
    """Return a SealedSecret with a template."""
    return sealed(spec={"encryptedData": {"password": text_of()}, "template": fields})


def manifests_refused() -> dict[str, Vector]:
    """Return SealedSecrets that do not become a Secret, each with what the message must say."""
    documents = not_opening() | of_wrong_fields() | legacy_refused()
    return {
        f"refused-{name}": (manifest(expect, comment, message=message), write_yaml([document]).encode())
        for name, (expect, message, comment, document) in documents.items()
    } | {
        f"refused-{name}": (manifest("InputError", comment, message=message), material)
        for name, (message, comment, material) in texts_refused().items()
    }


def not_opening() -> dict[str, Case]:
    """Return well-formed SealedSecrets whose items do not open."""
    other = text_of(label=b"x")
    cluster = "sealedsecrets.bitnami.com/cluster-wide"
    cluster_wide = {"encryptedData": {"password": text_of(label=b"")}}
    misread = {"name": "db", "namespace": "shop", "annotations": {cluster: "True"}}
    template = {"metadata": {"annotations": {cluster: "true"}}}
    hinted = MOVED | {"annotations": {"sealer.dev/sealed-for": "strict:shop/db"}}
    renamed = sealed(metadata={"name": "b", "namespace": "shop"})
    two = sealed(spec={"encryptedData": {"password": other, "user": other, "fine": text_of()}})
    mixed = sealed(spec={"encryptedData": {"password": text_of()[:100], "user": other}})
    return {
        "renamed": ("UnsealError", "(password)", "another name", renamed),
        "moved": ("UnsealError", "(password)", "another namespace", sealed(metadata=MOVED)),
        "moved-with-hint": ("UnsealError", "(password)", "another namespace, with a key hint", sealed(metadata=hinted)),
        "two-items": ("UnsealError", "(password, user)", "every item is named", two),
        "malformed-item": ("InputError", "item password is", "what is malformed is public, and said first", mixed),
        "scope-True": ("UnsealError", "(password)", "only `true` counts", sealed(metadata=misread, spec=cluster_wide)),
        "scope-in-template": (
            "UnsealError",
            "(password)",
            "the scope of the template does not count",
            sealed(spec=cluster_wide | {"template": template}),
        ),
    }


def of_wrong_fields() -> dict[str, Case]:
    """Return documents with a field that is missing, of another type, or of another kind of object."""
    text = text_of()
    fields: dict[str, tuple[str, str, dict[str, Any]]] = {
        "no-spec": ("spec: missing", "no spec", {key: value for key, value in sealed().items() if key != "spec"}),
        "misspelt-items": (
            "spec.encryptedData: missing",
            "nothing to open is not success",
            sealed(spec={"encrypteddata": {"password": text}}),
        ),
        "items-not-a-mapping": (
            "spec.encryptedData: expected a mapping",
            "items as a list",
            sealed(spec={"encryptedData": [text]}),
        ),
        "item-number": (f"{ITEM}: expected a string", "a number", sealed(spec={"encryptedData": {"password": 1}})),
        "item-null": (f"{ITEM}: expected a string", "null", sealed(spec={"encryptedData": {"password": None}})),
        "no-name": ("metadata.name: missing", "no name", sealed(metadata={"namespace": "shop"})),
        "name-number": ("metadata.name: expected a string", "a number", sealed(metadata={"name": 7})),
        "annotation-boolean": (
            "metadata.annotations.a: expected a string",
            "a boolean",
            sealed(metadata={"name": "db", "annotations": {"a": True}}),
        ),
        "wrong-kind": ("found v1 Secret", "a Secret in plaintext", secret()),
        "wrong-version": ("found bitnami.com/v1", "no such version", sealed(apiVersion="bitnami.com/v1")),
        "immutable-string": (
            "spec.template.immutable: expected true or false",
            "a string",
            with_template(immutable="true"),
        ),
        "template-number": (
            "spec.template.data.a: expected a string",
            "a number",
            with_template(data={"a": 1}),
        ),
        "template-label-number": (
            "spec.template.metadata.labels.a: expected a string",
            "a number",
            with_template(metadata={"labels": {"a": 1}}),
        ),
    }
    return {name: ("InputError", *case) for name, case in fields.items()}


def legacy_refused() -> dict[str, Case]:
    """Return SealedSecrets whose deprecated `spec.data` cannot be used."""
    both = {"data": text_of(), "encryptedData": {"password": text_of()}}
    return {
        "both-fields": ("InputError", "at the same time", "spec.data beside encryptedData", sealed(spec=both)),
        "legacy-list": ("InputError", "not hold a Secret", "a list", sealed(spec={"data": text_of(b"[1, 2]")})),
        "legacy-not-json": ("InputError", "not hold a Secret", "no JSON", sealed(spec={"data": text_of()})),
        "legacy-moved": ("UnsealError", "(data)", "moved", sealed(metadata=MOVED, spec={"data": text_of()})),
        "legacy-malformed": ("InputError", "item data is", "never sealed", sealed(spec={"data": "aGVsbG8="})),
    }


def texts_refused() -> dict[str, tuple[str, str, bytes]]:
    """Return what is no stream of documents, or not one of whole documents."""
    whole = write_yaml([sealed()]).encode()
    return {
        "duplicate-item": ("appears twice", "an item twice", whole + whole.splitlines(keepends=True)[-1]),
        "empty": ("there is no document", "nothing at all", b""),
        "comment-only": ("there is no document", "nothing but a comment", b"# gone\n"),
        "empty-document": ("the document is empty", "an empty document", whole + b"---\n---\n" + whole),
        "not-yaml": ("not valid YAML", "a bracket too many", whole + b"}\n"),
        "tab": ("not valid YAML", "a tab for indentation", whole.replace(b"  name: db", b"\tname: db")),
        "control-character": ("U+0007", "a character that YAML forbids", whole + b"# \x07\n"),
        "not-utf8": ("not UTF-8", "Latin-1", whole + "# é\n".encode("latin-1")),
        "not-json": ("not valid JSON", "cut off", write_json([sealed()]).encode()[:-10]),
        "tag": ("begins with !", "a YAML tag", whole.replace(b"password: ", b"password: !x ")),
        "deep": ("nested too deeply", "ten thousand brackets", b"a: " + b"[" * 10000 + b"]" * 10000 + b"\n"),
        "alias-bomb": ("too many nodes", "nine to the ninth", alias_bomb()),
    }


def alias_bomb() -> bytes:
    """Return a few lines of YAML that stand for 9**9 nodes."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    return ("\n".join(lines) + "\n").encode()

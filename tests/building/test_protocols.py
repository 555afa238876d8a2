from __future__ import annotations

import io
import json
from typing import Any

import pytest
import yaml

from injector.kustomize.errors import GeneratorError
from injector.kustomize.krm import read_legacy, read_resource_list, write_legacy, write_resource_list
from sealer.errors import InputError

GENERATOR = {"apiVersion": "sealer.dev/v1alpha1", "kind": "SecretGenerator", "metadata": {"name": "app"}}
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "annotations": {"y": "1e3"}}}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "app"}, "data": {"y": "eA==", "1e3": "eA=="}}


def resource_list(**more: Any) -> dict[str, Any]:
    return {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", **more}


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


def test_only_the_function_config_counts_whatever_the_items() -> None:
    other = {**GENERATOR, "metadata": {"name": "other"}}
    received = read_resource_list(encoded(resource_list(items=[other, GENERATOR], functionConfig=GENERATOR)), "stdin")
    assert received["functionConfig"] == GENERATOR


def test_generators_end_and_everything_else_passes() -> None:
    written = write_resource_list(resource_list(items=[GENERATOR, POD], functionConfig=GENERATOR), SECRET)
    assert yaml.safe_load(written) == resource_list(items=[POD, SECRET])


@pytest.mark.parametrize("received", [resource_list(), resource_list(items=None), resource_list(items=[])])
def test_no_items_are_no_items(received: dict[str, Any]) -> None:
    assert yaml.safe_load(write_resource_list(received, SECRET))["items"] == [SECRET]


def test_keys_that_yaml_would_change_are_quoted() -> None:
    assert '"y": eA==' in write_legacy(SECRET)
    assert '"1e3": eA==' in write_legacy(SECRET)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "stdin: there is no document in it"),
        (b"{", "not valid"),
        (encoded([]), "expected one ResourceList"),
        (encoded(GENERATOR), "expected one ResourceList"),
        (encoded(resource_list()), "no functionConfig"),
        (encoded(resource_list(functionConfig=GENERATOR, items={})), "items: expected a list"),
        (encoded({**resource_list(functionConfig={}), "apiVersion": "v1"}), "ResourceList of v1"),
    ],
)
def test_what_is_no_resource_list_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_resource_list(data, "stdin")


def test_a_legacy_file_holds_one_generator() -> None:
    assert read_legacy(encoded(GENERATOR), "file").value == GENERATOR
    stream = io.StringIO()
    yaml.safe_dump_all([GENERATOR, GENERATOR], stream)
    with pytest.raises(GeneratorError, match="file: expected one SecretGenerator, found 2 documents"):
        read_legacy(stream.getvalue().encode(), "file")

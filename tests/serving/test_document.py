"""The OpenAPI document in the reference is what the application says of itself."""

from __future__ import annotations

import yaml

from tests.serving import openapi


def test_the_document_is_up_to_date() -> None:
    assert openapi.PAGE.read_text() == openapi.text(), "bring it up to date: python -m tests.serving.openapi"


def test_every_operation_has_an_id_of_its_own() -> None:
    described = yaml.safe_load(openapi.text())
    ids = [operation["operationId"] for path in described["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids)) == 8

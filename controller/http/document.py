"""What the routes say of themselves: from this and the routes comes the OpenAPI document in docs/reference."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

from controller.http.authentication import OWN_HEADER

if TYPE_CHECKING:
    from fastapi import FastAPI

TITLE: Final = "sealer-controller"
VERSION: Final = "v1"
DESCRIPTION: Final = (
    "What the controller answers on its HTTP port. Not served by the controller itself. "
    "Any request that is not HTTP/1.1 is answered with 400, any path not listed here with 404 "
    "and any other method with 405, as plain text."
)
_TEXT: Final = {"text/plain": {"schema": {"type": "string"}}}
_STRINGS: Final = {"type": "object", "additionalProperties": {"type": "string"}}
_SEALED_SECRET: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
        "apiVersion": {"const": "bitnami.com/v1alpha1"},
        "kind": {"const": "SealedSecret"},
        "metadata": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "minLength": 1},
                "namespace": {"type": "string"},
                "labels": _STRINGS,
                "annotations": _STRINGS,
            },
        },
        "spec": {
            "type": "object",
            "required": ["encryptedData"],
            "properties": {
                "encryptedData": _STRINGS,
                "template": {
                    "type": "object",
                    "properties": {
                        "metadata": {
                            "type": "object",
                            "properties": {"labels": _STRINGS, "annotations": _STRINGS},
                        },
                        "type": {"type": "string"},
                        "immutable": {"type": "boolean"},
                        "data": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
                    },
                },
            },
        },
    },
}
_NUMBER: Final = {"schema": {"type": "string", "pattern": "^[0-9]+$"}}
_ALLOWANCE: Final = {
    "X-RateLimit-Limit": {"description": "How many requests an idle caller may make at once.", **_NUMBER},
    "X-RateLimit-Remaining": {"description": "How many it may still make now.", **_NUMBER},
    "X-RateLimit-Reset": {"description": "Seconds until it may make as many as that again.", **_NUMBER},
}
_RETRY: Final = {"Retry-After": {"description": "Seconds to wait.", **_NUMBER}}
_STATUS: Final = {
    "type": "object",
    "description": "Of the Kubernetes API, for clients that accept JSON.",
    "required": ["apiVersion", "kind", "status", "message", "code"],
    "properties": {
        "apiVersion": {"const": "v1"},
        "kind": {"const": "Status"},
        "status": {"const": "Failure"},
        "message": {"type": "string"},
        "code": {"type": "integer"},
    },
}
_REFUSAL: Final = {**_TEXT, "application/json": {"schema": {"$ref": "#/components/schemas/Status"}}}


def _text(description: str) -> dict[str, Any]:
    return {"description": description, "content": _TEXT}


def _refusal(description: str, headers: dict[str, Any] | None = None) -> dict[str, Any]:
    told = {"headers": headers} if headers else {}
    return {"description": description, "content": _REFUSAL, **told}


_REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    400: _refusal("The body is no SealedSecret, or there are several in it."),
    401: _refusal("With authentication: no token, or one that the API server does not accept."),
    403: _refusal("With authentication: its user may not post to this path."),
    408: _refusal("The body did not arrive in time."),
    413: _refusal("The body is longer than 2 MiB."),
    429: _refusal("This caller asked too often.", {**_ALLOWANCE, **_RETRY}),
    503: _refusal("Too much is asked at once, it takes too long, or the API server cannot be asked who the caller is."),
}
_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "One SealedSecret, JSON or YAML whatever the content type says.",
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/SealedSecret"}},
            "application/yaml": {"schema": {"$ref": "#/components/schemas/SealedSecret"}},
        },
    }
}
HEALTHZ: Final[dict[str, Any]] = {
    "summary": "Whether the process serves.",
    "responses": {200: _text("It does.")},
    "operation_id": "healthz",
}
READYZ: Final[dict[str, Any]] = {
    "summary": "Whether the controller knows keys and Secrets, and so does its work.",
    "responses": {200: _text("It does."), 503: _text("Not yet.")},
    "operation_id": "readyz",
}
CERTIFICATE: Final[dict[str, Any]] = {
    "summary": "The certificate to seal to: the newest one only.",
    "responses": {
        200: {
            "description": "PEM.",
            "content": {"application/x-pem-file": {"schema": {"type": "string"}}},
        },
        500: _text("There is no sealing key yet."),
    },
    "operation_id": "certificate",
}
VERIFY: Final[dict[str, Any]] = {
    "summary": "Whether a SealedSecret opens with the keys of the controller. Templates are not rendered.",
    "responses": {
        200: {"description": "It opens.", "headers": _ALLOWANCE},
        409: {"description": "It does not open.", "headers": _ALLOWANCE},
        **_REFUSALS,
    },
    "openapi_extra": _BODY,
    "operation_id": "verify",
}
ROTATE: Final[dict[str, Any]] = {
    "summary": "The SealedSecret with every value under the newest key, and all else as it was.",
    "responses": {
        200: {
            "description": "Values that the newest key opens are as they were.",
            "headers": _ALLOWANCE,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SealedSecret"}}},
        },
        409: _refusal("It does not open.", _ALLOWANCE),
        **_REFUSALS,
    },
    "openapi_extra": _BODY,
    "operation_id": "rotate",
}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of an application made by `controller.http.app.make_app`."""
    with warnings.catch_warnings():
        # One route answers GET and HEAD, under one id; they are told apart below.
        warnings.simplefilter("ignore", UserWarning)
        described = app.openapi()
    for operations in described["paths"].values():
        for method, operation in operations.items():
            if method == "head":
                operation["operationId"] += "_head"
    bearer = {"type": "http", "scheme": "bearer", "description": "Any token that the API server accepts."}
    own = {"type": "apiKey", "in": "header", "name": OWN_HEADER, "description": "The same, as `Bearer TOKEN`."}
    described["components"] = {
        "schemas": {"SealedSecret": _SEALED_SECRET, "Status": _STATUS},
        "securitySchemes": {"token": bearer, "proxied": own},
    }
    for path in ("/v1/verify", "/v1/rotate"):
        described["paths"][path]["post"]["security"] = [{}, {"token": []}, {"proxied": []}]
    return described

"""Secret and SealedSecret: manifests in, frozen values out, and back.

Field by field as Kubernetes and the existing CRD have them (reference, sealed-secrets 1.6 and 1.7;
https://kubernetes.io/docs/concepts/configuration/secret/). A field that would be dropped is an error, never silence: a
misspelt ``stringdata`` is a lost password.
"""

from __future__ import annotations

from sealer.manifest.fields import FieldError, strip_server_fields
from sealer.manifest.sealed_secret import (
    API_VERSION,
    KIND,
    SEALED_FOR_ANNOTATION,
    SEALED_WITH_ANNOTATION,
    SealedSecret,
    Template,
)
from sealer.manifest.secret import Secret

__all__ = [
    "API_VERSION",
    "KIND",
    "SEALED_FOR_ANNOTATION",
    "SEALED_WITH_ANNOTATION",
    "FieldError",
    "SealedSecret",
    "Secret",
    "Template",
    "strip_server_fields",
]

"""Configurations as the webhook writes them."""

from __future__ import annotations

import copy
from typing import Any


def template(name: str = "hello.txt", path: str | None = "secret/hello", **more: Any) -> dict[str, Any]:
    return {"name": name, "path": path, "destination": f"/vault/secrets/{name}", "default_template": "map", **more}


def configuration(
    *templates: dict[str, Any], address: str = "http://127.0.0.1:8200", role: str = "app"
) -> dict[str, Any]:
    return copy.deepcopy(
        {
            "version": 1,
            "vault": {"address": address},
            "auth": {
                "type": "kubernetes",
                "mount_path": "auth/kubernetes",
                "role": role,
                "token_path": "/var/run/secrets/kubernetes.io/serviceaccount/token",
            },
            "templates": list(templates),
            "exit_after_render": True,
        }
    )

"""Configurations as the webhook writes them."""

from __future__ import annotations

import copy
from typing import Any


def template(name: str = "hello.txt", path: str | None = "secret/hello", **more: Any) -> dict[str, Any]:
    return {"name": name, "path": path, "destination": f"/vault/secrets/{name}", "default_template": "map", **more}


def custom(contents: str, name: str = "hello.txt", **more: Any) -> dict[str, Any]:
    """A template of the user's."""
    return template(name, contents=contents, **{"path": None, **more})


def configuration(
    *templates: dict[str, Any], address: str = "http://127.0.0.1:8200", role: str = "app"
) -> dict[str, Any]:
    """A configuration of version 1."""
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


def newest(
    *templates: dict[str, Any],
    mode: str = "sidecar",
    address: str = "http://127.0.0.1:8200",
    role: str = "app",
    **more: Any,
) -> dict[str, Any]:
    """A configuration of version 2; the volume of secrets is the agent's own."""
    first = configuration(*templates, address=address, role=role)
    params = {"role": role, "token_path": first["auth"]["token_path"]}
    result: dict[str, Any] = {
        "version": 2,
        "mode": mode,
        "vault": first["vault"],
        "auth": {"type": "kubernetes", "mount_path": "auth/kubernetes", "params": params},
        "templates": first["templates"],
        "folders": ["/vault/secrets"],
    }
    if mode == "native":
        result["ready_file"] = "/home/vault/ready"
    return result | copy.deepcopy(more)

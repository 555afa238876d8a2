"""Random pods that an API server takes, with random annotations that the webhook takes."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from tests.admission import pods

RESTRICTED: Final = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}
# Among them those that the webhook would take.
_VOLUMES: Final = (
    "data",
    "vault-secrets",
    "vault-secrets-1",
    "vault-secrets-custom-0",
    "home-sidecar",
    "vault-agent-cache",
    "sealer-launch",
    "sealer-token",
    "extra-secrets",
)
_SOURCES: Final[tuple[dict[str, Any], ...]] = (
    {"emptyDir": {}},
    {"emptyDir": {"medium": "Memory"}},
    {"configMap": {"name": "mine"}},
)
_PATHS: Final = ("/a", "/b/c", "/home/vault", "/data")
_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    pods.PREFIX + "agent-pre-populate": ("true", "false"),
    pods.PREFIX + "agent-pre-populate-only": ("true", "false"),
    pods.PREFIX + "agent-init-first": ("true", "false"),
    pods.PREFIX + "agent-inject-containers": ("", "a", "a,b", "b, nobody"),
    pods.PREFIX + "agent-inject-secret-b": ("secret/b",),
    pods.PREFIX + "agent-inject-template-c": ("{{ . }}",),
    pods.PREFIX + "secret-volume-path": ("/x", "/vault/secrets"),
    pods.PREFIX + "secret-volume-path-b": ("/y/z", "/x"),
    pods.PREFIX + "agent-inject-command-b": ("true",),
    pods.PREFIX + "agent-inject-token": ("true",),
    pods.PREFIX + "agent-cache-enable": ("true",),
    pods.PREFIX + "agent-revoke-on-shutdown": ("true",),
    pods.PREFIX + "agent-extra-secret": ("extra",),
    pods.PREFIX + "tls-secret": ("ca",),
    pods.PREFIX + "agent-copy-volume-mounts": ("a", "b"),
    pods.PREFIX + "agent-share-process-namespace": ("true",),
    pods.PREFIX + "agent-run-as-same-user": ("true",),
    pods.PREFIX + "agent-limits-mem": ("", "0.5Gi"),
    pods.PREFIX + "agent-json-patch": ('[{"op": "replace", "path": "/name", "value": "keeper"}]',),
    "sealer.dev/agent-flavor": ("sealer", "vault"),
    "sealer.dev/native-sidecar": ("true",),
    "sealer.dev/service-account-token-audience": ("vault", ""),
    "sealer.dev/secrets-size-limit": ("1024Ki", ""),
    "sealer.dev/env-PASSWORD": ("secret/app#password",),
    "sealer.dev/env-containers": ("a", ""),
}


@st.composite
def random_pods(draw: st.DrawFn, *, mounted_token: bool) -> dict[str, Any]:
    """Make a pod.

    Args:
        draw: Hypothesis'.
        mounted_token: Whether some pods have their service account's token mounted, as the API server does it.

    """
    volumes = draw(st.lists(st.sampled_from(_VOLUMES), unique=True, max_size=4))
    names = draw(st.permutations(["a", "b", "c", "d", "e"]))
    usual, inits = draw(st.integers(1, 3)), draw(st.integers(0, 2))
    sources: st.SearchStrategy[dict[str, Any]] = st.sampled_from(_SOURCES)
    spec: dict[str, Any] = {
        "containers": [draw(_containers(name, volumes)) for name in sorted(names[:usual])],
        "volumes": [{"name": name, **draw(sources)} for name in volumes],
        "initContainers": [draw(_containers(name, volumes, init=True)) for name in names[usual : usual + inits]],
    }
    coin: st.SearchStrategy[bool] = st.booleans()
    if draw(coin):
        spec["automountServiceAccountToken"] = False
    elif mounted_token:
        for container in spec["containers"]:
            container.setdefault("volumeMounts", []).append(pods.TOKEN_MOUNT)
    for member in ("volumes", "initContainers"):
        if not spec[member] and draw(coin):
            del spec[member]
    annotations = draw(st.fixed_dictionaries({}, optional={key: st.sampled_from(_CHOICES[key]) for key in _CHOICES}))
    vault = annotations.get("sealer.dev/agent-flavor") == "vault"
    if vault or annotations.get(pods.PREFIX + "agent-pre-populate") == "false":
        annotations.pop("sealer.dev/env-PASSWORD", None)
    manifest = pods.pod(None, **spec)
    if "volumes" not in spec:
        del manifest["spec"]["volumes"]
    manifest["metadata"]["annotations"] |= annotations
    return manifest


@st.composite
def _containers(draw: st.DrawFn, name: str, volumes: list[str], *, init: bool = False) -> dict[str, Any]:
    container: dict[str, Any] = {"name": name, "image": "x", "command": [name], "securityContext": RESTRICTED}
    coin: st.SearchStrategy[bool] = st.booleans()
    if draw(coin) and volumes:
        paths = draw(st.lists(st.sampled_from(_PATHS), unique=True, max_size=3))
        mounts = [{"name": draw(st.sampled_from(volumes)), "mountPath": path} for path in paths]
        container["volumeMounts"] = mounts
    if draw(coin) and init:
        container["restartPolicy"] = "Always"
    return container

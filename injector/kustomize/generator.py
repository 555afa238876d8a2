"""The kind ``SecretGenerator`` in ``sealer.dev/v1alpha1``, as values.

::

    apiVersion: sealer.dev/v1alpha1
    kind: SecretGenerator
    metadata:
      name: app                     # name of the Secret
      namespace: web                # optional, as are labels and annotations; all are copied
    spec:
      vault:
        address: https://vault:8200 # default: VAULT_ADDR
        namespace: team             # Vault namespace; default: VAULT_NAMESPACE
        caCert: ca.pem              # file; default: VAULT_CACERT
        skipVerify: false
        auth:                       # default: type token
          type: token | approle | kubernetes
          mount: approle            # approle, kubernetes; with or without auth/ before it
          tokenFile: FILE           # token; or tokenEnv: NAME; default: VAULT_TOKEN, then ~/.vault-token
          roleId: ID                # approle; or roleIdFile: FILE, or roleIdEnv: NAME
          secretIdFile: FILE        # approle; or secretIdEnv: NAME; none for a role that needs none
          role: app                 # kubernetes
          tokenPath: FILE           # kubernetes; default: the service account's own token
      type: Opaque
      immutable: true
      disableNameSuffixHash: false
      behavior: create | replace | merge
      data:
        - {key: password, path: secret/db, field: password}
        - {key: store.jks, path: secret/db, field: keystore, encoding: base64}  # the field holds base64 of the item
        - {path: secret/hello}      # every field, under its own name

Fields that are no strings become JSON. Relative files start at the kustomization.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

API_VERSION: Final = "sealer.dev/v1alpha1"
KIND: Final = "SecretGenerator"
SERVICE_ACCOUNT_TOKEN: Final = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105  # a path

Behavior: TypeAlias = Literal["create", "replace", "merge"]


@dataclass(frozen=True)
class Source:
    """Where a credential is: at most one of the three.

    Attributes:
        value: Itself; only for what is no secret, such as a role id.
        file: A file.
        env: The name of an environment variable.

    """

    value: str | None = field(default=None, repr=False)
    file: str | None = None
    env: str | None = None


@dataclass(frozen=True)
class TokenLogin:
    """``auth.type: token``."""

    token: Source | None


@dataclass(frozen=True)
class AppRoleLogin:
    """``auth.type: approle``."""

    mount: str
    role_id: Source
    secret_id: Source | None


@dataclass(frozen=True)
class KubernetesLogin:
    """``auth.type: kubernetes``."""

    mount: str
    role: str
    token_path: str


Login: TypeAlias = TokenLogin | AppRoleLogin | KubernetesLogin


@dataclass(frozen=True)
class VaultSource:
    """``spec.vault``."""

    login: Login
    address: str | None = None
    namespace: str | None = None
    ca_cert: str | None = None
    skip_verify: bool | None = None


@dataclass(frozen=True)
class Item:
    """An entry of ``spec.data``.

    Attributes:
        path: Path in the store.
        key: Item key; None for every field under its own name.
        field: Field of the stored secret; None for every field.
        base64: Whether the field holds base64 of the item.

    """

    path: str
    key: str | None = None
    field: str | None = None
    base64: bool = False

    def __str__(self) -> str:
        return f"item {self.key} from {self.path}" if self.key else f"all items from {self.path}"


@dataclass(frozen=True)
class Generator:
    """A whole SecretGenerator."""

    name: str
    vault: VaultSource
    items: tuple[Item, ...]
    namespace: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    type: str | None = None
    immutable: bool | None = None
    hash_suffix: bool = True
    behavior: Behavior | None = None

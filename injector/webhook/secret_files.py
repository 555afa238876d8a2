"""The files that a pod asks for: annotations over settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from injector.errors import PodError
from injector.webhook import destinations, own_values, values
from injector.webhook.keys import OWN_PREFIX, PREFIX
from injector.webhook.request import SecretFile

if TYPE_CHECKING:
    from injector.webhook.annotations import Annotations
    from injector.webhook.settings import Settings

_TOKEN = "token"  # noqa: S105  # the name of a file


def read(annotations: Annotations, settings: Settings) -> tuple[SecretFile, ...]:
    """Read the files of a pod, sorted by the names of their secrets.

    Raises:
        AnnotationError: A value is not what its key allows.
        PodError: Two secrets, or a secret and Vault's token, are written to one file.

    """
    secrets = tuple(_secret(annotations, name, settings) for name in annotations.names())
    destinations.check_distinct((secret.name, secret.destination) for secret in secrets)
    token = token_file(annotations)
    for secret in secrets:
        if token is not None and (secret.destination + "/").startswith(token + "/"):
            raise PodError(
                f'the secret "{secret.name}" and Vault\'s token are both written to {token}',
                hint=f"name another file with {PREFIX}agent-inject-file-{secret.name}",
            )
    return secrets


def token_file(annotations: Annotations) -> str | None:
    """Give the file that Vault's token is written to for the application; None for none.

    Raises:
        AnnotationError: A value is not what its key allows.

    """
    wanted = annotations.flag("agent-inject-token", default=False)
    return f"{destinations.folder(annotations)}/{_TOKEN}" if wanted else None


def _secret(annotations: Annotations, name: str, settings: Settings) -> SecretFile:
    path = annotations.text(f"agent-inject-secret-{name}", "")
    permissions_key = f"agent-inject-perms-{name}"
    template_key = "agent-inject-default-template"
    signal = annotations.own.get(f"signal-{name}")
    return SecretFile(
        name=name,
        path=path if path.strip() else None,
        folder=destinations.folder(annotations, name),
        destination=destinations.destination(annotations, name),
        contents=annotations.template(name),
        source=annotations.template_file(name),
        default_template=values.default_template(
            PREFIX + template_key, annotations.text(template_key, settings.default_template)
        ),
        permissions=values.permissions(PREFIX + permissions_key, annotations.text(permissions_key, "")),
        left_delimiter=annotations.optional(f"agent-template-left-delim-{name}"),
        right_delimiter=annotations.optional(f"agent-template-right-delim-{name}"),
        error_on_missing_key=annotations.flag(f"error-on-missing-key-{name}", default=False),
        command=annotations.optional(f"agent-inject-command-{name}"),
        signal=None if signal is None else own_values.signal(f"{OWN_PREFIX}signal-{name}", signal),
    )

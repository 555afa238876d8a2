"""Where the files of a pod's secrets are written: names, folders, and the checks that keep them in their volumes.

The rules are those of reference, vault-agent-injector 1.2; what escapes a volume, or is written twice, is refused here
though the existing injector lets it pass.
"""

from __future__ import annotations

import itertools
import posixpath
from typing import TYPE_CHECKING, Final

from injector.errors import AnnotationError, PodError
from injector.webhook.keys import PREFIX
from injector.webhook.values import lenient_boolean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from injector.webhook.annotations import Annotations

DEFAULT_FOLDER: Final = "/vault/secrets"
_LONGEST: Final = 4095  # what Linux takes


def folder(annotations: Annotations, secret: str | None = None) -> str:
    """Give the folder that a pod's secrets, or one secret of it, are written to.

    Args:
        annotations: The pod's.
        secret: The name of a secret with a folder of its own, perhaps; None for the pod's folder.

    Returns:
        An absolute, clean path other than the root: it is where a memory volume is mounted.

    Raises:
        AnnotationError: The path is relative, the root, holds ``..``, or a colon, which a mount path must not.

    """
    own = f"secret-volume-path-{secret}"
    name = own if secret is not None and own in annotations.texts else "secret-volume-path"
    value = annotations.text(name, DEFAULT_FOLDER)
    clean = posixpath.normpath("/" + value.lstrip("/"))
    if not value.startswith("/") or clean == "/" or not _is_clean(value) or ":" in value:
        raise AnnotationError(PREFIX + name, value, 'an absolute path below the root, without ".." and ":"')
    return clean


def destination(annotations: Annotations, secret: str) -> str:
    """Give the file that a secret is written to.

    A path that begins with a slash lies below the folder too, as in the existing injector.

    Returns:
        An absolute, clean path below :func:`folder` of that secret.

    Raises:
        AnnotationError: ``agent-inject-file-N`` holds ``..`` or names the folder itself.

    """
    key = f"agent-inject-file-{secret}"
    value = annotations.text(key, "")
    base = folder(annotations, secret)
    path = posixpath.normpath(posixpath.join(base, (value or file_name(annotations, secret)).lstrip("/")))
    # The path is joined and cleaned here and not in the pod, so that no ".." is left for the agent to resolve. Any ".."
    # is refused, also one that stays inside: it is either an attempt to leave or a mistake.
    if not _is_clean(value) or not path.startswith(base + "/"):
        raise AnnotationError(PREFIX + key, value, f'a path of a file below {base}, without ".."')
    return path


def file_name(annotations: Annotations, secret: str) -> str:
    """Give the name of a secret's file: the secret's own, in lower case unless its case is to be preserved."""
    own = annotations.texts.get(f"preserve-secret-case-{secret}")
    preserve = annotations.text("preserve-secret-case", "") if own is None else own
    return secret if lenient_boolean("", preserve) else secret.lower()


def check_distinct(destinations: Iterable[tuple[str, str]]) -> None:
    """Check that no file is written twice, and none is the folder of another.

    Args:
        destinations: Pairs of a secret's name and its file.

    Raises:
        PodError: Two secrets collide; the message names both.

    """
    # Sorted by their folders, a file that is written twice or is another's folder is right before the other.
    ordered = sorted((path.split("/"), secret) for secret, path in destinations)
    for (first, owner), (second, secret) in itertools.pairwise(ordered):
        if first == second:
            raise PodError(
                f'the secrets "{owner}" and "{secret}" are both written to {"/".join(first)}',
                hint=f"name another file with {PREFIX}agent-inject-file-{secret}",
            )
        if first == second[: len(first)]:
            raise PodError(
                f'the secret "{owner}" is the file {"/".join(first)}, but "{secret}" is written to {"/".join(second)}'
            )


def absolute_file_warnings(annotations: Annotations, secret: str) -> Iterator[str]:
    """Warn where a user may think that a file is written outside of its folder."""
    value = annotations.text(f"agent-inject-file-{secret}", "")
    if value.startswith("/"):
        path = destination(annotations, secret)
        yield f"annotation {PREFIX}agent-inject-file-{secret} is relative to the volume: the file is {path}"


def _is_clean(path: str) -> bool:
    return ".." not in path.split("/") and "\0" not in path and len(path) <= _LONGEST

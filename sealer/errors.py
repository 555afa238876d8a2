"""Everything that Sealer raises on purpose.

::

    SealerError                 1   something a person can act on
    ├── UsageError              2   the command's words are off
    │   └── ConfigError         2   flags, environment or configuration files that cannot be used
    ├── InputError              3   a file, document or value that cannot be used as it is
    ├── CertificateError        4   no usable sealing certificate or sealing key
    ├── UnsealError             5   a sealed value that no key at hand opens
    └── ServiceError            6   a cluster, controller or secret store that cannot be reached or refuses

The number is the exit code of a command that ends with that error; docs/reference/exit-codes.md lists them for users.
Messages are lower case without a full stop, and never hold a secret value: they name files, documents, lines, objects
and item keys only.
"""

from __future__ import annotations

from typing import ClassVar


class SealerError(Exception):
    """The root of Sealer's errors: a message for a person, and a hint on what to do.

    Args:
        message: What is wrong, lower case, no full stop, no secret value.
        hint: What to do about it, in the same manner; None where there is nothing useful to say.

    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(SealerError):
    """The words of a command do not fit together."""

    exit_code = 2


class ConfigError(UsageError):
    """Flags, environment or configuration files that cannot be used."""


class InputError(SealerError):
    """A file, a document or a value cannot be used as it is."""

    exit_code = 3


class CertificateError(SealerError):
    """There is no usable sealing certificate or sealing key."""

    exit_code = 4


class UnsealError(SealerError):
    """A sealed value that no key at hand opens. The same error whatever the check that failed."""

    exit_code = 5


class ServiceError(SealerError):
    """A cluster, a controller or a secret store cannot be reached, or refuses."""

    exit_code = 6

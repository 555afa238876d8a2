"""What the server answers instead of doing what it was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sealer.errors import SealerError

if TYPE_CHECKING:
    from collections.abc import Mapping


class RefusedError(SealerError):
    """A request that gets another answer than the one it asked for.

    Attributes:
        status: The HTTP status.
        headers: Of the answer.

    """

    def __init__(
        self, status: int, message: str, *, hint: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.headers = dict(headers or {})

    @property
    def text(self) -> str:
        """The body of the answer: the message and the hint, a line each."""
        return f"{self.message}\n" + (f"hint: {self.hint}\n" if self.hint else "")

    @property
    def as_status(self) -> dict[str, Any]:
        """The body of the answer as a Status of the Kubernetes API: of what else is sent, its clients show no word."""
        message = f"{self.message} ({self.hint})" if self.hint else self.message
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "code": self.status,
        }

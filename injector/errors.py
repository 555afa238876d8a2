"""Everything that the injector's webhook raises on purpose.

::

    InjectorError (SealerError)
    ├── AnnotationError         an annotation's value is not what its key allows: the pod is refused
    ├── PodError                the pod cannot carry what it asks for: the pod is refused
    ├── JsonPatchError          no JSON Patch, or none that applies: told as one of the two above
    ├── ReviewError             the request is no AdmissionReview: answered by an HTTP error
    ├── ServingError            no usable serving certificate, key or address: the process does not start
    └── RegistrationError       the API server refuses or cannot be reached: the process does not start

Messages name annotations, containers, volumes and paths. They hold an annotation's value only where the value is short
and is of a kind that holds no secret (a boolean, a number, a path); never a template's text.
"""

from __future__ import annotations

from sealer.errors import InputError, SealerError, ServiceError, UsageError

_SHOWN = 64


class InjectorError(SealerError):
    """The root of the injector's errors."""


class AnnotationError(InjectorError, InputError):
    """An annotation whose value is not one that its key allows.

    Args:
        key: The annotation with its prefix, as it stands on the pod.
        value: Its value; shown shortened.
        allowed: What the key allows, as the end of the sentence "must be …".

    """

    def __init__(self, key: str, value: str, allowed: str) -> None:
        shown = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
        super().__init__(f'annotation {key} is "{shown}": must be {allowed}')
        self.key = key


class PodError(InjectorError, InputError):
    """The pod, or the settings that apply to it, cannot carry the injection it asks for."""


class JsonPatchError(InjectorError, InputError):
    """A JSON Patch (RFC 6902) that is none, or that does not apply. It never leaves the webhook's decision."""


class ReviewError(InjectorError, InputError):
    """The request is not an AdmissionReview.

    Args:
        message: What is wrong with the request.
        status: The HTTP status that answers it.

    """

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class ServingError(InjectorError, UsageError):
    """The webhook cannot serve: its certificate, key or address is not usable."""


class RegistrationError(InjectorError, ServiceError):
    """The webhook's registration cannot be read or written in the cluster."""

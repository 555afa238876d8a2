"""One pass over a template: what is known, what the template asked for, what it wants written.

consul-template renders a template again and again: a dependency that is not known yet gives nothing, and the output
counts only once nothing more is missing (reference, vault-agent-injector 3.5, "Rendering model").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate.consul.secrets import pem_value, secret_value
from sealer.gotemplate.limits import Limits, Services

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sealer.gotemplate.consul.dependencies import (
        Dependency,
        IssueCertificate,
        ListSecrets,
        ReadFile,
        ReadSecret,
        WriteSecret,
    )
    from sealer.gotemplate.consul.pems import Pems
    from sealer.gotemplate.consul.responses import SecretResponse
    from sealer.gotemplate.template import Template

DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Known:
    """What has been fetched, by dependency.

    Attributes:
        secrets: Answers to reads and writes; None where a write had none.
        lists: Names below paths.
        certificates: Certificates with their keys.
        files: Content of files, as Go strings.

    """

    secrets: Mapping[ReadSecret | WriteSecret, SecretResponse | None] = field(default_factory=dict, repr=False)
    lists: Mapping[ListSecrets, tuple[str, ...]] = field(default_factory=dict, repr=False)
    certificates: Mapping[IssueCertificate, Pems] = field(default_factory=dict, repr=False)
    files: Mapping[ReadFile, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class FileWrite:
    """A file that the template wants written (`writeToFile`).

    Attributes:
        path: Where.
        content: What, as a Go string.
        user: Name or number of its owner; empty for the writer's.
        group: Name or number of its group; empty for the writer's.
        mode: Its permissions.
        append: Whether to add to what is there.

    """

    path: str
    content: str = field(repr=False)
    user: str = ""
    group: str = ""
    mode: int = 0o644
    append: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a template sees besides what is fetched.

    Attributes:
        environment: Environment variables; only these exist.
        destination: File that the template is rendered to; empty where it has none.
        clock: Nanoseconds since 1970-01-01 UTC; None for the machine's.

    """

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    destination: str = ""
    clock: Callable[[], int] | None = None


@dataclass(frozen=True, slots=True)
class PassResult:
    """What one pass gave.

    Attributes:
        output: The output, as a Go string; counts only if nothing is missing.
        used: All that the template asked for, in order.
        missing: What of it is not known.
        writes: Files that the template wants written, in order; they count only if nothing is missing.

    """

    output: str = field(repr=False)
    used: tuple[Dependency, ...]
    missing: tuple[Dependency, ...]
    writes: tuple[FileWrite, ...]


class Pass:
    """What consul-template's functions work on during one pass; they ask for it as a service.

    Args:
        known: What has been fetched.
        surroundings: What a template sees besides.

    """

    def __init__(self, known: Known, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self.used: dict[Dependency, None] = {}
        self.missing: dict[Dependency, None] = {}
        self.writes: list[FileWrite] = []
        self.written = 0
        self._known = known
        self._values: dict[Dependency, Any] = {}

    def secret(self, wanted: ReadSecret | WriteSecret) -> Any:
        """The `*dependency.Secret` of an answer; nil while it is not known."""
        return self._recall(wanted, self._known.secrets, secret_value)

    def names(self, wanted: ListSecrets) -> list[str] | None:
        """Names below a path; None while they are not known."""
        found: list[str] | None = self._recall(wanted, self._known.lists, list)
        return found

    def certificate(self, wanted: IssueCertificate) -> Any:
        """The `dependency.PemEncoded` of a certificate; nil while it is not known."""
        return self._recall(wanted, self._known.certificates, pem_value)

    def file(self, wanted: ReadFile) -> str:
        """Content of a file; nothing while it is not known."""
        return self._recall(wanted, self._known.files, str) or ""

    def write(self, write: FileWrite) -> int:
        """Keep a file to write; returns the size of all of them, in characters."""
        self.writes.append(write)
        self.written += len(write.content)
        return self.written

    def _recall(self, wanted: Dependency, known: Mapping[Any, Any], make: Callable[[Any], Any]) -> Any:
        self.used[wanted] = None
        if wanted not in known:
            self.missing[wanted] = None
            return None
        # A template may change what it got (`sprig_set`): it gets values of its own, the same ones within a pass.
        if wanted not in self._values:
            self._values[wanted] = make(known[wanted])
        return self._values[wanted]


def render_pass(
    template: Template, known: Known, surroundings: Surroundings, limits: Limits = DEFAULT_LIMITS
) -> PassResult:
    """Render a template once with what is known.

    Raises:
        ExecError: It cannot be executed, as far as it came.
        LimitError: It asked for more than it may have.

    """
    state = Pass(known, surroundings)
    provided = {Pass: state}
    clock = surroundings.clock
    services = Services(provided=provided) if clock is None else Services(clock=clock, provided=provided)
    output = template.render(None, services=services, limits=limits)
    return PassResult(output, tuple(state.used), tuple(state.missing), tuple(state.writes))

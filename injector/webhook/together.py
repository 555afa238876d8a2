"""The parts of the webhook put together as the flags say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from injector.webhook import app, options
from injector.webhook.metrics import Facts, Metrics
from injector.webhook.mutate import NOTHING
from injector.webhook.service import Readiness, Service
from injector.webhook.serving.made import PROGRAM, make_source
from injector.webhook.serving.source import Shared
from sealer.apiserver.lease import Always

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from injector.webhook.audit import Audit
    from injector.webhook.defaults import Defaults
    from injector.webhook.serving.source import Source
    from injector.webhook.serving.wishes import Wishes
    from sealer.apiserver.credentials import Credentials
    from sealer.apiserver.lease import Leadership

_AUDIT_EVERY: Final = timedelta(minutes=5)


def make_service(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Service:
    """Return the webhook.

    Args:
        flags: The values of ``options.OPTIONS`` by name.
        environ: The environment, which says where the cluster is.

    Raises:
        SealerError: The flags do not fit together, or a cluster is needed and there are no credentials for one.

    """
    settings = options.build_settings(flags)
    wishes = options.build_wishes(flags)
    source = make_source(wishes, environ)
    leadership: Leadership = source.election if isinstance(source, Shared) else Always()
    beside = _Beside(environ)
    defaults = beside.defaults(flags["defaults_configmap"] or "")
    audit = beside.audit(_audit_interval(flags, wishes), leadership, wishes.configurations)
    facts = Facts(lambda: source.expiry, leadership.is_leader, lambda: audit.found if audit else None)
    readiness = Readiness(_obstacle(source, defaults))
    around = app.Around(
        obstacle=readiness.obstacle,
        defaults=defaults.of if defaults else lambda _namespace: NOTHING,
        metrics=Metrics(facts),
        telemetry_path=flags["telemetry_path"],
    )
    application = app.create(settings, around)
    return Service(application, source, readiness, flags["shutdown_delay"], tuple(beside.parts))


@dataclass
class _Beside:
    """What runs beside the server and needs the API server; credentials are looked for when the first does."""

    environ: Mapping[str, str]
    parts: list[Callable[[], Coroutine[None, None, None]]] = field(default_factory=list)

    def defaults(self, name: str) -> Defaults | None:
        from injector.webhook.defaults import Defaults  # noqa: PLC0415 - without a cluster, none of this is needed
        from sealer.apiserver.credentials import own_namespace  # noqa: PLC0415

        if not name:
            return None
        made = Defaults(name, own_namespace(self.environ))
        self._run(made.follow)
        return made

    def audit(self, every: timedelta, leadership: Leadership, configurations: tuple[str, ...]) -> Audit | None:
        from injector.webhook.audit import Audit  # noqa: PLC0415 - as above

        if not every:
            return None
        made = Audit(leadership, configurations, every.total_seconds())
        self._run(made.follow)
        return made

    def _run(self, follow: Callable[[Any], Coroutine[None, None, None]]) -> None:
        from sealer.apiserver.credentials import load_credentials  # noqa: PLC0415 - as above

        credentials: Credentials = load_credentials(self.environ)

        async def run() -> None:
            from sealer.apiserver.client import Client  # noqa: PLC0415 - as above

            async with Client(credentials, PROGRAM) as client:
                await follow(client)

        self.parts.append(run)


def _audit_interval(flags: Mapping[str, Any], wishes: Wishes) -> timedelta:
    asked: timedelta | None = flags["audit_interval"]
    if asked is not None:
        return asked
    return _AUDIT_EVERY if wishes.configurations else timedelta()


def _obstacle(source: Source, defaults: Defaults | None) -> Callable[[], str | None]:
    def obstacle() -> str | None:
        if defaults is not None and not defaults.known:
            return "the defaults of namespaces are not known yet"
        return source.obstacle()

    return obstacle

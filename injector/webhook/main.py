"""The command ``sealer-injector``. It imports the server only once its flags are read, so that ``--help`` is quick."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import click

from injector.errors import ServingError
from injector.webhook import options
from sealer import __version__
from sealer.errors import SealerError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

_HELP: Final = """Serve the mutating webhook that injects secrets from Vault into annotated pods.

Every flag can be set by the environment variable that its help names. The variable overrides the flag, not the other
way round: so it is with the injector whose deployments this one takes over.

TLS comes from --tls-cert-file and --tls-key-file, or is made at start with --tls-auto and --tls-auto-hosts: then the
certificate is valid for a year and lives in memory, and only one replica can serve.
"""


def run(**flags: Any) -> None:
    """Serve until SIGTERM.

    Args:
        flags: The values of ``options.OPTIONS`` by name.

    Raises:
        ServingError: The flags do not fit together, or the address, certificate or key cannot be used.
        RegistrationError: The API server does not take the registration.

    """
    from injector.webhook import app, logs, server  # noqa: PLC0415  # FastAPI is slow to import; --help needs none

    settings = options.build_settings(flags)
    logs.configure(flags["log_level"], flags["log_format"])
    for variable in options.without_effect(os.environ):
        logs.problem("variable has no effect in this version", variable=variable)
    server.stop_on_signals()
    # Listening before the CA is registered: whoever calls in between waits for a moment instead of being turned away.
    listener = server.listen(server.parse_address(flags["listen"]))
    server.serve(app.create(settings), listener, _tls(flags))


command: Final = click.version_option(__version__, message="sealer-injector %(version)s")(
    click.Command(
        "sealer-injector",
        callback=run,
        params=list(options.OPTIONS),
        help=_HELP,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )
)


def main() -> None:
    """Run the command and exit: 0 after SIGTERM, else the code of the error (``sealer.errors``)."""
    try:
        command.main()
    except SealerError as error:
        click.echo(f"error: {error.message}", err=True)
        if error.hint:
            click.echo(f"hint: {error.hint}", err=True)
        sys.exit(error.exit_code)


def _tls(flags: Mapping[str, Any]) -> ssl.SSLContext:
    from injector.webhook import certificates  # noqa: PLC0415  # as above

    certificate, key, auto = flags["tls_cert_file"], flags["tls_key_file"], flags["tls_auto"]
    if auto and (certificate or key):
        raise ServingError("--tls-auto cannot be combined with --tls-cert-file and --tls-key-file")
    if auto:
        return _automatic_tls(auto, flags["tls_auto_hosts"] or "")
    if not certificate or not key:
        raise ServingError(
            "no certificate to serve with",
            hint="give --tls-cert-file and --tls-key-file, or --tls-auto and --tls-auto-hosts",
        )
    return certificates.context(certificate, key)


def _automatic_tls(configuration: str, hosts: str) -> ssl.SSLContext:
    from injector.webhook import certificates, cluster  # noqa: PLC0415  # `kubernetes` is big; only this mode needs it

    names = [host.strip() for host in hosts.split(",") if host.strip()]
    if not names:
        raise ServingError("--tls-auto needs --tls-auto-hosts")
    now = certificates.utc_now()
    serving = certificates.generate(names, now)
    context = certificates.context_in_memory(serving)
    cluster.register(configuration, serving.ca, now, time.sleep)
    return context

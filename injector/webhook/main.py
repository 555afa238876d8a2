"""The command ``sealer-injector``. It imports the server only once its flags are read, so that ``--help`` is quick."""

from __future__ import annotations

import os
import sys
from typing import Any, Final

import click

from injector.webhook import options
from sealer import __version__
from sealer.errors import SealerError

_HELP: Final = """Serve the mutating webhook that injects secrets from Vault into annotated pods.

Every flag can be set by the environment variable that its help names. The variable overrides the flag, not the other
way round: so it is with the injector whose deployments this one takes over.

TLS comes from --tls-cert-file and --tls-key-file, which are read again when they change and need no cluster; or it is
made with --tls-auto and --tls-auto-hosts: then the replicas share a certificate through a Secret, one of them renews
it, and its CA is kept in every entry of the named MutatingWebhookConfigurations.
"""


def run(**flags: Any) -> None:
    """Serve until SIGTERM.

    Args:
        flags: The values of ``options.OPTIONS`` by name.

    Raises:
        SealerError: The flags do not fit together, or the address, the certificate or the cluster cannot be used.

    """
    import uvloop  # noqa: PLC0415  # this and FastAPI are slow to import; --help needs none

    from injector.webhook import logs, server  # noqa: PLC0415
    from injector.webhook.together import make_service  # noqa: PLC0415

    logs.configure(flags["log_level"], flags["log_format"])
    for variable in options.without_effect(os.environ):
        logs.problem("variable has no effect in this version", variable=variable)
    service = make_service(flags, os.environ)
    uvloop.run(service.run(server.listen(server.parse_address(flags["listen"]))))


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

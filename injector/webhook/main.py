"""The command ``sealer-injector``. It imports the server only once its flags are read, so that ``--help`` is quick."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from injector.webhook import options, words
from sealer import __version__
from sealer.cli.terminal import PipeClosedError, complain, complain_of_use
from sealer.errors import SealerError

if TYPE_CHECKING:
    from collections.abc import Sequence

_HELP: Final = """Serve the mutating webhook that injects secrets from Vault into annotated pods.

Every flag can be set by the environment variable that its help names. The variable overrides the flag, not the other
way round: so it is with the injector whose deployments this one takes over.

TLS comes from --tls-cert-file and --tls-key-file, which are read again when they change and need no cluster; or it is
made with --tls-auto and --tls-auto-hosts: then the replicas share a certificate through a Secret, one of them renews
it, and its CA is kept in every entry of the named MutatingWebhookConfigurations.
"""


# Short help is data here, so that --help imports nothing of the sub-command.
_COMMANDS: Final = {"render": "Show what the webhook would do to manifests, offline."}
_FLAGS: Final = frozenset(option.opts[0] for option in options.OPTIONS)
_BOOLEANS: Final = frozenset(option.opts[0] for option in options.OPTIONS if option.type is click.BOOL)
_PASSED_OVER: Final = "passed over"


class _Program(click.Group):
    """Serves, unless there is a sub-command; takes the words of the existing injector's Deployments, too."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        kept, ctx.meta[_PASSED_OVER] = words.split(words.normal(args, _FLAGS, _BOOLEANS), options.PASSED_OVER)
        return super().parse_args(ctx, kept)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # as above
        if cmd_name not in _COMMANDS:
            return None
        from injector.webhook.render import command as render  # noqa: PLC0415  # serving and --help need none of it

        return render

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # as above
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


def run(passed_over: Sequence[str] = (), **flags: Any) -> None:
    """Serve until SIGTERM.

    Args:
        passed_over: Flags that were given and have no effect.
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
    for flag in passed_over:
        logs.problem("flag has no effect in this version", flag=f"--{flag}")
    address = server.parse_address(flags["listen"])
    service = make_service(flags, os.environ)
    uvloop.run(service.run(server.listen(address)))


@click.pass_context
def _start(ctx: click.Context, /, **flags: Any) -> None:
    if ctx.invoked_subcommand is None:
        run(ctx.meta[_PASSED_OVER], **flags)
        return
    # What stands before the sub-command counts for it, too.
    given = {name: value for name, value in flags.items() if _given(ctx, name)}
    ctx.default_map = dict.fromkeys(_COMMANDS, given)


def _given(ctx: click.Context, name: str) -> bool:
    return ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE


command: Final = click.version_option(__version__, message="sealer-injector %(version)s")(
    _Program(
        "sealer-injector",
        callback=_start,
        invoke_without_command=True,
        subcommand_metavar="[COMMAND]",
        params=list(options.OPTIONS),
        help=_HELP,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )
)


def main() -> None:
    """Run the command and exit: 0 after SIGTERM, else the code of the error (``sealer.errors``)."""
    sys.exit(_run())


def _run() -> int:
    try:
        result = command.main(prog_name="sealer-injector", standalone_mode=False)
    except SealerError as error:
        complain(error.message, error.hint)
        return error.exit_code
    except click.ClickException as error:
        return complain_of_use(error)
    except (click.Abort, KeyboardInterrupt):
        complain("interrupted")
        return 130
    except PipeClosedError:
        return 141  # as a shell reports a program that ended by SIGPIPE
    return result if isinstance(result, int) else 0

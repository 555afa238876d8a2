"""The `sealer` command: a table of commands, and the one place that prints errors and exits."""

from __future__ import annotations

import importlib
import sys
from typing import Final

import click

from sealer import __version__
from sealer.cli.help import write_examples
from sealer.cli.terminal import PipeClosedError, complain, complain_of_use
from sealer.errors import SealerError

# Short help is data here, so that `sealer --help` imports no command (a test holds it to that).
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "seal": ("sealer.cli.seal:seal", "Turn Secrets into SealedSecrets that are safe to commit."),
    "set": ("sealer.cli.set:set_", "Add or replace items of a SealedSecret, in place."),
    "unset": ("sealer.cli.unset:unset", "Remove items of a SealedSecret, in place."),
    "reseal": ("sealer.cli.reseal:reseal", "Bring SealedSecrets under the newest key, in place."),
    "unseal": ("sealer.cli.unseal:unseal", "Turn SealedSecrets back into Secrets, offline, with a sealing key."),
    "verify": ("sealer.cli.verify:verify", "Check that SealedSecrets open, with the controller or offline."),
    "cert": ("sealer.cli.cert:cert", "Fetch and show the certificate to seal to."),
    "kubeseal": ("sealer.cli.kubeseal.command:kubeseal", "Do what kubeseal does, with its flags."),
    "template": (
        "sealer.cli.template:template",
        "Try Go templates offline, as the controller and agent render them.",
    ),
}


class _LazyGroup(click.Group):
    """A group that imports a command when it is run, not when it is listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # as above
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # as above
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])
        write_examples(formatter, _EXAMPLES)


_EXAMPLES: Final = (
    "kubectl create secret generic db --from-file=./password.txt --dry-run=client -o yaml | sealer seal -w db.yaml",
    "kubectl apply -f db.yaml",
)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="sealer %(version)s")
@click.option("-v", "--verbose", is_flag=True, help="Show where an error was raised.")
@click.pass_context
def cli(ctx: click.Context, *, verbose: bool) -> None:
    """Secrets for teams that run Kubernetes from git.

    Seal a Secret so that only your cluster can open it, commit the result, and let the controller make the Secret.
    """
    ctx.obj = verbose


def main() -> None:
    """Run the command line and exit; the codes are those of `sealer.errors`, 2 for a wrong use and 0 for success."""
    name = sys.argv[0].replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
    # Under the name of the existing client, as a symbolic link, this is that.
    sys.exit(run(["kubeseal", *sys.argv[1:]] if name == "kubeseal" else sys.argv[1:]))


def run(args: list[str]) -> int:
    """Run the command line and return its exit code.

    Args:
        args: The words after the program's name.

    """
    verbose = bool({"-v", "--verbose"}.intersection(args))
    try:
        result = cli.main(args, prog_name="sealer", standalone_mode=False)
    except SealerError as error:
        if verbose:
            import traceback

            traceback.print_exc()
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

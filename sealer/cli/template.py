"""`sealer template`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from sealer import documents
from sealer.cli.help import ExampleCommand, ExampleGroup
from sealer.cli.streams import read_bytes, refuse_overwriting, refuse_reading_twice, source_name, write_output
from sealer.errors import InputError

if TYPE_CHECKING:
    from sealer.gotemplate import Registry

_FUNCTIONS: Final = ("sprig", "consul", "none")


_EXAMPLES: Final = (
    "sealer template render config.tpl --data values.yaml",
    "printf '{{ .user | upper }}' | sealer template render - --data values.yaml",
)


@click.group(cls=ExampleGroup, examples=_EXAMPLES)
def template() -> None:
    """Try Go templates offline, as the controller and agent render them."""


@template.command(
    cls=ExampleCommand,
    examples=_EXAMPLES,
)
@click.argument("template_file", metavar="TEMPLATE_FILE")
@click.option("-d", "--data", metavar="FILE", help="What dot is: YAML or JSON, numbers as Go's encoding/json has them.")
@click.option(
    "--functions", type=click.Choice(_FUNCTIONS), default="sprig", show_default=True, help="Functions besides Go's own."
)
@click.option("--error-on-missing-key", is_flag=True, help="A missing key is an error, instead of <no value>.")
@click.option("--left-delim", default="{{", show_default=True, help="What begins an action.")
@click.option("--right-delim", default="}}", show_default=True, help="What ends an action.")
@click.option("-w", "--write", metavar="FILE", help="Write to FILE, whole or not at all, instead of stdout.")
def render(  # noqa: PLR0913  # one parameter an option
    template_file: str,
    data: str | None,
    *,
    functions: str,
    error_on_missing_key: bool,
    left_delim: str,
    right_delim: str,
    write: str | None,
) -> None:
    """Render one template (- for standard input) and print what came out.

    `sprig` are the functions of `spec.template.data`, `consul` those of the Vault annotations; here, without Vault,
    those of them that ask for a secret say so.
    """
    from sealer.gotemplate import decode, encode, parse

    refuse_overwriting([template_file, *([data] if data else [])], write)
    refuse_reading_twice([template_file, *([data] if data else [])])
    parsed = parse(
        source_name(template_file),
        decode(read_bytes(template_file, "a template")),
        functions=_registry(functions),
        delims=(left_delim, right_delim),
        missingkey="error" if error_on_missing_key else "default",
    )
    write_output(encode(parsed.render(_data(data))), write)


def _registry(name: str) -> Registry:
    if name == "sprig":
        from sealer.gotemplate.sprig import SPRIG

        return SPRIG
    if name == "consul":
        from sealer.gotemplate.consul import CONSUL

        return CONSUL
    from sealer.gotemplate import Registry

    return Registry.join()


def _data(path: str | None) -> Any:
    from sealer.gotemplate import from_json

    if path is None:
        return None
    found = documents.read(read_bytes(path, "data"), source_name(path))
    if len(found) > 1:
        raise InputError(f"{found[1].origin}: the data must be one document")
    return from_json(found[0].value)

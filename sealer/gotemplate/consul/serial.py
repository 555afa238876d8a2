"""consul-template's JSON, YAML and TOML (reference, vault-agent-injector 3.4 and 3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate.consul import toml_out, yaml_in, yaml_out
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig import gojson
from sealer.gotemplate.sprig.letters import SPACE_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()
_TO_TEXT: Final = "func(any) (string, error)"
_FROM_TEXT: Final = "func(string) (any, error)"
_INDENT: Final = "  "


def _written(name: str, write: Callable[[], str]) -> str:
    """What is written, or the error with the function's name before it, as consul-template has it."""
    try:
        return write()
    except FunctionError as error:
        raise FunctionError(f"{name}: {error}") from error


@FUNCTIONS.add("toJSON", _TO_TEXT, context=True)
def _to_json(context: Context, value: Any) -> str:
    return _written("toJSON", lambda: gojson.encode(value, context.spend))


@FUNCTIONS.add("toJSONPretty", _TO_TEXT, context=True)
def _to_json_pretty(context: Context, value: Any) -> str:
    return _written("toJSONPretty", lambda: gojson.encode(value, context.spend, indent=_INDENT))


@FUNCTIONS.add("toUnescapedJSON", _TO_TEXT, context=True)
def _to_unescaped_json(context: Context, value: Any) -> str:
    return _written("toUnescapedJSON", lambda: gojson.encode(value, context.spend, escape_html=False))


@FUNCTIONS.add("toUnescapedJSONPretty", _TO_TEXT, context=True)
def _to_unescaped_json_pretty(context: Context, value: Any) -> str:
    return _written(
        "toUnescapedJSONPretty", lambda: gojson.encode(value, context.spend, escape_html=False, indent=_INDENT)
    )


@FUNCTIONS.add("toYAML", _TO_TEXT, context=True)
def _to_yaml(context: Context, value: Any) -> str:
    return yaml_out.encode(value, context.spend).strip(SPACE_CHARACTERS)


@FUNCTIONS.add("toTOML", _TO_TEXT, context=True)
def _to_toml(context: Context, value: Any) -> str:
    return _written("toTOML", lambda: toml_out.encode(value, context.spend)).strip(SPACE_CHARACTERS)


@FUNCTIONS.add("parseJSON", _FROM_TEXT, context=True)
def _parse_json(context: Context, written: str) -> Any:
    context.spend(len(written) >> 5)
    return gojson.decode(written) if written else {}


@FUNCTIONS.add("parseYAML", _FROM_TEXT, context=True)
def _parse_yaml(context: Context, written: str) -> Any:
    context.spend(len(written) >> 2)
    return yaml_in.decode(written, context.spend) if written else {}

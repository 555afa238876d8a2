"""consul-template's functions on what surrounds a template: environment, time, files to write (reference 3.5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sealer.gotemplate.consul.passes import FileWrite, Pass
from sealer.gotemplate.errors import ExecError, FunctionError, LimitError
from sealer.gotemplate.functions import Registry

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()
_MODE: Final = re.compile("0*[0-7]{1,10}")
_MODE_BITS: Final = 0o7777
_RFC3339: Final = "2006-01-02T15:04:05Z07:00"
_SECOND: Final = 1_000_000_000


@FUNCTIONS.add("env", "func(string) (string, error)", context=True)
def _env(context: Context, name: str) -> str:
    return context.service(Pass).surroundings.environment.get(name, "")


@FUNCTIONS.add("mustEnv", "func(string) (string, error)", context=True)
def _must_env(context: Context, name: str) -> str:
    value = _env(context, name)
    if not value:
        raise FunctionError("required environment variable is empty")
    return value


@FUNCTIONS.add("envOrDefault", "func(string, string) (string, error)", context=True)
def _env_or_default(context: Context, name: str, default: str) -> str:
    return context.service(Pass).surroundings.environment.get(name, default)


@FUNCTIONS.add("timestamp", "func(...string) (string, error)", context=True)
def _timestamp(context: Context, *layouts: str) -> str:
    """The time in UTC by a layout of Go's, or in seconds since 1970 for `unix`."""
    if len(layouts) > 1:
        raise FunctionError(f"timestamp: wrong number of arguments, expected 0 or 1, but got {len(layouts)}")
    nanoseconds = context.clock()
    if layouts == ("unix",):
        return str(nanoseconds // _SECOND)
    from sealer.gotemplate.sprig import gotime  # noqa: PLC0415 - time zones are loaded where a time is written

    return gotime.Time.of_nanoseconds(nanoseconds, gotime.UTC_LOCATION).format(layouts[0] if layouts else _RFC3339)


@FUNCTIONS.add("writeToFile", "func(string, string, string, string, ...string) (string, error)", context=True)
def _write_to_file(context: Context, path: str, user: str, group: str, mode: str, *rest: str) -> str:
    """Have a file written besides the output. The last argument is the content, one before it are flags."""
    if not rest:
        raise FunctionError("runtime error: index out of range")
    if not path:
        raise FunctionError("writeToFile: no path")
    if not _MODE.fullmatch(mode) or int(mode, 8) > _MODE_BITS:
        raise FunctionError("strconv.ParseUint: invalid syntax")
    flags = rest[0] if len(rest) == 2 else ""  # noqa: PLR2004 - flags and content; more are ignored, as there
    content = rest[-1] + ("\n" if "newline" in flags else "")
    write = FileWrite(path, content, user, group, int(mode, 8), append="append" in flags)
    context.reserve(context.service(Pass).write(write))
    return ""


@FUNCTIONS.add("executeTemplate", "func(string, ...any) (string, error)", context=True)
def _execute_template(context: Context, name: str, *data: object) -> str:
    if len(data) > 1:
        raise FunctionError(f"executeTemplate: wrong number of arguments, expected 1 or 2, but got {len(data) + 1}")
    try:
        return context.execute(name, data[0] if data else None)
    except LimitError:
        raise
    except ExecError as error:
        raise FunctionError(str(error)) from error

"""Sprig's functions for paths, which only look at the text: no file is touched.

The `os…` family is for the system that runs the template; here that is always one with slashes.
"""

from __future__ import annotations

from typing import Final

from sealer.gotemplate.functions import Registry

FUNCTIONS: Final = Registry()


@FUNCTIONS.add("base", "osBase", "func(string) string")
def _base(path: str) -> str:
    """The last element (`path.Base`)."""
    if not path:
        return "."
    return path.rstrip("/").rpartition("/")[2] or "/"


@FUNCTIONS.add("clean", "osClean", "func(string) string")
def clean(path: str) -> str:
    """The shortest path that means the same (`path.Clean`)."""
    rooted = path.startswith("/")
    kept: list[str] = []
    for element in path.split("/"):
        if element in {"", "."}:
            continue
        if element == ".." and (kept and kept[-1] != ".."):
            kept.pop()
        elif element != ".." or not rooted:
            kept.append(element)
    return ("/" if rooted else "") + "/".join(kept) or "."


@FUNCTIONS.add("dir", "osDir", "func(string) string")
def _dir(path: str) -> str:
    """All but the last element (`path.Dir`)."""
    folder, slash, _ = path.rpartition("/")
    return clean(folder + slash)


@FUNCTIONS.add("ext", "osExt", "func(string) string")
def _ext(path: str) -> str:
    """From the last dot of the last element on (`path.Ext`)."""
    _, dot, extension = path.rpartition("/")[2].rpartition(".")
    return dot + extension if dot else ""


@FUNCTIONS.add("isAbs", "osIsAbs", "func(string) bool")
def _is_abs(path: str) -> bool:
    return path.startswith("/")

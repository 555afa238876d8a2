"""Random templates by the grammar of the language: most of them parse, many of them run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random

_FIELDS: Final = ("a", "b", "k", "x", "n", "s", "l", "m", "é", "nope")
_NUMBERS: Final = (
    "0", "1", "2", "-1", "3", "10", "255", "1.0", "2.5", "-0.0", "1e3", "1e-7", "1e21", "0x1F", "0b11", "'a'", "1i",
    "1+2i", "9223372036854775807", "18446744073709551615", "1_000", "0.1",
)  # fmt: skip
_STRINGS: Final = (
    '""', '"a"', '"k"', '"%v"', '"x y"', "`raw`", '"é"', '"\\n"', '"\\xff"', '"<b>"', '"10"', '"\\u65e5"', '"a,b"',
)  # fmt: skip
_KINDS: Final = ("int", "int8", "int64", "uint8", "uint64", "float32", "float64", "level")
_VERBS: Final = "vvvvsdqxXtTeEfFgGboOcU%wz"
_FLAGS: Final = ("", "", "", "", "+", "-", "#", " ", "0", "+#", "-0", "# ", "+0")
_WIDTHS: Final = ("", "", "", "3", "8", "12", "*", "[1]*", "0")
_PRECISIONS: Final = ("", "", "", ".0", ".2", ".5", ".", ".*", ".10")
_INDEXES: Final = ("", "", "", "", "", "[1]", "[2]", "[0]", "[9]", "[x]")
_VALUES: Final = (
    "strs", 'strs "a" "b"', 'anys 1 nil "x"', "ints 3 1", 'texts "k" "v"', 'integers 1 "a"', "bools", "reals",
    'bytes "ab"', 'number "12"', 'sample "n" 2', 'nilOf "[]string"', 'nilOf "map[string]any"', "nothing", "nested",
    "raw 255 65", 'nilOf "*Sample"', 'nilOf "[]byte"',
)  # fmt: skip
_TAKING: Final = (
    "takeInt", "takeInt8", "takeInt64", "takeUint8", "takeUint", "takeFloat", "takeSingle", "takeComplex", "takeBool",
    "takeText", "takeMap", "takeTexts", "takeList", "takeStrs", "takeBytes", "takeError", "takeSample", "takeAny",
    "typeOf", "kindOf", "identity", "upper",
)  # fmt: skip
_SPACES: Final = ("", "", "", " ", "\n", "\t ", " \n")


class Grammar:
    """Makes templates.

    Args:
        source: Where chance comes from.

    """

    def __init__(self, source: random.Random) -> None:
        self.source = source
        self.variables: list[str] = ["$"]
        self.loops = 0

    def template(self) -> str:
        definitions = ""
        for name in self.source.sample(("t", "u"), self.source.choice((0, 0, 1, 2))):
            outer, self.variables = self.variables, ["$"]
            definitions += f'{{{{define "{name}"}}}}{self._body(2, templates=False)}{{{{end}}}}'
            self.variables = outer
        return definitions + self._body(self.source.choice((1, 1, 2, 3)))

    def _body(self, depth: int, *, templates: bool = True) -> str:
        known = len(self.variables)
        pieces = [self._piece(depth, templates=templates) for _ in range(self.source.randrange(1, 4))]
        del self.variables[known:]
        return "".join(pieces)

    def _piece(self, depth: int, *, templates: bool) -> str:  # noqa: PLR0911 - one for each kind
        roll = self.source.random()
        if roll < 0.15:
            return self.source.choice(("text", " ", "\n", "é", "a b", "}}", "{ "))
        if roll < 0.5 or depth == 0:
            return self._action(self._pipeline(2))
        if roll < 0.6:
            return self._declaration()
        if roll < 0.65 and templates:
            name = self.source.choice(("t", "u", "t"))
            return self._action(f'template "{name}" {self.source.choice(("", self._pipeline(1)))}')
        if roll < 0.68 and self.loops:
            return self._action(self.source.choice(("break", "continue")))
        if roll < 0.7:
            return self.source.choice(("{{/* comment */}}", "{{- /* a\nb */ -}}"))
        return self._control(depth, templates=templates)

    def _control(self, depth: int, *, templates: bool) -> str:
        word = self.source.choice(("if", "with", "range", "if", "range"))
        known = len(self.variables)
        pipe = self._pipeline(2)
        if word == "range":
            pipe = self._range_pipe()
        elif self.source.random() < 0.2:
            pipe = f"$w := {pipe}"
            self.variables.append("$w")
        self.loops += word == "range"
        body = self._body(depth - 1, templates=templates)
        self.loops -= word == "range"
        otherwise = ""
        if self.source.random() < 0.4:
            chained = f" {word} {self._pipeline(1)}" if word != "range" and self.source.random() < 0.4 else ""
            otherwise = self._action(f"else{chained}") + self._body(depth - 1, templates=templates)
        del self.variables[known:]
        return self._action(f"{word} {pipe}") + body + otherwise + self._action("end")

    def _range_pipe(self) -> str:
        over = self.source.choice((".", ".l", ".m", "3", "2", self._pipeline(1), f"({self.source.choice(_VALUES)})"))
        names = self.source.choice(("", "$i := ", "$e := ", "$i, $e := "))
        if len(self.variables) > 1 and self.source.random() < 0.1:
            return f"{self.source.choice(self.variables[1:])} = {over}"
        self.variables += [word.strip(",") for word in names.split() if word.startswith("$")]
        return names + over

    def _declaration(self) -> str:
        name = self.source.choice(("$v", "$w", "$x"))
        sign = "=" if name in self.variables and self.source.random() < 0.5 else ":="
        text = self._action(f"{name} {sign} {self._pipeline(2)}")
        self.variables.append(name)
        return text

    def _action(self, inner: str) -> str:
        left = "{{- " if self.source.random() < 0.1 else "{{" + self.source.choice(_SPACES)
        right = " -}}" if self.source.random() < 0.1 else self.source.choice(_SPACES) + "}}"
        return left + inner + right

    def _pipeline(self, depth: int) -> str:
        first = self._command(depth)
        if self.source.random() < 0.25:
            return f"{first} | {self._function(depth, short=True)}"
        return first

    def _command(self, depth: int) -> str:
        return self._operand(depth) if self.source.random() < 0.45 or depth == 0 else self._function(depth)

    def _operand(self, depth: int) -> str:  # noqa: PLR0911 - one for each kind
        roll = self.source.random()
        if roll < 0.35:
            return "".join(f".{self.source.choice(_FIELDS)}" for _ in range(self.source.choice((1, 1, 1, 1, 1, 2, 3))))
        if roll < 0.4:
            return "."
        if roll < 0.55:
            field = self.source.choice(("", "", "", ".k", ".a.b"))
            return (self.source.choice(self.variables) if self.source.random() < 0.98 else "$x") + field
        if roll < 0.7:
            return self.source.choice(_NUMBERS)
        if roll < 0.85:
            return self.source.choice(_STRINGS)
        if roll < 0.9 or depth == 0:
            return self.source.choice(("true", "false", "nil", ".", "1", '"s"'))
        inner = self.source.choice((self._pipeline(depth - 1), self.source.choice(_VALUES)))
        return f"({inner}){self.source.choice(('', '', '', '.k', '.Name', '.x.y'))}"

    def _operands(self, depth: int, count: int) -> str:
        return " ".join(self._operand(depth - 1) for _ in range(count))

    def _function(self, depth: int, *, short: bool = False) -> str:  # noqa: PLR0911 - one for each kind
        roll = self.source.random()
        pick = self.source.choice
        if roll < 0.12:
            return f"{pick(('eq', 'ne', 'lt', 'le', 'gt', 'ge'))} {self._operands(depth, 1 if short else 2)}"
        if roll < 0.4:
            return self._printf(depth)
        if roll < 0.52:
            return f"{pick(('and', 'or', 'and', 'or', 'not'))} {self._operands(depth, self.source.randrange(1, 4))}"
        if roll < 0.6:
            over = pick((".l", ".m", ".s", '"abcd"', '(strs "a" "b")', self._operand(depth - 1)))
            at = " ".join(
                pick(("0", "1", "2", '"k"', '"a"', self._operand(0))) for _ in range(self.source.randrange(3))
            )
            return f"{pick(('index', 'slice'))} {'' if short else over} {at}"
        if roll < 0.7:
            name = pick(("print", "println", "html", "js", "urlquery"))
            return f"{name} {self._operands(depth, self.source.randrange(4))}"
        if roll < 0.76:
            return f"len {self._operands(depth, 0 if short else 1)}"
        if roll < 0.84:
            return f'as "{pick(_KINDS)}" {pick(("1", "0", "-1", "300", "2.5", "65"))}'
        if roll < 0.95:
            return f"{pick(_TAKING)} {self._operands(depth, 0 if short else 1)}"
        many = pick(("joined", "total", "takeMany", "takeTwo", "deepEqual"))
        return f"{many} {self._operands(depth, self.source.randrange(3))}"

    def _printf(self, depth: int) -> str:
        pick = self.source.choice
        verbs = (
            f"%{pick(_FLAGS)}{pick(_INDEXES)}{pick(_WIDTHS)}{pick(_PRECISIONS)}{pick(_VERBS)}"
            for _ in range(self.source.randrange(1, 3))
        )
        return f'printf "{"|".join(verbs)}" {self._operands(depth, self.source.randrange(1, 4))}'

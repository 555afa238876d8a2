"""Random calls of Sprig's functions, written as templates, for comparison with Go.

Arguments follow the signatures most of the time, so that calls get past the check of types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sealer.gotemplate.quoting import quote
from sealer.gotemplate.sprig import SPRIG
from sealer.gotemplate.text import canonical
from tests.gotemplate.cases import Case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from sealer.gotemplate.types import GoType

# Random, slow, dependent on the time, or in Go dependent on the order of a map or on spare capacity of a list.
_LEFT_OUT: Final = (
    "randAlpha randAlphaNum randAscii randNumeric randBytes randInt shuffle uuidv4 now ago bcrypt htpasswd "
    "derivePassword genPrivateKey genCA genCAWithKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert "
    "genSignedCertWithKey buildCustomCert encryptAES keys values date dateInZone date_in_zone htmlDate "
    "htmlDateInZone durationRound slice mustSlice"
)
NAMES: Final = tuple(sorted(set(SPRIG) - set(_LEFT_OUT.split())))


def _pieces(written: str, *others: str) -> tuple[str, ...]:
    return (*written.split(), *others)


_TEXTS: Final = (
    *_pieces('a abc éß日本 1 -7 0x1F HTTPServer2Go a,b,,c foo.bar/baz /a/../b aGVsbG8= MFRGG=== [1,2] {"a":1} null'),
    *_pieces(
        "2006-01-02 2021-03-04 15:04:05 1h2m -1.5s 1.2.3 v1.2.3-rc.1+m ~1.x http://u:p@h:1/p?q#f mailto:a@b [a-z]+"
    ),
    *_pieces(
        "(a)(b)? a* \\b $1 ${1}x <&> true int string UTC \u0130\u0131\u017fK \u01c6 _0 777 .5 A1b2C3 --__ %d%s '\""
    ),
    *("", "Hello World", " pad ", "\udcff", "a\udcffb", "x_y-z w", ">=1.2 <2 || ^3", "the quick  brown fox"),
    *("line\nline\n", "Ünïcode Wörds"),
)
_NUMBERS: Final = (0, 1, 2, 3, 5, 7, 10, 16, 64, -1, -2, -5, 9223372036854775807, -9223372036854775807, 1600000000)
_SMALL: Final = (0, 1, 2, 3, 4, 5, 6, 8, 12, 20, 30, -1, -2, -3)
_FLOATS: Final = ("0.0", "1.5", "-2.5", "0.1", "1e21", "1e-7", "123456.789", "1e300", "2.675", "-0.5")
# For families of functions: pieces of which texts are made that may mean something to them.
_PIECES: Final = {
    "egex": _pieces(
        "a b é 日 x . * + ? | ( ) (?: (?i) (?m) (?s) (?P<n> [ab] [^a] ] \\w \\W \\b \\B \\d \\s \\pL ^ $ \\z {2} {1,} "
        "\\x{e9} \\. $1 ${1} ${n} $n $0 $$ - \udcff K \u017f \\Q \\E [[:alpha:]] 1",
        *("\n", " "),
    ),
    "semver": _pieces(
        "1 2 0 . . .0 .1 .x * - -a -rc.1 +m v = != > < >= <= ~ ~> ^ 01 x 1.2.3 1.2 0.0 18446744073709551616",
        *(" ", ", ", " || ", " - "),
    ),
    "url": _pieces(
        "http https a : : / // :// @ ? # [ ] [::1] %41 %2F % %zz é 80 host . .. & = + * < p , ; %25 ' \" ^ mailto",
        *(" ", "\x7f"),
    ),
    "ate": _pieces(
        "2006 01 02 15 04 05 Jan January Mon MST -0700 PM pm _2 002 .000 .999 2 3 1 - : T 2021 03 Mar UTC CET "
        "+0200 12 7 5m 1h x 0 31",
        " ",
    ),
    "uration": _pieces("1 2.5 . h m s ms µs ns - + 0 9223372036854775807 60 d", " "),
    "Json": _pieces('{ } [ ] , : "a" " 1 -0 1e5 1.5 null true \\ "\\ud83d" é 1e400 \udcff "b": [] {}', *(" ", "\n")),
    "dec": _pieces("QUJD QQ== QUI= = == A B a ! MFRGGZDF ME====== MFRGG=== 7 /", *("\n", "\r")),
    "case": _pieces("a b A B HTTP Server 1 23 _ - . é É 日 ☃ \udcff \u01c5 Ⅷ ! ab xY", *(" ", "\u00a0")),
    "wrap": _pieces("a bc word é longerword .", *(" ", "  ", "\n")),
    "abbrev": _pieces("a bc word é 12345678", *(" ", "longer words are here")),
    "path": _pieces("/ . .. a b.c // /."),
}
_LIKE: Final = {"base": "path", "dir": "path", "clean": "path", "ext": "path", "isAbs": "path", "initials": "case"} | {
    "osBase": "path", "osDir": "path", "osClean": "path", "osExt": "path", "title": "case", "untitle": "case",
}  # fmt: skip
_LETTERS: Final = "aAbZ zé_-.1 2ß日\t/\\:,=()[]*+?$^|&<>'\n"


def _pieces_for(name: str) -> tuple[str, ...]:
    key = _LIKE.get(name) or next((family for family in _PIECES if family in name), "")
    return _PIECES.get(key, ())


class Calls:
    """Writes calls.

    Args:
        random: Where the choices come from; the same seed gives the same calls.

    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self.pieces: tuple[str, ...] = ()

    def cases(self, count: int) -> Iterator[Case]:
        """Cases with one call each."""
        for number in range(count):
            name = self.random.choice(NAMES)
            template = f'{{{{ $v := {self.call(name, 2)} }}}}{{{{ printf "%v|%T" $v $v }}}}'
            yield Case(f"call{number}", template.encode("utf-8", "surrogateescape"), '{"d":{"a":1}}', "sprig")

    def call(self, name: str, depth: int) -> str:
        signature = SPRIG[name].signature
        params = list(signature.params)
        if signature.variadic:
            params = params[:-1] + [params[-1]] * self.random.randrange(4)
        outer, self.pieces = self.pieces, _pieces_for(name)
        written = " ".join([name, *(self.argument(param, depth - 1) for param in params)])
        self.pieces = outer
        return written

    def argument(self, param: GoType, depth: int) -> str:
        if self.random.random() < 0.02:  # a wrong one
            return self.any(0)
        writers: dict[str, Callable[[], str]] = {
            "string": self.string,
            "int": lambda: str(self.random.choice(_SMALL)),
            "uint32": lambda: str(self.random.choice(_SMALL)),
            "float64": lambda: self.random.choice(_FLOATS),
            "bool": lambda: self.random.choice(("true", "false")),
            "struct": self.time,
            "map": lambda: self.dictionary(depth),
            "slice": lambda: self.sequence(depth),
        }
        return writers.get(param.kind, lambda: self.any(depth))()

    def time(self) -> str:
        return f'(toDate "2006-01-02" {quote(self.random.choice(("2021-03-04", "0001-01-01", "1969-12-31", "x")))})'

    def string(self) -> str:
        if self.pieces and self.random.random() < 0.7:
            return quote(canonical("".join(self.random.choices(self.pieces, k=self.random.randrange(9)))))
        if self.random.random() < 0.7:
            return quote(self.random.choice(_TEXTS))
        return quote("".join(self.random.choices(_LETTERS, k=self.random.randrange(12))))

    def dictionary(self, depth: int) -> str:
        pairs = (f'"{self.random.choice("abc")}" {self.any(depth - 1)}' for _ in range(self.random.randrange(4)))
        return f"(dict {' '.join(pairs)})"

    def sequence(self, depth: int) -> str:
        if self.random.random() < 0.2:
            return self.random.choice(("(until 4)", '(splitList "," "b,a,c")', "(rest (list))", '(split "," "x,y")'))
        return f"(list {' '.join(self.any(depth - 1) for _ in range(self.random.randrange(5)))})"

    def any(self, depth: int) -> str:
        writers: list[Callable[[], str]] = [
            self.string,
            self.string,
            lambda: str(self.random.choice(_NUMBERS)),
            lambda: str(self.random.choice(_NUMBERS)),
            lambda: self.random.choice(_FLOATS),
            lambda: self.random.choice(("true", "false", "nil", "nil", "'x'", ".missing")),
            lambda: self.random.choice(
                ('(semver "1.2.3")', "(int64 5)", '(split "," "x")', "(chunk 2 (until 3))", ".d")
            ),
        ]
        if depth > 0:
            writers += [
                lambda: self.dictionary(depth),
                lambda: self.sequence(depth),
                lambda: f"({self.call(self.random.choice(NAMES), depth)})",
            ]
        return self.random.choice(writers)()

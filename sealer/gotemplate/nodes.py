"""The parsed template. `str` of a node is its text as Go writes it in errors (package text/template/parse, Node)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from sealer.gotemplate.quoting import quote

if TYPE_CHECKING:
    from sealer.gotemplate.constants import Number


@dataclass(slots=True, eq=False)
class Node:
    """A node.

    Attributes:
        at: Where Go says that it is, in characters of the whole template.

    """

    at: int


@dataclass(slots=True, eq=False)
class TextNode(Node):
    """Text outside of actions."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(slots=True, eq=False)
class ListNode(Node):
    """What stands one after another."""

    nodes: list[Node] = field(default_factory=list)

    def __str__(self) -> str:
        return "".join(map(str, self.nodes))


@dataclass(slots=True, eq=False)
class VariableNode(Node):
    """A variable, and fields of it: `$x.a`."""

    idents: list[str]

    def __str__(self) -> str:
        return ".".join(self.idents)


@dataclass(slots=True, eq=False)
class FieldNode(Node):
    """A field of dot, and fields of it: `.a.b`."""

    idents: list[str]

    def __str__(self) -> str:
        return "".join(f".{ident}" for ident in self.idents)


@dataclass(slots=True, eq=False)
class ChainNode(Node):
    """Fields of a term: `(f .x).a.b`."""

    node: Node
    fields: list[str]

    def __str__(self) -> str:
        inner = f"({self.node})" if isinstance(self.node, PipeNode) else str(self.node)
        return inner + "".join(f".{ident}" for ident in self.fields)


@dataclass(slots=True, eq=False)
class IdentifierNode(Node):
    """A function."""

    ident: str

    def __str__(self) -> str:
        return self.ident


@dataclass(slots=True, eq=False)
class DotNode(Node):
    """`.`."""

    def __str__(self) -> str:
        return "."


@dataclass(slots=True, eq=False)
class NilNode(Node):
    """`nil`."""

    def __str__(self) -> str:
        return "nil"


@dataclass(slots=True, eq=False)
class BoolNode(Node):
    """`true` or `false`."""

    value: bool

    def __str__(self) -> str:
        return "true" if self.value else "false"


@dataclass(slots=True, eq=False)
class NumberNode(Node):
    """A number or a character."""

    number: Number

    def __str__(self) -> str:
        return self.number.text


@dataclass(slots=True, eq=False)
class StringNode(Node):
    """A string, as it was written and as it reads."""

    quoted: str
    text: str

    def __str__(self) -> str:
        return self.quoted


@dataclass(slots=True, eq=False)
class CommandNode(Node):
    """A value, or a function with its arguments."""

    args: list[Node] = field(default_factory=list)

    def __str__(self) -> str:
        return " ".join(f"({arg})" if isinstance(arg, PipeNode) else str(arg) for arg in self.args)


@dataclass(slots=True, eq=False)
class PipeNode(Node):
    """Commands joined by `|`, and the variables that take the result."""

    declared: list[VariableNode] = field(default_factory=list)
    is_assign: bool = False
    commands: list[CommandNode] = field(default_factory=list)

    def __str__(self) -> str:
        written = " | ".join(map(str, self.commands))
        if not self.declared:
            return written
        return f"{', '.join(map(str, self.declared))} {'=' if self.is_assign else ':='} {written}"


@dataclass(slots=True, eq=False)
class ActionNode(Node):
    """A pipeline whose value is printed."""

    pipe: PipeNode

    def __str__(self) -> str:
        return f"{{{{{self.pipe}}}}}"


@dataclass(slots=True, eq=False)
class BreakNode(Node):
    """`{{break}}`."""

    def __str__(self) -> str:
        return "{{break}}"


@dataclass(slots=True, eq=False)
class ContinueNode(Node):
    """`{{continue}}`."""

    def __str__(self) -> str:
        return "{{continue}}"


@dataclass(slots=True, eq=False)
class EndNode(Node):
    """`{{end}}`: not part of what is parsed."""

    def __str__(self) -> str:
        return "{{end}}"


@dataclass(slots=True, eq=False)
class ElseNode(Node):
    """`{{else}}`: not part of what is parsed."""

    def __str__(self) -> str:
        return "{{else}}"


@dataclass(slots=True, eq=False)
class BranchNode(Node):
    """`if`, `with` and `range`."""

    word: ClassVar[str]
    pipe: PipeNode
    body: ListNode
    otherwise: ListNode | None

    def __str__(self) -> str:
        otherwise = "" if self.otherwise is None else f"{{{{else}}}}{self.otherwise}"
        return f"{{{{{self.word} {self.pipe}}}}}{self.body}{otherwise}{{{{end}}}}"


class IfNode(BranchNode):
    """`{{if}}`."""

    __slots__ = ()
    word = "if"


class WithNode(BranchNode):
    """`{{with}}`."""

    __slots__ = ()
    word = "with"


class RangeNode(BranchNode):
    """`{{range}}`."""

    __slots__ = ()
    word = "range"


@dataclass(slots=True, eq=False)
class TemplateNode(Node):
    """`{{template}}`, and what is left of a `{{block}}`."""

    name: str
    pipe: PipeNode | None

    def __str__(self) -> str:
        return f"{{{{template {quote(self.name)}{'' if self.pipe is None else f' {self.pipe}'}}}}}"


def is_empty(node: Any) -> bool:
    """Whether a tree holds nothing but space."""
    if isinstance(node, ListNode):
        return all(map(is_empty, node.nodes))
    return node is None or (isinstance(node, TextNode) and not node.text.strip(_UNICODE_SPACES))


_UNICODE_SPACES = (
    " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)

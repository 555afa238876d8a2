"""Parse pipelines: declarations, commands, operands and terms; and the look-ahead that all parsing shares."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NoReturn

from sealer.gotemplate import nodes
from sealer.gotemplate.constants import read_number
from sealer.gotemplate.errors import ParseError
from sealer.gotemplate.quoting import quote, unquote
from sealer.gotemplate.tokens import Kind, Token

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from sealer.gotemplate.lexer import Lexer

# Go allows 10,000 nested parentheses and any number of nested actions. Each level costs Python some nested calls of its
# own, here and in execution, and it has a thousand by default; so nesting is counted in those.
MAX_FRAMES: Final = 600
FRAMES_PAREN: Final = 6
_CONSTANTS: Final = (nodes.BoolNode, nodes.StringNode, nodes.NumberNode, nodes.NilNode, nodes.DotNode)
_NUMBERS: Final = frozenset({Kind.CHAR_CONSTANT, Kind.COMPLEX, Kind.NUMBER})
_STRINGS: Final = frozenset({Kind.STRING, Kind.RAW_STRING})
_OPERANDS: Final = (
    _NUMBERS | _STRINGS | {Kind.BOOL, Kind.DOT, Kind.FIELD, Kind.IDENTIFIER, Kind.NIL, Kind.VARIABLE, Kind.LEFT_PAREN}
)


class PipelineParser:
    """Reads tokens with three of look-ahead, and pipelines from them.

    Args:
        parse_name: Name of the template in errors.
        lexer: Gives the tokens.
        functions: Which functions there are.
        nesting: How deep what is parsed stands in other actions.

    """

    def __init__(self, parse_name: str, lexer: Lexer, functions: Container[str], nesting: int) -> None:
        self.parse_name = parse_name
        self.lexer = lexer
        self.functions = functions
        self.nesting = nesting
        self.variables = ["$"]
        self.action_line = 0
        self._tokens = [Token(Kind.ERROR, 0, "", 0)] * 3  # the newest first
        self._peeked = 0

    def next(self) -> Token:
        """Take the next token."""
        if self._peeked > 0:
            self._peeked -= 1
        else:
            self._tokens[0] = self.lexer.next()
        return self._tokens[self._peeked]

    def backup(self) -> None:
        """Put the token taken last back."""
        self._peeked += 1

    def backup2(self, earlier: Token) -> None:
        """Put two tokens back: the newest and the one before it."""
        self._tokens[1] = earlier
        self._peeked = 2

    def backup3(self, earliest: Token, earlier: Token) -> None:
        """Put three tokens back: the newest and the two before it."""
        self._tokens[1], self._tokens[2] = earlier, earliest
        self._peeked = 3

    def peek(self) -> Token:
        """Look at the next token."""
        token = self.next()
        self.backup()
        return token

    def next_non_space(self) -> Token:
        """Take the next token that is not space."""
        while True:
            token = self.next()
            if token.kind is not Kind.SPACE:
                return token

    def peek_non_space(self) -> Token:
        """Look at the next token that is not space, and pass over the space."""
        token = self.next_non_space()
        self.backup()
        return token

    def fail(self, message: str) -> NoReturn:
        """Give up.

        Raises:
            ParseError: Always.

        """
        line = self._tokens[0].line
        raise ParseError(f"template: {self.parse_name}:{line}: {message}", name=self.parse_name, line=line)

    def unexpected(self, token: Token, context: str) -> NoReturn:
        """Give up over a token.

        Raises:
            ParseError: Always.

        """
        if token.kind is not Kind.ERROR:
            self.fail(f"unexpected {token} in {context}")
        extra = ""
        if self.action_line not in {0, token.line}:
            where = "started" if token.text.endswith(" action") else "in action started"
            extra = f" {where} at {self.parse_name}:{self.action_line}"
        self.fail(f"{token}{extra}")

    def expect(self, kinds: tuple[Kind, ...], context: str) -> Token:
        """Take the next token that is not space, which must be of one of some kinds."""
        token = self.next_non_space()
        if token.kind not in kinds:
            self.unexpected(token, context)
        return token

    @contextmanager
    def deeper(self, frames: int) -> Iterator[None]:
        """Be some nested calls deeper while this lasts.

        Raises:
            ParseError: It is too deep.

        """
        if self.nesting + frames > MAX_FRAMES:
            self.fail("max expression depth exceeded")
        self.nesting += frames
        yield
        self.nesting -= frames

    def pipeline(self, context: str, end: Kind) -> nodes.PipeNode:
        """Parse a pipeline up to and with its end."""
        pipe = nodes.PipeNode(self.peek_non_space().at)
        while self._declaration(pipe, context):
            pass
        while True:
            token = self.next_non_space()
            if token.kind is end:
                self._check(pipe, context)
                return pipe
            if token.kind not in _OPERANDS:
                self.unexpected(token, context)
            self.backup()
            pipe.commands.append(self._command())

    def _declaration(self, pipe: nodes.PipeNode, context: str) -> bool:
        """Parse a variable that takes the result; whether another may follow."""
        variable = self.peek_non_space()
        if variable.kind is not Kind.VARIABLE:
            return False
        self.next()
        # Only what follows tells whether this declares a variable or uses one; if it uses one, all is put back.
        after = self.peek()
        following = self.peek_non_space()
        if following.kind in {Kind.ASSIGN, Kind.DECLARE}:
            pipe.is_assign = following.kind is Kind.ASSIGN
            self._declare(pipe, variable)
            return False
        if following.kind is Kind.CHAR and following.text == ",":
            self._declare(pipe, variable)
            self._check_second(pipe, context)
            return True
        if after.kind is Kind.SPACE:
            self.backup3(variable, after)
        else:
            self.backup2(variable)
        return False

    def _declare(self, pipe: nodes.PipeNode, variable: Token) -> None:
        self.next_non_space()
        pipe.declared.append(nodes.VariableNode(variable.at, variable.text.split(".")))
        self.variables.append(variable.text)

    def _check_second(self, pipe: nodes.PipeNode, context: str) -> None:
        if context != "range" or len(pipe.declared) > 1:
            self.fail(f"too many declarations in {context}")
        if self.peek_non_space().kind not in {Kind.VARIABLE, Kind.RIGHT_DELIM, Kind.RIGHT_PAREN}:
            self.fail("range can only initialize variables")

    def _check(self, pipe: nodes.PipeNode, context: str) -> None:
        if not pipe.commands:
            self.fail(f"missing value for {context}")
        for stage, command in enumerate(pipe.commands[1:], start=2):
            if isinstance(command.args[0], _CONSTANTS):
                self.fail(f"non executable command in pipeline stage {stage}")

    def _command(self) -> nodes.CommandNode:
        command = nodes.CommandNode(self.peek_non_space().at)
        while True:
            self.peek_non_space()
            operand = self._operand()
            if operand is not None:
                command.args.append(operand)
            token = self.next()
            if token.kind is Kind.SPACE:
                continue
            if token.kind in {Kind.RIGHT_DELIM, Kind.RIGHT_PAREN}:
                self.backup()
            elif token.kind is not Kind.PIPE:
                self.unexpected(token, "operand")
            break
        if not command.args:
            self.fail("empty command")
        return command

    def _operand(self) -> nodes.Node | None:
        node = self._term()
        if node is None or self.peek().kind is not Kind.FIELD:
            return node
        at = self.peek().at
        fields: list[str] = []
        while self.peek().kind is Kind.FIELD:
            fields.append(self.next().text[1:])
        if isinstance(node, nodes.FieldNode):
            return nodes.FieldNode(at, node.idents + fields)
        if isinstance(node, nodes.VariableNode):
            return nodes.VariableNode(at, node.idents + fields)
        if isinstance(node, _CONSTANTS):
            self.fail(f"unexpected . after term {quote(str(node))}")
        return nodes.ChainNode(at, node, fields)

    def _term(self) -> nodes.Node | None:
        token = self.next_non_space()
        if token.kind is Kind.FIELD:
            return nodes.FieldNode(token.at, token.text[1:].split("."))
        if token.kind is Kind.VARIABLE:
            return self._variable(token)
        if token.kind is Kind.IDENTIFIER:
            if token.text not in self.functions:
                self.fail(f"function {quote(token.text)} not defined")
            return nodes.IdentifierNode(token.at, token.text)
        if token.kind is Kind.LEFT_PAREN:
            with self.deeper(FRAMES_PAREN):
                return self.pipeline("parenthesized pipeline", Kind.RIGHT_PAREN)
        return self._constant(token)

    def _constant(self, token: Token) -> nodes.Node | None:
        if token.kind is Kind.DOT:
            return nodes.DotNode(token.at)
        if token.kind is Kind.NIL:
            return nodes.NilNode(token.at)
        if token.kind is Kind.BOOL:
            return nodes.BoolNode(token.at, token.text == "true")
        try:
            if token.kind in _NUMBERS:
                return nodes.NumberNode(token.at, read_number(token.text, token.kind))
            if token.kind in _STRINGS:
                return nodes.StringNode(token.at, token.text, unquote(token.text))
        except ValueError as error:
            self.fail(str(error))
        self.backup()
        return None

    def _variable(self, token: Token) -> nodes.VariableNode:
        if token.text not in self.variables:
            self.fail(f"undefined variable {quote(token.text)}")
        return nodes.VariableNode(token.at, [token.text])

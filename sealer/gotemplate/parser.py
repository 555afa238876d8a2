"""Build trees of nodes from tokens: templates, their actions and control structures.

The language is that of text/template's documentation; positions and messages are those of its parser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from sealer.gotemplate import nodes
from sealer.gotemplate.pipelines import PipelineParser
from sealer.gotemplate.quoting import quote, unquote
from sealer.gotemplate.tokens import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from sealer.gotemplate.lexer import Lexer
    from sealer.gotemplate.tokens import Token

FRAMES_BLOCK: Final = 5
FRAMES_ELSE: Final = 2
_BRANCHES: Final[Mapping[Kind, type[nodes.BranchNode]]] = {
    Kind.IF: nodes.IfNode,
    Kind.WITH: nodes.WithNode,
    Kind.RANGE: nodes.RangeNode,
}


class Parser(PipelineParser):
    """Parses one template, and those defined in it into the same set.

    Args:
        name: Name of the template.
        parse_name: Name of the template that the text as a whole belongs to.
        lexer: Gives the tokens.
        functions: Which functions there are.
        trees: Where the trees go, by name.
        nesting: How deep the template itself stands.

    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a template within a template takes over
        self,
        name: str,
        parse_name: str,
        lexer: Lexer,
        functions: Container[str],
        trees: dict[str, nodes.ListNode],
        nesting: int = 0,
    ) -> None:
        super().__init__(parse_name, lexer, functions, nesting)
        self.name = name
        self.trees = trees
        self.ranges = 0

    def parse(self) -> None:
        """Parse all of the text.

        Raises:
            ParseError: It is not a template.

        """
        root = nodes.ListNode(self.peek().at)
        while self.peek().kind is not Kind.EOF:
            if self.peek().kind is Kind.LEFT_DELIM:
                delim = self.next()
                if self.next_non_space().kind is Kind.DEFINE:
                    with self.deeper(FRAMES_BLOCK):
                        self._inner("definition").definition()
                    continue
                self.backup2(delim)
            node = self._text_or_action()
            if isinstance(node, (nodes.EndNode, nodes.ElseNode)):
                self.fail(f"unexpected {node}")
            root.nodes.append(node)
        self._add(root)

    def definition(self) -> None:
        """Parse `{{define}}`, its keyword being past."""
        context = "define clause"
        token = self.expect((Kind.STRING, Kind.RAW_STRING), context)
        self.name = self._unquote(token)
        self.expect((Kind.RIGHT_DELIM,), context)
        self.body(context)

    def body(self, context: str) -> None:
        """Parse the body of a template, up to its `{{end}}`."""
        root, end = self._item_list()
        if not isinstance(end, nodes.EndNode):
            self.fail(f"unexpected {end} in {context}")
        self._add(root)

    def _inner(self, name: str) -> Parser:
        return Parser(name, self.parse_name, self.lexer, self.functions, self.trees, self.nesting)

    def _unquote(self, token: Token) -> str:
        try:
            return unquote(token.text)
        except ValueError as error:
            self.fail(str(error))

    def _add(self, root: nodes.ListNode) -> None:
        if self.name not in self.trees or nodes.is_empty(self.trees[self.name]):
            self.trees[self.name] = root
        elif not nodes.is_empty(root):
            self.fail(f"template: multiple definition of template {quote(self.name)}")

    def _item_list(self) -> tuple[nodes.ListNode, nodes.Node]:
        found = nodes.ListNode(self.peek_non_space().at)
        while self.peek_non_space().kind is not Kind.EOF:
            node = self._text_or_action()
            if isinstance(node, (nodes.EndNode, nodes.ElseNode)):
                return found, node
            found.nodes.append(node)
        return self.fail("unexpected EOF")

    def _text_or_action(self) -> nodes.Node:
        token = self.next_non_space()
        if token.kind is Kind.TEXT:
            return nodes.TextNode(token.at, token.text)
        if token.kind is not Kind.LEFT_DELIM:
            self.unexpected(token, "input")
        self.action_line = token.line
        node = self._action()
        self.action_line = 0
        return node

    def _action(self) -> nodes.Node:
        token = self.next_non_space()
        control = self._CONTROLS.get(token.kind)
        if control is not None:
            return control(self, token)
        self.backup()
        at = self.peek().at
        return nodes.ActionNode(at, self.pipeline("command", Kind.RIGHT_DELIM))

    def _jump(self, token: Token) -> nodes.Node:
        action = f"{{{{{token.text}}}}}"
        following = self.next_non_space()
        if following.kind is not Kind.RIGHT_DELIM:
            self.unexpected(following, action)
        if self.ranges == 0:
            self.fail(f"{action} outside {{{{range}}}}")
        return (nodes.BreakNode if token.kind is Kind.BREAK else nodes.ContinueNode)(token.at)

    def _branch(self, token: Token) -> nodes.BranchNode:
        """Parse `if`, `with` or `range`, the keyword being past."""
        variables = len(self.variables)
        made = _BRANCHES[token.kind]
        pipe = self.pipeline(made.word, Kind.RIGHT_DELIM)
        self.ranges += made is nodes.RangeNode
        with self.deeper(FRAMES_BLOCK):
            body, end = self._item_list()
        self.ranges -= made is nodes.RangeNode
        otherwise = None if isinstance(end, nodes.EndNode) else self._else(made.word, end)
        del self.variables[variables:]
        return made(pipe.at, pipe, body, otherwise)

    def _else(self, word: str, node: nodes.Node) -> nodes.ListNode:
        # `{{else if}}` is `{{else}}{{if}}` with one `{{end}}` for both; likewise `with`.
        if self.peek().kind in {Kind.IF, Kind.WITH} and self.peek().text == word:
            with self.deeper(FRAMES_ELSE):
                return nodes.ListNode(node.at, [self._branch(self.next())])
        with self.deeper(FRAMES_BLOCK):
            otherwise, end = self._item_list()
        if not isinstance(end, nodes.EndNode):
            self.fail(f"expected end; found {end}")
        return otherwise

    def _end_action(self, _token: Token) -> nodes.Node:
        return nodes.EndNode(self.expect((Kind.RIGHT_DELIM,), "end").at)

    def _else_action(self, _token: Token) -> nodes.Node:
        following = self.peek_non_space()
        if following.kind in {Kind.IF, Kind.WITH}:
            return nodes.ElseNode(following.at)
        return nodes.ElseNode(self.expect((Kind.RIGHT_DELIM,), "else").at)

    def _template_name(self, token: Token, context: str) -> str:
        if token.kind not in {Kind.STRING, Kind.RAW_STRING}:
            self.unexpected(token, context)
        return self._unquote(token)

    def _block(self, _token: Token) -> nodes.Node:
        context = "block clause"
        token = self.next_non_space()
        name = self._template_name(token, context)
        pipe = self.pipeline(context, Kind.RIGHT_DELIM)
        with self.deeper(FRAMES_BLOCK):
            self._inner(name).body(context)
        return nodes.TemplateNode(token.at, name, pipe)

    def _template(self, _token: Token) -> nodes.Node:
        context = "template clause"
        token = self.next_non_space()
        name = self._template_name(token, context)
        pipe = None
        if self.next_non_space().kind is not Kind.RIGHT_DELIM:
            self.backup()
            pipe = self.pipeline(context, Kind.RIGHT_DELIM)
        return nodes.TemplateNode(token.at, name, pipe)

    _CONTROLS: ClassVar[Mapping[Kind, Callable[[Parser, Token], nodes.Node]]] = {
        Kind.BLOCK: _block,
        Kind.BREAK: _jump,
        Kind.CONTINUE: _jump,
        Kind.ELSE: _else_action,
        Kind.END: _end_action,
        Kind.IF: _branch,
        Kind.RANGE: _branch,
        Kind.TEMPLATE: _template,
        Kind.WITH: _branch,
    }

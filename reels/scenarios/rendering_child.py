"""Renders a template and parses what comes out; runs as a process of its own (see `rendering`).

Jinja's sandbox stops escapes but neither loops nor memory. Reads {"template", "variables",
"seed", "now"} as JSON and writes {"tree", "warnings"} or {"faults"}. A node of the tree is
[line, kind, content]: "s" a scalar, "l" a list of nodes, "m" a list of [key, line, node].

Values never go through the parser of YAML: what `{{ }}` puts in is a token there, and the
value takes its place afterwards. So no text, however written, becomes structure.

It imports nothing of the house, so that it starts in a sixth of a second.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import secrets
import sys
from collections.abc import Iterator
from typing import Any

import yaml
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_OUTPUT_CHARS = 4_000_000
MAX_STEPS = 10_000
MAX_DEPTH = 20
MAX_NODES = 200_000
_MARK_CHARS = 10
_SOURCE = "<template>"

_NONCE = secrets.token_hex(8)
_LINE = re.compile(rf"\x02{_NONCE}:(\d+)\x03")
_TOKEN = re.compile(rf"v{_NONCE}x(\d+)x")
_VARIABLES = re.compile(r"^variables:[^\n]*\n(?:(?:[ \t][^\n]*|#[^\n]*|[ \t]*)(?:\n|\Z))*", re.M)

#: YAML 1.2's core schema: `yes`, `1:30` and `012` are text, whatever 1.1 made of them.
_WORDS = {
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")

#: What a template is written with. Others would let values become text of the template.
_STATEMENTS = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.Assign,
    nodes.CondExpr, nodes.Expr, nodes.Helper, nodes.Operand,
)  # fmt: skip


class Wrong(Exception):
    """`line` is the template's."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line, self.message = line, message


class LineMarks(Extension):
    """Puts behind each line of the template's own text which line it is."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        for token in stream:
            if token.type != "data":
                yield token
                continue
            first, *others = token.value.split("\n")
            marked = [first]
            for line, text in enumerate(others, token.lineno):
                marked += [f"\x02{_NONCE}:{line}\x03\n", text]
            yield Token(token.lineno, "data", "".join(marked))


class Renderer:
    """One template's rendering. `values` are what stands for the tokens."""

    def __init__(self, seed: str, now: str) -> None:
        self.values: list[Any] = []
        self.warnings: list[str] = []
        self._chars = 0
        self._seed = seed
        self.environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, finalize=self._token, extensions=[LineMarks]
        )
        self.environment.globals = {
            "SHORT_UUID": self.short_uuid,
            "now": lambda: now,
            "range": self._range,
            "namespace": self.environment.globals["namespace"],
        }

    def render(self, source: str, context: dict[str, Any]) -> str:
        """The text of the template with its line marks, or Wrong."""
        if _NONCE in source or "\x02" in source:
            raise Wrong(0, "The template holds characters that no text has.")
        try:
            tree = self.environment.parse(source, filename=_SOURCE)
            _check_statements(tree)
            tree.environment = self.environment
            chunks = []
            for chunk in self.environment.from_string(tree).generate(context):
                self._count(len(chunk))
                chunks.append(chunk)
            return "".join(chunks)
        except TemplateSyntaxError as error:
            raise Wrong(error.lineno, f"{error.message}") from None
        except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError) as error:
            message = str(error) or type(error).__name__
            raise Wrong(_line_of(error), message[:500]) from None
        except MemoryError as error:
            raise Wrong(_line_of(error), "This takes too much memory.") from None
        except RecursionError:
            raise Wrong(0, "The template nests too deeply.") from None

    def short_uuid(self, name: Any) -> str:
        """An id that begins as all of this scenario's do."""
        told = hashlib.blake2b(f"{self._seed}/{name}".encode(), digest_size=5).hexdigest()
        return self._seed[:_MARK_CHARS] + told

    def value_of(self, text: str) -> Any:
        """What a scalar of the parsed text stands for."""
        whole = _TOKEN.fullmatch(text)
        if whole:
            return self.values[int(whole[1])]
        return _TOKEN.sub(self._as_text, text)

    def _as_text(self, token: re.Match[str]) -> str:
        value = self.values[int(token[1])]
        if not isinstance(value, str):
            raise ValueError("A list or a mapping cannot stand inside a text.")
        self._count(len(value))
        return value

    def _token(self, value: Any) -> str:
        if isinstance(value, bool) or value is None:
            return json.dumps(value)
        if isinstance(value, int | float):
            if not math.isfinite(value):
                raise ValueError(f"{value} is no number to go on with.")
            return repr(value)
        if not isinstance(value, str | list | tuple | dict):
            if isinstance(value, StrictUndefined):
                str(value)
            raise ValueError(f"A {type(value).__name__} cannot be put into a template.")
        self._count(len(value) if isinstance(value, str) else len(json.dumps(value)))
        self.values.append(str(value) if isinstance(value, str) else value)
        return f"v{_NONCE}x{len(self.values) - 1}x"

    def _range(self, *bounds: int) -> range:
        """Counts to its end, where it has a beginning: `range(1, N)` gives N numbers."""
        found = range(*bounds)
        if len(bounds) > 1:
            found = range(found.start, found.stop + (1 if found.step > 0 else -1), found.step)
            told = "range with two numbers counts from the first to the last, both among them."
            if told not in self.warnings:
                self.warnings.append(told)
        if len(found) > MAX_STEPS:
            raise ValueError(f"A range has {MAX_STEPS:,} steps at most, not {len(found):,}.")
        return found

    def _count(self, chars: int) -> None:
        self._chars += chars
        if self._chars > MAX_OUTPUT_CHARS:
            raise ValueError(f"More than {MAX_OUTPUT_CHARS:,} characters come out.")


class Parser:
    """Reads rendered text as YAML without aliases, tags or more than one document."""

    def __init__(self, marked: str, renderer: Renderer) -> None:
        self._lines: list[int] = []
        plain = []
        for text in marked.split("\n"):
            marks = _LINE.findall(text)
            self._lines.append(int(marks[0]) if marks else 0)
            plain.append(_LINE.sub("", text))
        self._fill()
        self._values = renderer
        self._nodes = 0
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self._events = yaml.parse("\n".join(plain), Loader=loader)

    def tree(self) -> list[Any]:
        """The document's root."""
        try:
            self._expect(yaml.StreamStartEvent, yaml.DocumentStartEvent)
            root = self._node(next(self._events), 0)
            self._expect(yaml.DocumentEndEvent)
            if not isinstance(extra := next(self._events), yaml.StreamEndEvent):
                raise Wrong(self._line(extra), "There is more than one document.")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = self._line_at(mark) if mark else 0
            raise Wrong(line, f"This is no YAML: {error.problem or error.context}.") from None
        except yaml.YAMLError as error:
            raise Wrong(0, f"This is no YAML: {error}.") from None
        return root

    def _fill(self) -> None:
        """A line without a mark of its own, as the last one, is the one before's neighbour."""
        for number, line in enumerate(self._lines):
            if not line:
                self._lines[number] = self._lines[number - 1] + 1 if number else 1

    def _expect(self, *kinds: type[yaml.Event]) -> None:
        for kind in kinds:
            event = next(self._events)
            if not isinstance(event, kind):
                raise Wrong(self._line(event), "The template is empty.")

    def _line(self, event: yaml.Event) -> int:
        return self._line_at(event.start_mark)

    def _line_at(self, mark: Any) -> int:
        return self._lines[min(int(mark.line), len(self._lines) - 1)]

    def _node(self, event: yaml.Event, depth: int) -> list[Any]:
        line = self._line(event)
        self._nodes += 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Wrong(line, "Anchors and aliases (& and *) are not taken.")
        if tag := getattr(event, "tag", None):
            raise Wrong(line, f"Tags are not taken: {tag}.")
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise Wrong(line, "There is too much of this, or it is nested too deeply.")
        if isinstance(event, yaml.ScalarEvent):
            return [line, "s", self._scalar(event, line)]
        if isinstance(event, yaml.SequenceStartEvent):
            return [line, "l", list(self._items(depth))]
        if isinstance(event, yaml.MappingStartEvent):
            return [line, "m", list(self._pairs(depth))]
        raise Wrong(line, "The template is empty.")

    def _items(self, depth: int) -> Iterator[list[Any]]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _pairs(self, depth: int) -> Iterator[list[Any]]:
        seen = set()
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line, kind, key = self._node(event, depth + 1)
            if kind != "s" or isinstance(key, list | dict):
                raise Wrong(line, "A key is a text.")
            key = key if isinstance(key, str) else json.dumps(key)
            if key in seen:
                raise Wrong(line, f"The key {key[:80]!r} is there twice.")
            seen.add(key)
            yield [key, line, self._node(next(self._events), depth + 1)]

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> Any:
        text = event.value
        try:
            if not event.implicit[0]:
                return self._values.value_of(text)
            if text in _WORDS:
                return _WORDS[text]
            if _INT.fullmatch(text):
                return int(text)
            if _FLOAT.fullmatch(text):
                return float(text)
            return self._values.value_of(text)
        except ValueError as error:
            raise Wrong(line, str(error)) from None


def plain_value(node: list[Any]) -> Any:
    """A node without its lines."""
    _, kind, content = node
    if kind == "l":
        return [plain_value(item) for item in content]
    if kind == "m":
        return {key: plain_value(item) for key, _, item in content}
    return content


def expand(asked: dict[str, Any]) -> dict[str, Any]:
    """What the process answers."""
    given = asked["variables"]
    declared = _declared(asked, given)
    unknown = sorted(set(asked["chosen"]) - set(declared))
    if unknown:
        raise Wrong(0, f"The template declares no variable {unknown[0]!r}.")
    renderer = Renderer(asked["seed"], asked["now"])
    marked = renderer.render(asked["template"], {**declared, **given})
    tree = Parser(marked, renderer).tree()
    warnings = [{"line": 0, "message": told} for told in renderer.warnings]
    return {
        "tree": tree,
        "variables": {**declared, **_among(declared, given)},
        "warnings": warnings,
    }


def _declared(asked: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The template's own values of its variables, which come before all else."""
    block = _VARIABLES.search(asked["template"])
    if block is None:
        return {}
    before = asked["template"][: block.start()].count("\n")
    renderer = Renderer(asked["seed"], asked["now"])
    try:
        marked = renderer.render(block[0], given)
        told = plain_value(Parser(marked, renderer).tree())["variables"]
    except Wrong as error:
        raise Wrong(error.line + before, error.message) from None
    if told is None:
        return {}
    if not isinstance(told, dict):
        raise Wrong(before + 1, "The variables are no mapping.")
    return told


def _among(declared: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    told = {*declared, "description", "slides_count"}
    return {name: value for name, value in given.items() if name in told}


def _check_statements(tree: nodes.Template) -> None:
    for node in tree.find_all((nodes.Node,)):
        if isinstance(node, nodes.Stmt) and not isinstance(node, _STATEMENTS):
            kind = type(node).__name__.lower()
            raise Wrong(node.lineno, f"Templates know for, if and set, but no {kind}.")


def _line_of(error: BaseException) -> int:
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _SOURCE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _main() -> None:
    sys.setrecursionlimit(2_000)
    asked = json.load(sys.stdin)
    try:
        answer = expand(asked)
    except Wrong as wrong:
        answer = {"faults": [{"line": wrong.line, "message": wrong.message}]}
    except MemoryError:
        answer = {"faults": [{"line": 0, "message": "The template takes too much memory."}]}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    _main()

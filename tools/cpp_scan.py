# SPDX-License-Identifier: Apache-2.0
"""A quick look at C++ text: enough for tidy.py, not a parser.

All functions keep offsets and line numbers: what is taken out of the text is replaced by blanks.
"""
import re
from typing import Iterator, NamedTuple

_NOT_CODE = re.compile(r"""
    //[^\n]*(?:\\\n[^\n]*)*                                   # line comment, continued lines too
  | /\*.*?(?:\*/|\Z)                                          # block comment
  | R"(?P<mark>[^()\\\s]{0,16})\(.*?(?:\)(?P=mark)"|\Z)       # raw string
  | "(?:\\.|[^"\\\n])*"?                                      # string
  | (?<![0-9A-Fa-f_])'(?:\\.|[^'\\\n])*'                      # character; 1'000 is a number
""", re.VERBOSE | re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#[^\n]*(?:\\\n[^\n]*)*", re.MULTILINE)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
_ANGLES = re.compile(r"<[^<>;{}()]*(?:\([^<>;{}()]*\)[^<>;{}()]*)*>")
_ATTRIBUTE = re.compile(r"\[\[.*?\]\]", re.DOTALL)
_ACCESS = re.compile(r"^(?:\s*(?:public|protected|private)\s*:(?!:))+")


def _spaces(match: re.Match) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def blank(text: str) -> str:
    """The text without comments, strings and characters."""
    return _NOT_CODE.sub(_spaces, text)


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def includes(text: str, code: str) -> Iterator[tuple[int, str, str]]:
    """(line, '<' or '"', name) of every include that is not inside a comment; `code` is blank(text)."""
    for match in _INCLUDE.finditer(text):
        if code[match.start():match.start(1)].strip():
            yield line_of(text, match.start(1)), match[1], match[2]


class Function(NamedTuple):
    name: str
    line: int          # of its opening brace
    lines: int         # between its braces


class Variable(NamedTuple):
    line: int
    text: str


class Structure(NamedTuple):
    functions: list[Function]
    mutables: list[Variable]       # namespace-scope and static variables that can change; no thread_local


def structure(code: str) -> Structure:
    """Functions and mutable globals of `code`, which is blank(text)."""
    code = _DIRECTIVE.sub(_spaces, code)
    closing = _matching_braces(code)
    found = Structure([], [])
    _scan_scope(code, 0, len(code), closing, found)
    _scan_statics(code, found)
    return found


def _matching_braces(code: str) -> dict[int, int]:
    closing, opened = {}, []
    for match in re.finditer(r"[{}]", code):
        if match[0] == "{":
            opened.append(match.start())
        elif opened:
            closing[opened.pop()] = match.start()
    return closing


def _scan_scope(code: str, start: int, end: int, closing: dict[int, int], found: Structure, in_class=False):
    """Walks the statements of a namespace or class body; function bodies are skipped whole."""
    position = start
    while match := _next_mark(code, position, end):
        mark, at = match[0], match.start()
        head = code[start:at]
        if mark != "{":
            if not in_class:
                _note_variable(code, start, head, found)
            start = position = at + 1
            continue
        close = closing.get(at, end)
        kind = _kind_of_block(head)
        if kind == "initialiser":
            position = close + 1                       # the statement goes on after it
            continue
        if kind in ("namespace", "class"):
            _scan_scope(code, at + 1, close, closing, found, in_class=kind == "class")
        elif kind == "function":
            lines = max(0, code.count("\n", at, close) - 1)
            found.functions.append(Function(_name_of(head), line_of(code, at), lines))
        start = position = close + 1


def _next_mark(code: str, position: int, end: int):
    return re.compile(r"[;{}]").search(code, position, end)


def _plain(statement: str) -> str:
    """A statement without attributes, access labels, template prefix and template arguments."""
    statement = _ACCESS.sub("", _ATTRIBUTE.sub("", statement)).strip()
    while (shorter := _ANGLES.sub("", statement)) != statement:
        statement = shorter
    return re.sub(r"^(?:template\b\s*)+", "", statement).strip()


def _kind_of_block(head: str) -> str:
    if head.count("(") != head.count(")"):
        return "initialiser"                           # a default argument, or a lambda inside a call
    plain = _plain(head)
    if re.match(r"(inline\s+)?namespace\b|extern\s*$", plain):
        return "namespace"
    if re.match(r"(typedef\s+)?enum\b", plain):
        return "enum"
    if re.match(r"(typedef\s+)?(class|struct|union)\b", plain) and "=" not in plain and "(" not in plain:
        return "class"
    unnamed = re.sub(r"\boperator\s*[^\s(]+", "operator", plain)
    outside = re.sub(r"\([^()]*\)", "()", unnamed)
    if re.search(r"(?<![=!<>+\-*/%&|^])=(?!=)", re.sub(r"\([^()]*\)", "", outside)):
        return "initialiser"
    return "function" if "(" in unnamed else "initialiser"


def _name_of(head: str) -> str:
    match = re.search(r"([~\w:]+|operator\s*[^\s(]+)\s*\(", _plain(head))
    return match[1].rsplit("::", 1)[-1] if match else ""


def _is_constant(declaration: str) -> bool:
    if re.search(r"\bconstexpr\b", declaration):
        return True
    return bool(re.search(r"\bconst\b", declaration.rsplit("*", 1)[-1]))     # a pointer must itself be const


_NO_VARIABLE = re.compile(r"(using|typedef|static_assert|friend|namespace|extern|class|struct|union|enum|"
                          r"concept|requires|static|thread_local|return)\b")


def _note_variable(code: str, start: int, head: str, found: Structure):
    plain = _plain(head)
    if not plain or _NO_VARIABLE.match(plain) or "operator" in plain or "thread_local" in plain:
        return
    declaration = re.split(r"[={(]", plain, maxsplit=1)
    if len(declaration) > 1 and plain[len(declaration[0])] == "(":
        return                                         # a function, or a macro call
    words = declaration[0].split()
    if len(words) >= 2 and not _is_constant(declaration[0]):
        line = line_of(code, start + len(head) - len(head.lstrip()))
        found.mutables.append(Variable(line, words[-1]))


def _scan_statics(code: str, found: Structure):
    for match in re.finditer(r"\bstatic\b(?=\s)", code):
        tail = code[match.end():match.end() + 400]
        while (shorter := _ANGLES.sub("", tail)) != tail:
            tail = shorter
        declaration = re.match(r"([^;={(]*)([;={(])", tail)
        if not declaration or declaration[2] == "(" or "operator" in declaration[1]:
            continue
        if "thread_local" in declaration[1] or _is_constant(declaration[1]):
            continue
        if "thread_local" in code[max(0, match.start() - 20):match.start()]:
            continue
        name = (declaration[1].split() or ["static"])[-1]
        found.mutables.append(Variable(line_of(code, match.start()), name))

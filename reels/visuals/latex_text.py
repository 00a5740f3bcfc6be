"""LaTeX as text: what is refused, what is put right, its lines, and where it may be broken."""

from __future__ import annotations

import re

from reels.errors import InvalidInput

FIELD = "visual.spec.latex"
#: Fractions in fractions cost twice as much with each level; 16 is more than can be read.
MAX_DEPTH = 16
_REFUSED = re.compile(
    r"\\(input|include\w*|verbatiminput|lstinputlisting|def|[egx]def|let|futurelet"
    r"|(?:re|provide)?newcommand|(?:re)?newenvironment|renewcommand|providecommand"
    r"|DeclareMathOperator|usepackage|documentclass|require|write|openin|openout|read"
    r"|immediate|special|catcode|csname|expandafter|loop|href|url|style|class|cssId|data)"
    r"(?![A-Za-z])"
)
_COLOURED = re.compile(r"\\(?:color|textcolor|colorbox|fcolorbox)\s*(?:\{[^{}]*\})")
_WRAPPERS = re.compile(r"\\(?:begin|end)\{(?:equation|displaymath|math)\*?\}|\\\[|\\\]|(?<!\\)\$")
_RENAMED = {
    "align": "align*",
    "aligned": "align*",
    "alignat": "align*",
    "eqnarray": "align*",
    "eqnarray*": "align*",
    "gather": "matrix",
    "gather*": "matrix",
    "gathered": "matrix",
    "multline": "matrix",
    "multline*": "matrix",
    "dcases": "cases",
}
#: Their rows are lines of one thought, which may come one by one.
_LINES = ("align*", "split", "cases", "matrix")
_KNOWN = (
    "align*", "split", "cases", "rcases", "matrix", "pmatrix", "bmatrix", "vmatrix", "Vmatrix",
    "Bmatrix", "smallmatrix", "array", "substack", "pmatrix*", "bmatrix*", "vmatrix*", "matrix*",
    "Bmatrix*", "Vmatrix*",
)  # fmt: skip
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([^{}]*)\}")
_TOKEN = re.compile(r"\\(?:[A-Za-z]+\*?|.)|[{}&]|[^\\{}&]", re.S)
_RELATIONS = ("=", "<", ">", "\\le", "\\leq", "\\ge", "\\geq", "\\approx", "\\equiv", "\\to",
              "\\Rightarrow", "\\implies",
              "\\iff", "\\propto", "\\sim", "\\ne", "\\neq")  # fmt: skip
_OPERATORS = ("+", "-", "\\pm", "\\cdot", "\\times")


def normal(latex: str) -> str:
    """The LaTeX as our worker draws it.

    Raises:
        InvalidInput: it has a command or an environment that is not mathematics, or is nested
            too deeply.
    """
    found = _REFUSED.search(latex)
    if found:
        raise InvalidInput(
            FIELD,
            f"{FIELD}: \\{found.group(1)} is not taken.",
            remedy="Write the mathematics out: no files, links, macros or styles.",
        )
    _check_depth(latex)
    plain = _COLOURED.sub("", _WRAPPERS.sub("", re.sub(r"(?<!\\)%.*", "", latex)))
    plain = re.sub(r"\\\\\s*\[[^\]]*\]", r"\\\\", plain)
    plain = re.sub(r"\\(?:label|tag|nonumber|notag)\*?(?:\{[^{}]*\})?", "", plain)
    if "eqnarray" in plain:
        plain = re.sub(r"&\s*([^&\\]{1,12}?)\s*&", r"&\1", plain)
    plain = _ENVIRONMENT.sub(_renamed, plain).strip()
    plain = re.sub(r"(\\begin\{align\*\})\s*\{\d+\}", r"\1", plain)
    if len(_split(plain, "\\\\")) > 1:
        plain = _enclosed(plain)
    return plain


def _renamed(found: re.Match[str]) -> str:
    name = _RENAMED.get(found.group(2).strip(), found.group(2).strip())
    if name not in _KNOWN:
        raise InvalidInput(
            FIELD,
            f"{FIELD}: the environment {name[:30]!r} is not known.",
            remedy="Use aligned, cases, gathered, split, array or a matrix.",
        )
    return f"\\{found.group(1)}{{{name}}}"


def _check_depth(latex: str) -> None:
    depth = deepest = 0
    for token in _TOKEN.findall(latex):
        depth += token in ("{", "\\begin", "\\left")
        depth -= token in ("}", "\\end", "\\right")
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        raise InvalidInput(FIELD, f"{FIELD}: it is nested {deepest} deep; {MAX_DEPTH} is the most.")


def _enclosed(latex: str) -> str:
    name = "align*" if len(_split(latex, "&")) > 1 else "matrix"
    return f"\\begin{{{name}}}{latex}\\end{{{name}}}"


def lines(latex: str) -> tuple[str, ...]:
    """The rows of the one environment whose rows are lines, of `normal` LaTeX; else all of it."""
    found = re.search(r"\\begin\{([^{}]*)\}", latex)
    if not found or found.group(1) not in _LINES:
        return (latex,)
    name = found.group(1)
    end = f"\\end{{{name}}}"
    inner = latex[found.end() : latex.rfind(end)]
    if end not in latex or f"\\begin{{{name}}}" in inner or "\\begin" in latex[latex.rfind(end) :]:
        return (latex,)
    rows = [row for row in _split(inner, "\\\\") if row.strip()]
    if rows:
        rows[0] = latex[: found.start()] + rows[0]
    return tuple(rows) if len(rows) > 1 else (latex,)


def spoken(latex: str) -> str:
    """The letters, figures and words of LaTeX, to compare with what is said."""
    plain = re.sub(r"\\(?:begin|end|left|right|text\w*|math\w*|operatorname|big\w*)", " ", latex)
    plain = re.sub(r"\{(?:align|cases|split|matrix)\*?\}", " ", plain)
    return " ".join(re.sub(r"[\\{}&^_$]", " ", plain).split())


def alternatives(latex: str) -> tuple[str, ...]:
    """`normal` LaTeX as it is, then broken at its relations, then at its sums too."""
    if "\\\\" in latex:
        return (latex,)
    found = [latex]
    for signs in (_RELATIONS, _RELATIONS + _OPERATORS):
        broken = _broken(latex, signs)
        if broken and broken not in found:
            found.append(broken)
    return tuple(found)


def _broken(latex: str, signs: tuple[str, ...]) -> str:
    """Each part from the second on starts with its sign."""
    parts = _split_before(latex, signs)
    if len(parts) < 2:
        return ""
    head, *rest = parts
    rows = [f"{head} & {rest[0]}", *(f"& {part}" for part in rest[1:])]
    return "\\begin{align*}" + " \\\\ ".join(rows) + "\\end{align*}"


def _split_before(latex: str, signs: tuple[str, ...]) -> list[str]:
    parts, depth = [""], 0
    for token in _TOKEN.findall(latex):
        depth += _deeper(token)
        if not depth and token in signs and parts[-1].strip() and not _leads(parts[-1]):
            parts.append("")
        parts[-1] += token
    return [part for part in parts if part.strip()]


def _leads(part: str) -> bool:
    """A sign after another sign belongs to it: `= -x`."""
    return part.rstrip().endswith((*_RELATIONS, *_OPERATORS, "^", "_"))


def _split(latex: str, mark: str) -> list[str]:
    """Cut at each `mark` that stands in no group and no environment."""
    parts, depth = [""], 0
    for token in _TOKEN.findall(latex):
        depth += _deeper(token)
        if token == mark and not depth:
            parts.append("")
        else:
            parts[-1] += token
    return parts


def _deeper(token: str) -> int:
    return (token in ("{", "\\begin", "\\left")) - (token in ("}", "\\end", "\\right"))

"""Mermaid's own layout in QuickJS, with the words measured in our faces. Runs in the sandbox.

`mermaidx` brings Mermaid, a small DOM and the event loop. Chance and the clock are fixed, so
that the same text gives the same drawing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any

from reels.fonts import Weight
from reels.typography.wrap import ASCENT, line_width

#: Mermaid's layout goes deep into chains of nodes: QuickJS gets less than its thread has, so
#: that a deep one ends as an error of the script's.
_THREAD_STACK_BYTES, _SCRIPT_STACK_BYTES = 32 << 20, 24 << 20
_SCRIPT_MEMORY_BYTES = 300 << 20
_MEASURED_PX = 100
_DESCENT = 0.25
_WEIGHTS: tuple[Weight, ...] = ("medium", "bold")
#: The place of the small DOM among the scripts: after the geometry of paths, before Mermaid.
_DOM = 1
#: 2026-01-01; a chart without dates would start today.
_NOW_MS = 1_767_225_600_000

_FIXED = f"""
(function () {{
  let state = 20260101;
  Math.random = () => {{
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  }};
  const Real = Date;
  const Fixed = function (...given) {{
    if (!new.target) return new Real({_NOW_MS}).toString();
    return given.length ? new Real(...given) : new Real({_NOW_MS});
  }};
  Object.setPrototypeOf(Fixed, Real);
  Fixed.prototype = Real.prototype;
  Fixed.now = () => {_NOW_MS};
  globalThis.Date = Fixed;
}})();
"""
#: The small DOM reads the whole style sheet for each question about each element: 90 % of the
#: time of a diagram. These give the same answers from what was read once.
_QUICK = r"""
(function () {
  const compounds = new Map();
  const compiled = (part) => {
    let found = compounds.get(part);
    if (!found) {
      const nots = [...part.matchAll(/:not\(([^()]*)\)/g)].map((m) => m[1]);
      const rest = part.replace(/:not\(([^()]*)\)/g, "");
      const tokens = rest.match(/(#[\w-]+|\.[\w-]+|\[[^\]]+\]|:[\w-]+|[\w-]+|\*)/g) || [];
      found = { plain: !nots.length && tokens.every((t) => !"[:".includes(t[0])), tokens };
      compounds.set(part, found);
    }
    return found;
  };
  const slowly = globalThis.__matchesCompound;
  globalThis.__matchesCompound = (el, part) => {
    const { plain, tokens } = compiled(part);
    if (!plain) return slowly(el, part);
    for (const t of tokens) {
      if (t === "*") continue;
      if (t[0] === "#") { if (el.getAttribute("id") !== t.slice(1)) return false; }
      else if (t[0] === ".") {
        if (!` ${el.getAttribute("class") || ""} `.includes(` ${t.slice(1)} `)) return false;
      } else if ((el.tagName || "").toLowerCase() !== t.toLowerCase()) return false;
    }
    return true;
  };
  const chains = new Map();
  globalThis.__matches = (el, sel) => {
    let found = chains.get(sel);
    if (!found) {
      found = __splitTopLevel(sel.trim(), (c) => c === ",")
        .map(([part]) => __parseComplex(part.trim()));
      chains.set(sel, found);
    }
    for (const chain of found) {
      if (chain.length && __matchesChain(el, chain, chain.length - 1)) return true;
    }
    return false;
  };
  const first = (root, fits) => {
    for (const child of root.childNodes) {
      if (child.nodeType !== 1) continue;
      if (fits(child)) return child;
      const inner = first(child, fits);
      if (inner) return inner;
    }
    return null;
  };
  globalThis.__querySelector = (root, sel) => first(root, (el) => __matches(el, sel));
  let text = null, byName = new Map();
  globalThis.__resolveCssProp = (el, name) => {
    const style = first(globalThis.__document, (e) => e.tagName === "style");
    const now = style ? style.textContent : "";
    if (now !== text) { text = now; byName = new Map(); }
    let rules = byName.get(name);
    if (!rules) {
      rules = __getCssRules().filter((rule) => name in rule.decls);
      byName.set(name, rules);
    }
    let value = null;
    for (const rule of rules) if (__matches(el, rule.selectors)) value = rule.decls[name];
    return value;
  };
})();
"""
_FLAT = "globalThis.__flat = (v) => (typeof v === 'string' ? v.slice(0) : v);"


class Engine:
    """One QuickJS with Mermaid loaded; only for use inside `in_thread`."""

    def __init__(self) -> None:
        quickjs: Any = import_module("quickjs")
        self._common: Any = import_module("mermaidx.engines._common")
        self._js = quickjs.Context()
        self._js.set_memory_limit(_SCRIPT_MEMORY_BYTES)
        self._js.set_max_stack_size(_SCRIPT_STACK_BYTES)
        self._offer("__log", lambda *_: None)
        self._js.eval(_FLAT)
        self._offer("__measureText", lambda *given: _width(*given))
        self._offer("__measureTextFull", _extent)
        self._offer("__measureGlyphs", lambda *_: "[]", parsed=True)
        self._offer("__measureForeignObject", _extent)
        self._js.eval(_FIXED)
        for number, script in enumerate(self._common.context_scripts()):
            self._js.eval(script)
            if number == _DOM:
                self._js.eval(_QUICK)

    def render(self, text: str, config: dict[str, Any]) -> str:
        """The SVG of a diagram.

        Raises:
            ValueError: Mermaid cannot read or draw it; says why.
        """
        self._js.eval(self._common.render_script(text, "base", config, None))
        self._common.run_event_loop(self._js.eval, self._job)
        try:
            return str(self._common.collect_svg(lambda code: self._js.eval(f"__flat({code})")))
        except self._common.MermaidRenderError as error:
            raise ValueError(str(error)) from None

    def _job(self) -> bool:
        try:
            return bool(self._js.execute_pending_job())
        except StopIteration:
            return False

    def _offer(self, name: str, call: Callable[..., Any], *, parsed: bool | None = None) -> None:
        """Let scripts call `call`; QuickJS hands over flat strings only."""
        self._js.add_callable(f"{name}_raw", call)
        asked = "(...given) => {name}_raw(...given.map(__flat))"
        if parsed or call is _extent:
            asked = "(...given) => JSON.parse({name}_raw(...given.map(__flat)))"
        self._js.eval(f"globalThis.{name} = {asked.format(name=name)};")


def in_thread(work: Callable[[], Any]) -> Any:
    """What `work` returns or raises, in a thread whose stack is deep enough for scripts."""
    found: list[Any] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:
            failed.append(error)

    threading.stack_size(_THREAD_STACK_BYTES)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]


def open_faces(text: str) -> None:
    """Open the faces that the letters of `text` need, while files can be opened."""
    letters = "".join(sorted({char for char in text if char.isprintable()}))
    for weight in _WEIGHTS:
        line_width(letters, weight, _MEASURED_PX)


@lru_cache(maxsize=4096)
def _unit_width(text: str, weight: Weight) -> float:
    text = "".join(char if char.isprintable() else " " for char in text)
    try:
        return line_width(text, weight, _MEASURED_PX) / _MEASURED_PX
    except (OSError, RuntimeError):
        # A letter that only a script has made, of a face that was not opened.
        return 0.7 * len(text)


def _width(text: Any, size: Any = 16, _: Any = "", weight: Any = "", *__: Any) -> float:
    heavy = str(weight).strip() in ("bold", "bolder", "600", "700", "800", "900")
    return _unit_width(str(text or ""), "bold" if heavy else "medium") * _number(size)


def _extent(text: Any, size: Any = 16, _: Any = "", weight: Any = "", *__: Any) -> str:
    px = _number(size)
    return json.dumps(
        {
            "width": _width(text, size, "", weight),
            "height": px * 1.5,
            "ascent": px * ASCENT,
            "descent": px * _DESCENT,
            "xHeight": px * 0.55,
        }
    )


def _number(size: Any) -> float:
    try:
        return float(str(size).removesuffix("px") or 16)
    except ValueError:
        return 16.0

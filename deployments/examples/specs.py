"""What the examples show: each kind as people use it, in several languages."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import JsonValue


class Example(NamedTuple):
    """A picture to be made; `taken` ones come from the fake cloud."""

    name: str
    kind: str
    spec: dict[str, JsonValue]
    language: str = "en"
    taken: bool = False


_PYTHON = '''\
from collections import Counter


def count(text: str) -> Counter[str]:
    """How often each word is used."""
    words = text.casefold().split()
    return Counter(words)


# Считаем слова в файле
with open("war-and-peace.txt") as book:
    for word, times in count(book.read()).most_common(5):
        print(f"{word:>12}  {times}")
'''
_SQL = """\
SELECT city, count(*) AS rides, round(avg(minutes), 1) AS minutes
FROM rides JOIN stations USING (station_id)
WHERE started_at >= date '2026-01-01'
GROUP BY city ORDER BY rides DESC;
"""
_FLOW = """\
flowchart TD
  A[Idea] --> B[Storyboard]
  B --> C{Approved?}
  C -->|no| B
  C -->|yes| D[Assets]
  D --> E[Video]
"""
_SEQUENCE = """\
sequenceDiagram
  participant B as Browser
  participant G as Gateway
  participant S as Service
  B->>G: POST /videos
  G->>S: create
  S-->>G: job
  G-->>B: 202 Accepted
"""

EXAMPLES = (
    Example("title", "slide", {"layout": "title", "title": "Why cities grow along rivers"}),
    Example(
        "statement",
        "slide",
        {"title": "Trade came by water, and stayed", "emphasis": "and stayed"},
    ),
    Example(
        "figure",
        "slide",
        {"layout": "figure", "figure": "71 %", "title": "of large cities lie on a river"},
    ),
    Example(
        "list",
        "slide",
        {
            "layout": "list",
            "title": "Три причины",
            "bullets": ["Торговля шла по воде", "Полям нужна вода", "Река крутит мельницы"],
        },
        "ru",
    ),
    Example(
        "quote",
        "slide",
        {"layout": "quote", "title": "Man steigt nicht zweimal in denselben Fluss"},
        "de",
    ),
    Example("closing", "slide", {"layout": "closing", "title": "明天去看看你的河"}, "zh"),
    Example(
        "code",
        "code",
        {"code": _PYTHON, "language": "python", "title": "Counting words", "highlight": ["4-7"]},
    ),
    Example("sql", "code", {"code": _SQL, "language": "sql", "title": "Rides by city"}),
    Example("flowchart", "diagram", {"mermaid": _FLOW, "title": "How a video is made"}),
    Example("sequence", "diagram", {"mermaid": _SEQUENCE, "title": "One request"}),
    Example(
        "formula",
        "formula",
        {"latex": r"x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}", "title": "The quadratic formula"},
    ),
    Example(
        "matrix",
        "formula",
        {
            "latex": r"R = \begin{pmatrix} \cos t & -\sin t \\ \sin t & \cos t \end{pmatrix}",
            "title": "Eine Drehung",
        },
        "de",
    ),
    Example(
        "placeholder",
        "placeholder",
        {"title": "A harbour at dawn", "reason": "The service is not reachable."},
    ),
    Example(
        "generated", "generated", {"prompt": "A harbour at dawn, seen from a hill"}, taken=True
    ),
    Example("stock", "stock_picture", {"query": "river city"}, taken=True),
    Example("image", "image", {"alt": "A river"}, taken=True),
)

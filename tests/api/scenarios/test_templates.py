"""Templates: the house's and one's own, which are kept when they can be used."""

from __future__ import annotations

import asyncio
import time

import pytest

from api.routes.scenario_templates import EXAMPLE
from api.scenarios import templates
from reels.scenarios.library import shipped
from reels.scenarios.models import MAX_TEMPLATE_CHARS
from tests.api.scenarios.conftest import Theatre

LOOP = "{% for i in range(9999) %}{% for j in range(9999) %}{% for k in range(9999) %}"
ENDLESS = f"{EXAMPLE}#{LOOP}{'{% endfor %}' * 3}"
HOSTILE = {
    "much memory": f"{EXAMPLE}# {{{{ 'a'.center(10 ** 9) }}}}",
    "escape": f"{EXAMPLE}# {{{{ ''.__class__.__mro__[1].__subclasses__() }}}}",
    "aliases": "a: &a [x]\nb: *a\n",
    "no YAML": "{{{",
    "nothing": "",
    "no tasks": "name: A\n",
}


async def _names(theatre: Theatre) -> dict[str, bool]:
    listed = (await theatre.get("/scenarios/templates"))["templates"]
    return {each["name"]: each["is_own"] for each in listed}


async def test_a_template_is_kept_used_and_deleted(theatre: Theatre) -> None:
    kept = await theatre.put_template("OneText", EXAMPLE)
    assert kept.status_code == 200
    assert kept.json() == {"name": "OneText", "is_own": True}
    assert await _names(theatre) == {**dict.fromkeys(shipped(), False), "OneText": True}
    path = "/scenarios/templates/OneText"
    read = await theatre.api.get(path, headers=theatre.headers)
    assert (read.text, read.headers["content-type"]) == (EXAMPLE, "text/plain; charset=utf-8")
    made = await theatre.post("/generate", scenario="OneText", description="Tea: {{ x }}")
    assert made.json()["tasks"][0]["prompt"] == "Tea: {{ x }}"

    assert (await theatre.api.delete(path, headers=theatre.headers)).status_code == 204
    assert (await theatre.api.delete(path, headers=theatre.headers)).status_code == 404
    assert (await theatre.api.get(path, headers=theatre.headers)).status_code == 404
    assert "OneText" not in await _names(theatre)


async def test_a_template_of_ones_own_comes_before_the_houses_of_the_same_name(
    theatre: Theatre,
) -> None:
    path = "/scenarios/templates/CreateVideo"
    of_house = (await theatre.api.get(path, headers=theatre.headers)).text
    assert of_house == shipped()["CreateVideo"]
    await theatre.put_template("CreateVideo", EXAMPLE)

    assert (await theatre.api.get(path, headers=theatre.headers)).text == EXAMPLE
    assert (await _names(theatre))["CreateVideo"]
    await theatre.api.delete(path, headers=theatre.headers)
    assert (await theatre.api.get(path, headers=theatre.headers)).text == of_house


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_template_that_cannot_be_used_is_refused_in_time_and_not_kept(
    name: str, theatre: Theatre
) -> None:
    began = time.monotonic()
    answer = await theatre.put_template("Hostile", HOSTILE[name])
    assert answer.status_code == 422
    assert time.monotonic() - began < 5.5
    assert all(each["field"].startswith("template") for each in answer.json()["errors"])
    assert "Hostile" not in await _names(theatre)


async def test_the_api_answers_others_while_an_endless_template_is_rendered_and_refused(
    theatre: Theatre,
) -> None:
    began = time.monotonic()
    endless = asyncio.create_task(theatre.put_template("Hostile", ENDLESS))
    await asyncio.sleep(0)
    await theatre.get("/scenarios/templates")
    assert not endless.done()
    assert (await endless).status_code == 422
    assert time.monotonic() - began < 5.5


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"\xff\xfe", "application/yaml", 422),
        (b"a\0b", "application/yaml", 422),
        (b"#" * (MAX_TEMPLATE_CHARS + 1), "application/yaml", 422),
        (b"#" * (MAX_TEMPLATE_CHARS * 4 + 1), "application/yaml", 413),
        (b"{}", "application/json", 415),
    ],
)
async def test_what_is_no_text_of_a_templates_size_is_refused_unread(
    content: bytes, kind: str, status: int, theatre: Theatre
) -> None:
    answer = await theatre.api.put(
        "/scenarios/templates/A", content=content, headers={**theatre.headers, "Content-Type": kind}
    )
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["errors"][0]["field"] == "template"


async def test_a_user_has_a_bounded_number_of_templates(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "MAX_TEMPLATES", 2)
    answers = await asyncio.gather(
        *(theatre.put_template(f"T{number}", EXAMPLE) for number in range(4))
    )
    kept = [each for each in answers if each.status_code == 200]
    assert {each.status_code for each in answers} == {200, 409}
    assert len(kept) <= 2
    name = kept[0].json()["name"]
    assert (await theatre.put_template(name, EXAMPLE)).status_code == 200

"""Templates become graphs, or say in which line they do not."""

from __future__ import annotations

import time

import pytest

from reels.errors import InvalidTemplate
from reels.scenarios.models import Scenario, mark_of
from tests.reels.scenarios.kit import HANDED_OVER, SEED, expand, task, template, to


def names(scenario: Scenario) -> dict[str, list[str]]:
    """Each task's consumers, by their places in the template."""
    places = {each.id: number for number, each in enumerate(scenario.tasks)}
    return {
        f"{number} {each.name}": [str(places[other]) for other in each.consumers]
        for number, each in enumerate(scenario.tasks)
    }


def test_the_template_that_was_handed_over_gives_the_nine_tasks_that_it_prints() -> None:
    scenario = expand(HANDED_OVER, slides_count=3, description="Напиши короткий текст про кота")
    assert names(scenario) == {
        "0 CreateText": ["1", "2", "4", "6"],
        "1 CreateVoice": ["8"],
        "2 CreateSlidePrompt": ["3"],
        "3 CreateSlide": ["8"],
        "4 CreateSlidePrompt": ["5"],
        "5 CreateSlide": ["8"],
        "6 CreateSlidePrompt": ["7"],
        "7 CreateSlide": ["8"],
        "8 CreateVideoFromSlides": [],
    }
    # What the document prints, and what the edges say.
    assert [each.declared_queue for each in scenario.tasks] == [0, 0, 0, 0, 0, 0, 0, 0, 3]
    assert [each.queue for each in scenario.tasks] == [0, 1, 1, 1, 1, 1, 1, 1, 4]
    assert scenario.tasks[0].prompt == "Напиши короткий текст про кота"
    assert scenario.tasks[6].prompt == "Сформулируй заголовок для слайда 3"
    assert scenario.tasks[7].params == {"style": "modern-flat", "resolution": "1920x1080"}
    assert scenario.tasks[8].references == {
        "slide_ids": tuple(scenario.tasks[number].id for number in (3, 5, 7)),
        "voice_track_id": scenario.tasks[1].id,
    }


def test_counters_that_contradict_the_edges_are_told_with_their_lines() -> None:
    told = {(fault.line, fault.message) for fault in expand(HANDED_OVER).warnings}
    assert (30, "CreateVoice says queue: 0, and waits for 1.") in told
    assert (75, "CreateVideoFromSlides says queue: 3, and waits for 4.") in told
    assert any("range with two numbers" in message for _, message in told)


def test_the_same_input_gives_the_same_graph_and_another_seed_other_ids() -> None:
    first, again = expand(HANDED_OVER), expand(HANDED_OVER)
    assert first == again
    other = expand(HANDED_OVER, seed="f" * 32)
    assert names(other) == names(first)
    assert not set(other.by_id) & set(first.by_id)
    assert {mark_of(each) for each in first.by_id} == {SEED[:10]}


@pytest.mark.parametrize(
    "text",
    [
        'quoted" \n- id: broken',
        "{{ 7 * 7 }}",
        "{% for x in y %}",
        "#comment: no\n\ttab",
        "&anchor *alias !tag",
        "null",
        "'",
        "мур\u2028мур",
        "\x02" + "x\x03",
    ],
)
def test_what_is_put_in_stays_the_text_that_it_was(text: str) -> None:
    quoted = expand(template(task("A", 'prompt: "{{ description }}"')), description=text)
    bare = expand(template(task("A", "prompt: {{ description }}")), description=text)
    within = expand(template(task("A", "prompt: <{{ description }}>")), description=text)
    assert quoted.tasks[0].prompt == bare.tasks[0].prompt == text
    assert within.tasks[0].prompt == f"<{text}>"


def test_numbers_and_lists_are_put_in_as_what_they_are() -> None:
    scenario = expand(
        template(
            task("A", "params:\n  n: {{ N }}\n  flag: {{ F }}\n  many: {{ L }}\n  time: 1:30"),
            head="variables:\n  N: 1\n  F: true\n  L: []",
        ).replace("tasks:", "tasks:", 1),
        variables={"N": 7, "L": [1, {"a": "b: c"}]},
    )
    assert scenario.tasks[0].params == {
        "n": 7,
        "flag": True,
        "many": [1, {"a": "b: c"}],
        "time": "1:30",
    }


def test_a_result_that_is_used_is_waited_for_though_no_consumer_says_so() -> None:
    scenario = expand(template(task("A") + task("B", "text_task_id: \"{{ SHORT_UUID('A') }}\"")))
    first, second = scenario.tasks
    assert first.consumers == (second.id,)
    assert second.queue == 1
    assert [fault.line for fault in scenario.warnings] == [11]


FAULTS = {
    "unknown consumer": (task("A", to("Nobody")), 8, "no consumer"),
    "itself": (task("A", to("A")), 5, "wait for each other"),
    "cycle": (task("A", to("B")) + task("B", to("A")), 5, "wait for each other"),
    "duplicate id": (task("A") + task("A"), 8, "line 5 has the same id"),
    "unknown service": (task("A", service="tea-service"), 6, "no service 'tea-service'"),
    "dangling reference": (
        task("A", "slide_ids:\n  - \"{{ SHORT_UUID('B') }}\""),
        9,
        "no task at 'slide_ids'",
    ),
    "unknown field": (task("A", "optinal: true"), 8, "no field 'optinal'"),
    "id by hand": ("  - id: abc\n    service: text-service\n    name: A\n", 5, "SHORT_UUID"),
    "missing name": (
        "  - id: \"{{ SHORT_UUID('A') }}\"\n    service: text-service\n",
        5,
        "'name' is missing",
    ),
    "wrong type": (task("A", "optional: perhaps"), 8, "'optional' is a yes or no"),
    "begun before": (task("A", "status: success"), 8, "begins as pending"),
    "lease": (task("A", "lease_s: 0"), 8, "A lease lasts"),
    "key twice": (task("A", "prompt: a\nprompt: b"), 9, "there twice"),
    "alias": (task("A", "params: &a {x: 1}"), 8, "aliases"),
    "alias used": (task("A", "prompt: *a"), 8, "alias"),
    "tag": (task("A", "prompt: !!python/name:os.system x"), 8, "Tags are not taken"),
    "no YAML": (task("A", "prompt: [1"), 8, "no YAML"),
    "no tasks": ("  []\n", 5, "no tasks"),
    "undefined": (task("A", 'prompt: "{{ nothing }}"'), 8, "'nothing' is undefined"),
    "syntax": (task("A", 'prompt: "{{ 1 + }}"'), 8, "unexpected"),
    "include": (task("A") + '{% include "x" %}\n', 8, "no include"),
    "macro": (task("A") + "{% macro m() %}x{% endmacro %}\n", 8, "no macro"),
    "call": (task("A", "prompt: {{ description() }}"), 8, "not callable"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_template_that_is_wrong_says_in_which_line(fault: str) -> None:
    tasks, line, message = FAULTS[fault]
    with pytest.raises(InvalidTemplate) as refused:
        expand(template(tasks))
    told = [(each.line, each.message) for each in refused.value.faults]
    assert any(line == at and message in said for at, said in told), told


def test_all_faults_are_told_at_once() -> None:
    tasks = task("A", to("X", "Y")) + task("A", service="tea-service")
    with pytest.raises(InvalidTemplate) as refused:
        expand(template(tasks))
    assert [fault.line for fault in refused.value.faults] == [8, 8, 9, 10]


def test_lines_are_the_templates_own_after_loops_and_stripped_space() -> None:
    tasks = (
        task("A")
        + "{%- for i in range(40) %}\n"
        + task("B.' ~ i ~ '")
        + "{%- endfor %}\n"
        + task("C", "optinal: true")
    )
    with pytest.raises(InvalidTemplate) as refused:
        expand(template(tasks))
    assert [fault.line for fault in refused.value.faults] == [16]


LAUGHS = "\n".join(
    ["params:", "  a: &a [x, x, x, x, x, x, x, x, x]"]
    + [f"  {chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]" for n in range(9)]
)
HOSTILE = {
    "endless loops": "{% for a in range(9999) %}{% for b in range(9999) %}"
    "{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}",
    "a long range": "{% for a in range(10**12) %}x{% endfor %}",
    "center": task("A", "prompt: \"{{ 'x'.center(10**9) }}\""),
    "many centers": "{% for a in range(999) %}{{ 'x'.center(10**7) }}{% endfor %}",
    "a power": task("A", "prompt: {{ 9 ** 9 ** 9 }}"),
    "a product": task("A", "prompt: {{ ('x' * 9999999) * 9999 }}"),
    "an infinite number": task("A", "prompt: {{ 1e999 }}"),
    "laughs": task("A", LAUGHS),
    "class": task("A", "prompt: {{ ''.__class__.__mro__ }}"),
    "globals": task("A", "prompt: {{ SHORT_UUID.__globals__ }}"),
    "globals by attr": task("A", "prompt: {{ now|attr('__globals__') }}"),
    "format": task("A", "prompt: \"{{ '{0.__class__}'.format(now) }}\""),
    "format_map": task("A", "prompt: \"{{ '%s'.__mod__ }}\""),
    "nested lists": task("A", "prompt: " + "[" * 5000),
    "nested braces": task("A", "prompt: {{ " + "(" * 5000 + "1" + ")" * 5000 + " }}"),
    "a wide output": "{% for a in range(9999) %}{% for b in range(9999) %}"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{% endfor %}{% endfor %}",
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_a_hostile_template_is_refused_within_five_seconds(attack: str) -> None:
    started = time.monotonic()
    with pytest.raises(InvalidTemplate):
        expand(template(HOSTILE[attack]))
    assert time.monotonic() - started < 5

"""Messages have one id for each change and receiver, and a type for each status."""

from __future__ import annotations

from typing import get_args
from uuid import uuid4

from reels.stages import Status
from reels.webhooks.messages import EventKind, message_to
from tests.reels.sinks.conftest import change


def test_every_status_has_its_type() -> None:
    assert {f"video.{status}" for status in get_args(Status)} == set(get_args(EventKind))


def test_the_same_change_has_one_id_and_body_for_a_receiver_and_another_for_another() -> None:
    told, other = change(uuid4(), "ready", 1), change(uuid4(), "ready", 1)
    assert message_to("ada/webhook/a", told) == message_to("ada/webhook/a", told)
    ids = {
        message_to("ada/webhook/a", told).id,
        message_to("ada/webhook/b", told).id,
        message_to("ada/webhook/a", other).id,
    }
    assert len(ids) == 3


def test_a_jobs_own_address_is_no_part_of_what_is_told() -> None:
    told = change(uuid4(), "ready", 1, webhook_url="http://h/hidden-word")
    assert b"hidden-word" not in message_to("ada/job/a", told).body
    assert "hidden-word" not in repr(told)

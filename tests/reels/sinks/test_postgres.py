"""Rows of a real Postgres follow the changes of jobs, whatever comes twice or late."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest
from pydantic import SecretStr

from reels.errors import BadOutput, TransientFailure
from reels.sinks.base import StatusChange
from reels.sinks.postgres import PostgresSink
from tests.postgres_kit import PASSWORD, Postgres

from .conftest import START, change

pytestmark = pytest.mark.slow

TRIGGER = """
create function touch() returns trigger language plpgsql as
$$ begin new.updated_at = now(); return new; end $$;
create trigger touched before update on videos for each row execute function touch()
"""


def sink_to(dsn: str) -> PostgresSink:
    return PostgresSink(SecretStr(dsn))


@pytest.fixture
def sink(postgres: Postgres) -> Iterator[PostgresSink]:
    made = sink_to(postgres.dsn)
    made.make_table()
    yield made
    made.close()


def a_life(**ends: str) -> list[StatusChange]:
    job = uuid4()
    return [
        change(job, "queued", 0),
        change(job, "drafting", 1),
        change(job, "rendering", 2),
        change(job, "ready", 3, video_url="http://x/v.mp4"),
    ]


def test_a_row_has_supabases_shape_and_the_last_change(
    sink: PostgresSink, postgres: Postgres
) -> None:
    life = a_life()
    for each in life:
        sink.write(each)
    [row] = postgres.ask(
        "select id, user_id, status, video_url, error_message, created_at, updated_at from videos"
    )
    assert row[:5] == (life[0].job_id, "ada", "completed", "http://x/v.mp4", None)
    assert row[5:] == (START, life[-1].changed_at)


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("queued", "pending"),
        ("audio", "processing"),
        ("subtitles_review", "processing"),
        ("ready", "completed"),
        ("failed", "failed"),
        ("cancelling", "cancelled"),
        ("cancelled", "cancelled"),
    ],
)
def test_a_status_is_one_of_five_words(
    sink: PostgresSink, postgres: Postgres, status: str, word: str
) -> None:
    sink.write(change(uuid4(), status, 0))
    assert postgres.ask("select status from videos") == [(word,)]


def test_in_any_order_and_any_number_of_times_the_last_change_stands(
    sink: PostgresSink, postgres: Postgres
) -> None:
    for order in itertools.permutations(range(4)):
        life = a_life()
        for place in (*order, *order):
            sink.write(life[place])
        assert postgres.ask(f"select status from videos where id = '{life[0].job_id}'") == [
            ("completed",)
        ]


def test_two_writers_at_once_leave_every_job_with_its_last_change(
    sink: PostgresSink, postgres: Postgres
) -> None:
    lives = [a_life() for _ in range(40)]

    def tell(seed: int) -> None:
        own = sink_to(postgres.dsn)
        changes = [each for life in lives for each in life]
        random.Random(seed).shuffle(changes)
        for each in changes:
            own.write(each)
        own.close()

    writers = [threading.Thread(target=tell, args=(seed,)) for seed in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert postgres.ask("select status, count(*) from videos group by 1") == [("completed", 40)]


def test_making_the_table_again_keeps_what_is_there(sink: PostgresSink, postgres: Postgres) -> None:
    sink.write(change(uuid4(), "queued", 0))
    sink.make_table()
    assert postgres.ask("select count(*) from videos") == [(1,)]


def test_a_table_of_the_bare_columns_is_enough(postgres: Postgres) -> None:
    postgres.ask(
        "create table videos (id uuid primary key, user_id text, status text, video_url text, "
        "error_message text, created_at timestamptz, updated_at timestamptz)"
    )
    sink = sink_to(postgres.dsn)
    job = uuid4()
    postgres.ask(f"insert into videos (id, status) values ('{job}', 'pending')")
    sink.write(change(job, "failed", 1, error_message="It broke."))
    assert postgres.ask("select status, error_message from videos") == [("failed", "It broke.")]
    sink.close()


def test_a_trigger_that_sets_updated_at_keeps_no_later_change_out(
    sink: PostgresSink, postgres: Postgres
) -> None:
    postgres.ask(TRIGGER)
    sink.close()
    for each in a_life():
        sink.write(each)
    postgres.ask("drop function touch cascade")
    assert postgres.ask("select status from videos") == [("completed",)]


def test_what_postgres_cannot_keep_is_taken_out_of_a_message(
    sink: PostgresSink, postgres: Postgres
) -> None:
    message = "a\0b'; drop table videos; -- \ud800 ключ"
    sink.write(
        change(uuid4(), "failed", 0, error_message="").model_copy(update={"error_message": message})
    )
    assert postgres.ask("select error_message from videos") == [
        ("ab'; drop table videos; -- ? ключ",)
    ]


def test_a_row_that_the_table_refuses_is_never_tried_again(
    sink: PostgresSink, postgres: Postgres
) -> None:
    postgres.ask("alter table videos add check (user_id <> 'ada')")
    with pytest.raises(BadOutput, match="refuses the row"):
        sink.write(change(uuid4(), "queued", 0))


def test_a_server_that_was_started_again_is_found_again(
    sink: PostgresSink, postgres: Postgres
) -> None:
    job = uuid4()
    sink.write(change(job, "queued", 0))
    postgres.stop()
    with pytest.raises(TransientFailure, match="Connection refused") as refused:
        sink.write(change(job, "drafting", 1))
    assert "VIDEO_SERVICE_STATUS_DSN" in refused.value.remedy
    postgres.start()
    sink.write(change(job, "drafting", 1))
    assert postgres.ask("select status from videos") == [("processing",)]


def test_a_connection_that_the_server_has_ended_costs_no_failure(
    sink: PostgresSink, postgres: Postgres
) -> None:
    job = uuid4()
    sink.write(change(job, "queued", 0))
    postgres.stop()
    postgres.start()
    sink.write(change(job, "ready", 1))
    assert postgres.ask("select status from videos") == [("completed",)]


def test_a_missing_table_says_how_to_make_it(postgres: Postgres) -> None:
    sink = sink_to(postgres.dsn)
    with pytest.raises(TransientFailure, match="--make-table"):
        sink.write(change(uuid4(), "queued", 0))
    sink.close()


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://reels:wrong-{secret}@127.0.0.1:{port}/postgres",
        "postgresql://reels:x@{secret}@127.0.0.1:{port}/postgres",
        "postgresql://reels:{secret}@127.0.0.1:no-port/postgres",
        "postgresql://reels:{secret}@127.0.0.1:9/postgres?nonsense={secret}",
        "{secret}",
        "host=127.0.0.1 port=9 password='{secret}",
        "postgresql://reels:{secret}@no-such-host.invalid/postgres",
    ],
)
def test_no_failure_repeats_a_part_of_the_dsn(postgres: Postgres, dsn: str) -> None:
    sink = sink_to(dsn.format(secret=PASSWORD, port=postgres.port))
    with pytest.raises(TransientFailure) as failed:
        sink.write(change(uuid4(), "queued", 0))
    told = [str(failed.value), repr(failed.value), repr(sink), repr(failed.value.__cause__)]
    assert PASSWORD not in "".join(told)
    assert failed.value.__suppress_context__

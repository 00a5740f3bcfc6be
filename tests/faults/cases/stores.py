"""An S3 service that has a bad day while a job is made."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tests.faults.fault import Fault
from tests.faults.house import House, NotSurvived
from tests.faults.proxy import Wrong

#: More requests in a row than one call of the store tries.
MANY = 40


def bad_day(wrong: Wrong, house: House) -> Sequence[str]:
    """From before the job is asked for until it has ended."""
    assert house.proxy is not None
    house.proxy.wrong = wrong
    try:
        job = house.post()
        house.until_ended(job)
    finally:
        house.proxy.wrong = None
    assert wrong.done, "nothing went wrong"
    return [job]


def outage(house: House) -> Sequence[str]:
    """Nothing is answered for a while in the middle."""
    assert house.proxy is not None
    job = house.post()
    house.until_asked(job, "picture")
    wrong = house.proxy.wrong = Wrong("busy", times=MANY)
    try:
        house.wait(lambda: wrong.done == MANY, "the outage")
    finally:
        house.proxy.wrong = None
    return [job]


def forbidden(house: House) -> Sequence[str]:
    """The keys are taken back in the middle, and given again by a person who reads why."""
    assert house.proxy is not None
    job = house.post()
    house.until_asked(job, "picture")
    # What is asked for at that moment is paid for, and cannot be kept.
    with house.struck():
        house.proxy.wrong = Wrong("forbidden")
        try:
            message = house.until_ended(job).get("message") or ""
        finally:
            house.proxy.wrong = None
    if "VIDEO_SERVICE_S3" not in message:
        raise NotSurvived(f"without rights it ended so: {message}")
    house.retry(job)
    return [job]


BAD_DAYS = {
    "S3 answers 503 before it answers anything": Wrong("busy", each=1),
    "S3 resets every connection once": Wrong("reset", each=1),
    "S3 says nothing to three requests": Wrong("silent", times=3),
    "S3 sends half of every answer, twice": Wrong("truncated", ("GET",), each=2),
    "S3 loses the reply to every write once": Wrong("lost", ("PUT", "POST"), each=1),
}
FAULTS = [
    *(Fault(name, partial(bad_day, wrong), "s3") for name, wrong in BAD_DAYS.items()),
    Fault("S3 answers 503 for a while", outage, "s3"),
    Fault("S3 answers 403 for a while", forbidden, "s3", fails_first=True),
]

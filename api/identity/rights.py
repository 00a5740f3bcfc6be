"""What a caller may do with a job, by its role and by whose job it is.

role     sees     approves                  cancels, retries    creates for
user     own      own, unless editors do    own                 itself
editor   all      all                       own                 itself
ops      all      all                       all                 anybody
"""

from __future__ import annotations

from typing import Literal

from api.identity.base import Caller
from reels.errors import Forbidden, NotFound

#: Who answers the reviews of a mere user's job: the user too, or editors and ops only.
Reviewers = Literal["owners", "editors"]


def sees(caller: Caller, owner: str) -> bool:
    """Whether a job of `owner`'s is there at all for the caller."""
    return caller.user == owner or caller.role in ("editor", "ops")


def require_sight(caller: Caller, owner: str, what: str) -> None:
    """Raises NotFound, in the words of a thing that is not there, when it is foreign."""
    if not sees(caller, owner):
        raise NotFound(f"There is no {what}.")


def require_review(caller: Caller, owner: str, reviewers: Reviewers) -> None:
    """Raises Forbidden when the caller sees a job of `owner`'s and may not answer its reviews."""
    if caller.role in ("editor", "ops"):
        return
    if caller.user != owner or reviewers == "editors":
        raise Forbidden(
            "Only editors may answer the reviews of a video.", remedy="Ask an editor to do it."
        )


def require_charge(caller: Caller, owner: str, what: str = "video") -> None:
    """Raises Forbidden when the caller sees a job of `owner`'s and may not stop or retry it."""
    if caller.user != owner and caller.role != "ops":
        raise Forbidden(
            f"Only whoever owns the {what}, or ops, may do that.", remedy="Ask them to do it."
        )


def require_creation(caller: Caller, owner: str) -> None:
    """Raises Forbidden when the caller may not create for `owner`."""
    if caller.user != owner and caller.role != "ops":
        raise Forbidden(
            f"The request is {caller.user!r}'s, and its user_id names somebody else.",
            remedy="Post videos for yourself only.",
        )


def require_list(caller: Caller, owner: str | None) -> None:
    """Raises Forbidden when the caller may not list `owner`'s jobs; None is everybody's."""
    if owner != caller.user and caller.role == "user":
        raise Forbidden(
            "Only editors and ops see other users' videos.", remedy="Leave out user_id."
        )

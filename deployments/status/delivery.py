"""One attempt to bring a letter to its receiver, and what its answer means."""

from __future__ import annotations

import logging
from typing import Final, Literal, NamedTuple

from deployments.status.endpoints import Directory, Endpoint
from deployments.status.letters import Letter
from reels.fetch import Net
from reels.webhooks.messages import Message
from reels.webhooks.registry import OffReason
from reels.webhooks.sending import GONE, Answer, send

log = logging.getLogger(__name__)


class Outcome(NamedTuple):
    """`taken`; `failed`: to be tried again; `ended`: nothing more goes there; `ours`: it is not
    the receiver's fault. `is_for_good` ends an address that is registered nowhere."""

    kind: Literal["taken", "failed", "ended", "ours"]
    trouble: str = ""
    asked_s: float | None = None
    is_for_good: bool = False


OURS: Final = Outcome("ours")


class Delivery:
    """Sends letters to where the `directory` says, through `net`."""

    def __init__(self, directory: Directory, net: Net, max_s: float) -> None:
        self._directory = directory
        self._net = net
        self._max_s = max_s

    def attempt(self, letter: Letter) -> Outcome:
        """Send it once. Raises ReelsError when it is not known where to."""
        target = self._directory.target(letter)
        if target is None:
            return Outcome("ended")
        message = Message(letter.message, letter.body)
        answer = send(message, target.url, target.secrets, net=self._net, max_s=self._max_s)
        if answer.is_taken:
            return Outcome("taken")
        if answer.status == GONE:
            return self.end(letter.endpoint, "gone", "answered 410")
        return Outcome("failed", _words(answer), answer.retry_after_s)

    def end(self, key: str, reason: OffReason, why: str) -> Outcome:
        """Tell the endpoint nothing more. Raises ReelsError when that cannot be kept."""
        endpoint = Endpoint.of(key)
        if endpoint.is_registered:
            self._directory.switch_off(endpoint, reason)
        log.warning("%s %s and is told nothing more.", endpoint.shown, why)
        return Outcome("ended", is_for_good=not endpoint.is_registered)


def _words(answer: Answer) -> str:
    return answer.trouble or f"The receiver answered {answer.status}."

"""Messages are signed as the Standard Webhooks specification says."""

from __future__ import annotations

import base64

from reels.webhooks.signing import new_secret, sign, signed_headers
from tests.receiver_kit import is_signed_by

EXPECTED = "v1,pSUjUeLUIrMUCyBzIYRJ38upRF5th3K/GYRFjt5bka0="


def test_a_signature_is_the_hmac_over_id_timestamp_and_body() -> None:
    """Recomputed with openssl dgst -sha256 -mac HMAC over `m.1.{}`."""
    secret = "whsec_" + base64.b64encode(bytes(32)).decode()
    assert sign(secret, "m", "1", b"{}") == EXPECTED
    assert sign(secret.removeprefix("whsec_"), "m", "1", b"{}") == EXPECTED


def test_each_secret_signs_the_same_message() -> None:
    old, new, other = new_secret(), new_secret(), new_secret()
    headers = signed_headers([new, old], "msg_1", b"body")
    assert is_signed_by(old, headers, b"body")
    assert is_signed_by(new, headers, b"body")
    assert not is_signed_by(other, headers, b"body")
    assert not is_signed_by(new, headers, b"another body")
    assert len(headers["webhook-signature"].split(" ")) == 2


def test_a_new_secret_has_as_many_bytes_as_the_specification_asks_for() -> None:
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    assert {len(base64.b64decode(each.removeprefix("whsec_"))) for each in made} == {32}

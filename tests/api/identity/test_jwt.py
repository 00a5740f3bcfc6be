"""Who asks, by a token that is really signed; and everything that is no such token."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from api.identity import identity_of
from api.identity.jwt import Jwt
from api.identity.key_set import KeySet
from reels.errors import InvalidInput, Unauthenticated, Unavailable
from reels.settings import ApiSettings, AuthSettings
from tests.api.identity.asking_kit import (
    KeyServer,
    bearer,
    connection,
    key_server,
    unpadded,
)

SHARED = "a shared secret of the tests, which is 64 bytes long or longer -- yes"


@cache
def key(kind: str, number: int = 0) -> Any:
    """A private key; keys of the same kind and another number differ."""
    if kind == "RSA":
        return rsa.generate_private_key(65537, 2048)
    if kind == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key({"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}[kind])


def pem(private: Any) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return str(private.public_key().public_bytes(serialization.Encoding.PEM, form), "ascii")


def jwk(private: Any, kid: str, **more: Any) -> dict[str, Any]:
    algorithm = "ES256" if isinstance(private, ec.EllipticCurvePrivateKey) else "RS256"
    public = jwt.get_algorithm_by_name(algorithm).to_jwk(private.public_key(), as_dict=True)
    return {**public, "kid": kid, **more}


def token(private: Any, algorithm: str, kid: Any = None, **claims: Any) -> str:
    body = {"sub": "ann", "exp": time.time() + 60, **claims}
    body = {name: value for name, value in body.items() if value is not None}
    return jwt.encode(body, private, algorithm, headers={"kid": kid} if kid else None)


def raw(header: dict[str, Any], claims: dict[str, Any], secret: bytes = b"") -> str:
    """A token as nobody's library would make it."""
    signed = f"{unpadded(json.dumps(header).encode())}.{unpadded(json.dumps(claims).encode())}"
    seal = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b""
    return f"{signed}.{unpadded(seal)}"


def mode(public: str, **settings: Any) -> Any:
    auth = AuthSettings(auth="jwt", jwt_key=public, **settings)
    return identity_of(auth, ApiSettings(), lambda: pytest.fail("no store is needed"))


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [
        ("RSA", "RS256"),
        ("RSA", "RS512"),
        ("RSA", "PS256"),
        ("P-256", "ES256"),
        ("P-384", "ES384"),
        ("Ed25519", "EdDSA"),
    ],
)
async def test_a_token_is_believed_that_our_key_has_signed_in_a_way_of_its_kind(
    kind: str, algorithm: str
) -> None:
    identity = mode(pem(key(kind)))
    caller = await identity.caller_of(bearer(token(key(kind), algorithm, role="editor")))
    assert (caller.user, caller.role) == ("ann", "editor")


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
async def test_a_shared_secret_signs_too_when_it_is_long_enough(algorithm: str) -> None:
    assert (await mode(SHARED).caller_of(bearer(token(SHARED, algorithm)))).user == "ann"
    with pytest.raises(ValueError, match="VIDEO_SERVICE_JWT_KEY") as told:
        mode("too short a secret to sign")
    assert "too short a secret" not in str(told.value)


def _attacks() -> dict[str, str]:
    now, rsa_key = time.time(), key("RSA")
    claims = {"sub": "ann", "role": "ops", "exp": now + 60}
    public = pem(rsa_key)
    good = token(rsa_key, "RS256")
    head, body, seal = good.split(".")
    other = unpadded(json.dumps({**claims, "sub": "eve"}).encode())
    embedded = {"alg": "RS256", "jwk": jwk(key("RSA", 1), "mine"), "typ": "JWT"}
    return {
        "no signature": raw({"alg": "none"}, claims),
        "no signature, in capitals": raw({"alg": "NONE"}, claims),
        "no signature, mixed": raw({"alg": "nOnE"}, claims),
        "the public key as a secret": raw({"alg": "HS256"}, claims, public.encode()),
        "the public key as a secret, stripped": raw(
            {"alg": "HS256"}, claims, public.strip().encode()
        ),
        "an empty secret": raw({"alg": "HS256"}, claims, b"\0"),
        "somebody else's key": token(key("RSA", 1), "RS256"),
        "somebody else's key, sent along": jwt.encode(
            claims, key("RSA", 1), "RS256", headers=embedded
        ),
        "another kind of key": token(key("P-256"), "ES256"),
        "another body": f"{head}.{other}.{seal}",
        "no seal": f"{head}.{body}.",
        "half a token": f"{head}.{body}",
        "expired": token(rsa_key, "RS256", exp=now - 60),
        "no end": token(rsa_key, "RS256", exp=None),
        "an end that is no time": token(rsa_key, "RS256", exp="tomorrow"),
        "an end that is true": raw({"alg": "RS256"}, {**claims, "exp": True}),
        "not yet": token(rsa_key, "RS256", nbf=now + 600),
        "a user that is a path": token(rsa_key, "RS256", sub="../ann"),
        "a user that is a list": raw({"alg": "RS256"}, {**claims, "sub": ["ann"]}),
        "no user": token(rsa_key, "RS256", sub=None),
        "a name of a key that is an object": raw({"alg": "RS256", "kid": {}}, claims),
        "an algorithm that is a list": raw({"alg": ["RS256"]}, claims),
        "something critical": jwt.encode(claims, rsa_key, "RS256", headers={"crit": ["x"], "x": 1}),
        "no token at all": "чай",
        "dots": "...",
        "a deep header": f"{unpadded(b'[' * 10_000)}.{body}.{seal}",
        "very long": "a" * 20_000,
    }


@pytest.mark.parametrize("attack", _attacks().items(), ids=lambda each: each[0])
async def test_nobody_gets_in_by_another_token(attack: tuple[str, str]) -> None:
    _name, sent = attack
    headers = [("Authorization", "Bearer " + sent.encode().decode("latin-1"))]
    with pytest.raises(Unauthenticated) as told:
        await mode(pem(key("RSA"))).caller_of(connection(headers))
    assert told.value.scheme.startswith('Bearer realm="reelwright"')
    assert sent[:40] not in str(told.value) or sent == "..."


async def test_the_audience_and_the_issuer_are_held_to_when_they_are_set() -> None:
    private = key("RSA")
    strict = mode(pem(private), jwt_audience="reelwright", jwt_issuer="https://id.test")
    good = {"aud": ["other", "reelwright"], "iss": "https://id.test"}

    assert (await strict.caller_of(bearer(token(private, "RS256", **good)))).user == "ann"
    for wrong in ({"aud": "other"}, {"aud": None}, {"iss": "https://id.tests"}, {"iss": None}):
        with pytest.raises(Unauthenticated):
            await strict.caller_of(bearer(token(private, "RS256", **{**good, **wrong})))
    elsewhere = token(private, "RS256", aud="anybody")
    assert (await mode(pem(private)).caller_of(bearer(elsewhere))).user == "ann"


async def test_clocks_may_differ_by_a_little() -> None:
    private = key("P-256")
    late = token(private, "ES256", exp=time.time() - 5)
    assert (await mode(pem(private)).caller_of(bearer(late))).user == "ann"


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({}, "user"),
        ({"role": "editor"}, "editor"),
        ({"role": ["viewer", "editor", "user"]}, "editor"),
        ({"role": ["ops", "editor"]}, "ops"),
        ({"role": "OPS"}, "user"),
        ({"role": {"ops": True}}, "user"),
        ({"role": 7}, "user"),
        ({"role": [["ops"]]}, "user"),
    ],
)
async def test_the_highest_role_that_a_token_names_counts_and_other_words_do_not(
    claims: dict[str, Any], role: str
) -> None:
    private = key("P-256")
    assert (await mode(pem(private)).caller_of(bearer(token(private, "ES256", **claims)))).role == (
        role
    )


@pytest.mark.parametrize("claim", ["realm_access.roles", "https://id.test/roles"])
async def test_roles_and_users_may_be_in_other_claims(claim: str) -> None:
    private = key("P-256")
    identity = mode(pem(private), jwt_role_claim=claim, jwt_user_claim="preferred_username")
    sent = token(
        private,
        "ES256",
        sub="auth0|123",
        preferred_username="ann",
        **{"realm_access": {"roles": ["editor"]}, "https://id.test/roles": ["editor"]},
    )
    caller = await identity.caller_of(bearer(sent))
    assert (caller.user, caller.role) == ("ann", "editor")


async def test_without_a_token_it_is_said_how_to_send_one() -> None:
    for headers in ({}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}):
        with pytest.raises(Unauthenticated) as told:
            await mode(SHARED).caller_of(connection(headers))
        assert told.value.scheme == 'Bearer realm="reelwright"'


def test_a_setting_that_is_no_public_key_is_refused_and_not_repeated() -> None:
    private = (
        key("RSA")
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )
    weak = pem(rsa.generate_private_key(65537, 1024))
    odd = pem(ec.generate_private_key(ec.SECP256K1()))
    for each in (private, weak, odd, "-----BEGIN PUBLIC KEY-----\nnone\n-----END PUBLIC KEY-----"):
        with pytest.raises(InvalidInput, match="VIDEO_SERVICE_JWT_KEY") as told:
            mode(each)
        assert each.splitlines()[1][:20] not in str(told.value)


@pytest.mark.parametrize(
    "known", ["ssh-ed25519 " + "A" * 60, '{"kty":"RSA","n":"' + "A" * 60 + '"}', "MII" + "A" * 60]
)
def test_what_everybody_may_know_is_no_shared_secret(known: str) -> None:
    with pytest.raises(ValueError, match="VIDEO_SERVICE_JWT_KEY"):
        AuthSettings(auth="jwt", jwt_key=known)


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with key_server() as server:
        yield server


def by_set(server: KeyServer, **times: float) -> Jwt:
    settings = AuthSettings(auth="jwt", jwks_url=server.url)
    return Jwt(settings, KeySet(server.url, **times))


async def test_keys_are_read_once_from_their_address(server: KeyServer) -> None:
    server.hold(jwk(key("RSA"), "a"), jwk(key("P-256"), "b"))
    identity = by_set(server)
    for _ in range(3):
        assert (await identity.caller_of(bearer(token(key("RSA"), "RS256", "a")))).user == "ann"
        assert (await identity.caller_of(bearer(token(key("P-256"), "ES256", "b")))).user == "ann"
    assert server.asked == 1


async def test_a_token_may_name_no_key_where_only_one_fits(server: KeyServer) -> None:
    server.hold(jwk(key("RSA"), "a"), jwk(key("P-256"), "b"))
    assert (await by_set(server).caller_of(bearer(token(key("RSA"), "RS256")))).user == "ann"
    server.hold(jwk(key("RSA"), "a"), jwk(key("RSA", 1), "b"))
    with pytest.raises(Unauthenticated):
        await by_set(server).caller_of(bearer(token(key("RSA"), "RS256")))


async def test_a_new_key_is_found_and_one_that_is_gone_is_forgotten(server: KeyServer) -> None:
    server.hold(jwk(key("RSA"), "a"))
    identity = by_set(server, floor_s=0.0)
    await identity.caller_of(bearer(token(key("RSA"), "RS256", "a")))

    server.hold(jwk(key("RSA", 1), "b"))

    assert (await identity.caller_of(bearer(token(key("RSA", 1), "RS256", "b")))).user == "ann"
    with pytest.raises(Unauthenticated):
        await identity.caller_of(bearer(token(key("RSA"), "RS256", "a")))


async def test_names_of_keys_that_are_none_do_not_make_us_ask_again_and_again(
    server: KeyServer,
) -> None:
    server.hold(jwk(key("RSA"), "a"))
    identity = by_set(server)
    for number in range(20):
        with pytest.raises(Unauthenticated):
            await identity.caller_of(bearer(token(key("RSA"), "RS256", f"none-{number}")))
    assert server.asked == 1


async def test_a_key_that_may_be_old_is_looked_up_again(server: KeyServer) -> None:
    server.hold(jwk(key("RSA"), "a"))
    identity = by_set(server, floor_s=0.0, life_s=0.0)
    await identity.caller_of(bearer(token(key("RSA"), "RS256", "a")))
    server.hold(jwk(key("RSA", 1), "a"))
    with pytest.raises(Unauthenticated):
        await identity.caller_of(bearer(token(key("RSA"), "RS256", "a")))


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (500, b"{}"),
        (404, b"{}"),
        (302, b"{}"),
        (200, b"not json"),
        (200, b"[]"),
        (200, b'{"keys": []}'),
        (200, b'{"keys": [7, {"kty": "oct", "k": "AAAA"}]}'),
        (200, b" " * 1_100_000),
    ],
)
async def test_while_the_keys_cannot_be_had_the_caller_is_told_to_come_back(
    server: KeyServer, status: int, answer: bytes
) -> None:
    server.status, server.answer = status, answer
    with pytest.raises(Unavailable):
        await by_set(server).caller_of(bearer(token(key("RSA"), "RS256", "a")))


async def test_keys_that_are_known_are_used_on_while_their_address_is_away(
    server: KeyServer,
) -> None:
    server.hold(jwk(key("RSA"), "a"))
    identity = by_set(server, floor_s=0.0, life_s=0.0)
    await identity.caller_of(bearer(token(key("RSA"), "RS256", "a")))
    server.status = 503
    assert (await identity.caller_of(bearer(token(key("RSA"), "RS256", "a")))).user == "ann"
    with pytest.raises(Unavailable):
        await identity.caller_of(bearer(token(key("RSA", 1), "RS256", "b")))


async def test_an_address_where_nobody_listens_is_told_too() -> None:
    settings = AuthSettings(auth="jwt", jwks_url="http://127.0.0.1:9/keys")
    with pytest.raises(Unavailable):
        await Jwt(settings, KeySet(settings.jwks_url)).caller_of(
            bearer(token(key("RSA"), "RS256", "a"))
        )


async def test_keys_for_other_uses_and_secrets_in_a_set_sign_nothing(server: KeyServer) -> None:
    shared = {"kty": "oct", "kid": "s", "k": unpadded(SHARED.encode()), "alg": "HS256"}
    server.hold(
        shared,
        jwk(key("RSA", 1), "enc", use="enc"),
        jwk(key("P-256"), "ops", key_ops=["sign"]),
        jwk(key("RSA"), "ps", alg="PS256"),
    )
    identity = by_set(server)
    refused = [
        token(SHARED, "HS256", "s"),
        token(key("RSA", 1), "RS256", "enc"),
        token(key("P-256"), "ES256", "ops"),
        token(key("RSA"), "RS256", "ps"),
        raw({"alg": "HS256", "kid": "ps"}, {"sub": "ann", "exp": 9e9}, pem(key("RSA")).encode()),
        raw({"alg": "none", "kid": "ps"}, {"sub": "ann", "exp": 9e9}),
    ]
    for each in refused:
        with pytest.raises(Unauthenticated):
            await identity.caller_of(bearer(each))
    assert (await identity.caller_of(bearer(token(key("RSA"), "PS256", "ps")))).user == "ann"


@pytest.mark.parametrize(
    "url", ["http://id.test/keys", "ftp://id.test", "https://", "https://u:p@id.test/", "keys"]
)
def test_keys_come_from_an_https_address_or_this_machine_only(url: str) -> None:
    with pytest.raises(ValueError, match="VIDEO_SERVICE_JWKS_URL"):
        AuthSettings(auth="jwt", jwks_url=url)


@pytest.mark.parametrize("settings", [{}, {"jwks_url": "https://id.test/", "jwt_key": SHARED}])
def test_tokens_take_a_key_or_a_key_set_and_not_both(settings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="exactly one"):
        AuthSettings(auth="jwt", **settings)  # type: ignore[arg-type]

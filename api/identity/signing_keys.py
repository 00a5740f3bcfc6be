"""Keys that tokens are signed with, and which algorithms each may be used with.

A key takes the algorithms of its own kind only: a public key that were taken for a shared
secret would let everybody sign, since everybody may know it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import jwt
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

MIN_RSA_BITS: Final = 2048
_RSA: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_CURVES: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
#: RFC 7518, 3.2: the key is as long as the hash at least.
_SHARED_BYTES: Final = {"HS256": 32, "HS384": 48, "HS512": 64}


class SigningKey(NamedTuple):
    """A key, the algorithms that it may be used with, and its name in a key set."""

    key: Any
    algorithms: frozenset[str]
    kid: str | None = None


def key_of_text(text: str) -> SigningKey | None:
    """The key of a setting: a public key or a certificate in PEM, or a shared secret.

    None when it is none of them that can be used.
    """
    text = text.strip().replace("\\n", "\n")
    if not text.startswith("-----BEGIN "):
        secret = text.encode()
        fit = {name for name, size in _SHARED_BYTES.items() if len(secret) >= size}
        return SigningKey(secret, frozenset(fit)) if fit else None
    try:
        if "CERTIFICATE" in text.partition("\n")[0]:
            key: Any = x509.load_pem_x509_certificate(text.encode()).public_key()
        else:
            key = serialization.load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None
    algorithms = algorithms_of(key)
    return SigningKey(key, algorithms) if algorithms else None


def keys_of_set(content: bytes) -> list[SigningKey]:
    """The public keys of a JSON Web Key Set (RFC 7517) that signatures can be checked with.

    Keys of other kinds and uses are left out, shared and private ones among them.

    Raises:
        ValueError: it is no key set.
    """
    document = json.loads(content)
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no list of keys")
    return [key for each in listed if isinstance(each, dict) and (key := _key_of(each))]


def algorithms_of(key: Any) -> frozenset[str]:
    """What a public key may be used with; empty when that is nothing."""
    if isinstance(key, rsa.RSAPublicKey):
        return _RSA if key.key_size >= MIN_RSA_BITS else frozenset()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return frozenset({_CURVES[key.curve.name]} if key.curve.name in _CURVES else ())
    return frozenset({"EdDSA"} if isinstance(key, ed25519.Ed25519PublicKey) else ())


def _key_of(listed: Mapping[str, Any]) -> SigningKey | None:
    if listed.get("use", "sig") != "sig" or "verify" not in listed.get("key_ops", ["verify"]):
        return None
    try:
        key = jwt.PyJWK({name: each for name, each in listed.items() if name != "alg"}).key
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, NotImplementedError):
        return None
    algorithms = algorithms_of(key)
    if "alg" in listed:
        algorithms &= {listed["alg"]} if isinstance(listed["alg"], str) else frozenset()
    if not algorithms:
        return None
    kid = listed.get("kid")
    return SigningKey(key, algorithms, kid if isinstance(kid, str) else None)

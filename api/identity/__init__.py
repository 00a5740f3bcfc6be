"""Who is asking, and what they may do. One file per mode of authentication."""

from api.identity.asking import Asker, User, acting_for, caller_of
from api.identity.base import USER_HEADER, Caller, Identity, Role
from api.identity.dev import Dev, is_loopback

__all__ = [
    "USER_HEADER",
    "Asker",
    "Caller",
    "Dev",
    "Identity",
    "Role",
    "User",
    "acting_for",
    "caller_of",
    "is_loopback",
]

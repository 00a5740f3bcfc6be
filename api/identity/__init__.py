"""Who is asking, and what they may do. One file per mode of authentication."""

from api.identity.asking import Asker, User, acting_for, caller_of, is_still
from api.identity.base import USER_HEADER, Caller, Identity, Role
from api.identity.bearer import subprotocol_of
from api.identity.modes import check_entry, identity_of
from api.identity.origins import Origins
from reels.loopback import is_loopback

__all__ = [
    "USER_HEADER",
    "Asker",
    "Caller",
    "Identity",
    "Origins",
    "Role",
    "User",
    "acting_for",
    "caller_of",
    "check_entry",
    "identity_of",
    "is_loopback",
    "is_still",
    "subprotocol_of",
]

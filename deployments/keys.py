"""Makes, lists and revokes API keys, for `VIDEO_SERVICE_AUTH=api-key`.

    python -m deployments.keys make --user ann --role editor --expires-days 90
    python -m deployments.keys list
    python -m deployments.keys revoke 0123456789abcdef

The keys are kept in the artifact store that the API uses, as hashes: a key is shown once,
on the standard output, when it is made. A key that is revoked stops counting in seconds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args

from api.identity import Role
from api.identity.keyring import KeyRecord, Keyring
from blocks.registry import load_store
from reels.errors import ReelsError

MOST_DAYS = 3650


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _arguments(argv)
    try:
        keyring = Keyring(load_store())
        if arguments.command == "make":
            _make(keyring, arguments)
        elif arguments.command == "revoke":
            print(_line(keyring.revoke(arguments.id)))
        else:
            for record in keyring.all():
                print(_line(record))
    except ReelsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _make(keyring: Keyring, arguments: argparse.Namespace) -> None:
    life = timedelta(days=arguments.expires_days) if arguments.expires_days else None
    key_id, key = keyring.make(arguments.user, arguments.role, life)
    print(f"The key {key_id} of {arguments.user}. It is shown this once.", file=sys.stderr)
    print(key)


def _line(record: KeyRecord) -> str:
    until = f"{record.expires_at:%Y-%m-%d}" if record.expires_at else "-"
    state = record.state(datetime.now(UTC))
    made = f"{record.created_at:%Y-%m-%d}"
    return f"{record.id}  {state:8}{record.role:8}made {made}  until {until:12}{record.user}"


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make", help="a new key; it is shown once")
    make.add_argument("--user", required=True)
    make.add_argument("--role", choices=get_args(Role), default="user")
    make.add_argument("--expires-days", type=_days, metavar="N", help="by default it never does")
    commands.add_parser("list", help="every key, without its secret")
    commands.add_parser("revoke", help="make a key worthless").add_argument("id")
    return parser.parse_args(argv)


def _days(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= MOST_DAYS):
        raise argparse.ArgumentTypeError(f"1 to {MOST_DAYS} days")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

"""What people do in the app while a client is looking elsewhere."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.servicetrade.account import Account

type Asked = Mapping[str, Any]


def act(account: Account, asked: Asked) -> dict[str, Any]:
    """Do what ``asked["do"]`` names and return the row as it is then shown."""
    deed = _DEEDS.get(str(asked.get("do")))
    if deed is None:
        raise ValueError(f"people can {', '.join(_DEEDS)}; not {asked.get('do')!r}")
    return deed(account, asked)


def _kind(asked: Asked) -> str:
    return str(asked.get("kind", "invoice"))


_DEEDS: Mapping[str, Callable[[Account, Asked], dict[str, Any]]] = {
    "add": lambda account, asked: account.add(_kind(asked), asked["values"]),
    "edit": lambda account, asked: account.edit(_kind(asked), int(asked["id"]), asked["changes"]),
    "void": lambda account, asked: account.void(int(asked["id"])),
    "renumber": lambda account, asked: account.renumber(int(asked["id"]), str(asked["number"])),
    "close_job": lambda account, asked: account.close_job(
        int(asked["id"]), str(asked.get("status", "completed"))
    ),
    "reopen_job": lambda account, asked: account.reopen_job(int(asked["id"])),
    "tag": lambda account, asked: account.tag(_kind(asked), int(asked["id"]), str(asked["name"])),
}

"""Write a mapping as YAML that people read and edit: only what is no default, remarks beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from invoicesync.domain import mapping as mappings

type Place = tuple[str, ...]

_STEP = "  "
_WIDEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Remarks:
    """What stands beside a mapping: ``beside`` an entry, or as lines ``under`` a table.

    A line under a table is an entry that somebody may want: it comes into force by taking the
    ``# `` in front of it away.
    """

    head: Sequence[str] = ()
    beside: Mapping[Place, str] = field(default_factory=dict[Place, str])
    under: Mapping[Place, Sequence[str]] = field(default_factory=dict[Place, Sequence[str]])


def plain_of(mapping: mappings.Mapping) -> dict[str, Any]:
    """Return what a mapping says that is no default, as values that YAML has too."""
    plain: dict[str, Any] = mapping.model_dump(mode="json", exclude_defaults=True)
    for name, part in list(plain.items()):
        if isinstance(part, dict) and name != "terms":
            plain[name] = {
                # Only the two sets of statuses have no order of their own.
                setting: sorted(value) if setting.endswith("statuses") else value
                for setting, value in part.items()
                if value != {}
            }
        if plain[name] == {}:
            del plain[name]
    return plain


def write_mapping(plain: Mapping[str, Any], remarks: Remarks | None = None) -> str:
    """Write plain values of a mapping as YAML."""
    told = remarks or Remarks()
    lines = [*(f"# {_one_line(line)}" for line in told.head), *_table(plain, (), told)]
    return "\n".join(lines) + "\n"


def entry(name: str, value: object) -> str:
    """Write one entry of a table."""
    return f"{scalar(name)}: {scalar(value)}"


def scalar(value: object) -> str:
    """Write a value so that it fits on one line and is read as what it is."""
    text = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, width=_WIDEST, sort_keys=False
    )
    return text.removesuffix("...\n").strip()


def _table(plain: Mapping[str, Any], place: Place, told: Remarks) -> Iterator[str]:
    pad = _STEP * len(place)
    for name, value in plain.items():
        here = (*place, name)
        if isinstance(value, Mapping):
            inner = list(_table(value, here, told))
            if not inner:
                yield f"{pad}{scalar(name)}: {{}}"
                continue
            is_set = not all(line.lstrip().startswith("#") for line in inner)
            # A part in which nothing is set yet would be no mapping.
            yield f"{pad}{'' if is_set else '# '}{scalar(name)}:"
            yield from inner
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            yield f"{pad}{scalar(name)}:"
            yield from (f"{pad}{_STEP}- {scalar(each)}" for each in value)
        else:
            beside = told.beside.get(here)
            yield f"{pad}{entry(name, value)}" + (f"  # {_one_line(beside)}" if beside else "")
    yield from (f"{pad}# {_one_line(line)}" for line in told.under.get(place, ()))
    # Parts that have remarks alone are not among the values.
    for part in dict.fromkeys(each[len(place)] for each in told.under if _leads(place, each)):
        if part not in plain:
            yield f"{pad}# {scalar(part)}:"
            yield from _table({}, (*place, part), told)


def _leads(place: Place, each: Place) -> bool:
    return len(each) > len(place) and each[: len(place)] == place


def _one_line(text: str) -> str:
    """Keep what others wrote from beginning a line of its own."""
    return "".join(each if each.isprintable() else "?" for each in text)

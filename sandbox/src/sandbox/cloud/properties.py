"""Take the properties of a resource one by one, so that none is passed over in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.cloud.intrinsics import TemplateError, Value

if TYPE_CHECKING:
    from collections.abc import Mapping


class Properties:
    """The evaluated properties of one resource; each must be taken, or set aside by name."""

    def __init__(self, where: str, values: Mapping[str, Value]) -> None:
        self._where = where
        self._left = dict(values)

    def take(self, name: str, default: Value = None) -> Value:
        """Return a property, or ``default`` where the template has none."""
        return self._left.pop(name, default)

    def need(self, name: str) -> Value:
        """Return a property that must be there."""
        if name not in self._left:
            raise TemplateError(f"{self._where}: {name} is missing")
        return self._left.pop(name)

    def take_all(self, *names: str) -> dict[str, Value]:
        """Return those of these properties that the template has."""
        return {name: self._left.pop(name) for name in names if name in self._left}

    def set_aside(self, *names: str) -> None:
        """Drop properties that make no difference on this machine."""
        for name in names:
            self._left.pop(name, None)

    def close(self) -> None:
        """Refuse what nobody took: it would be done in the cloud, and not here."""
        if self._left:
            raise TemplateError(
                f"{self._where}: the local cloud does not know the properties {sorted(self._left)};"
                " teach it, or set them aside by name"
            )

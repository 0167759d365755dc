"""A secret with labelled versions, in memory."""

from invoicesync.errors import ConditionFailedError, RefusedError
from invoicesync.ports import SecretVersion, Stage


class FakeSecret:
    """A `Secret` in memory. ``value`` is its first version; without it the secret is empty."""

    def __init__(self, value: str | None = None) -> None:
        self._values: dict[str, str] = {}
        self._labels: dict[Stage, str] = {}
        if value is not None:
            self.put_current(value)

    def put_current(self, value: str, *, version_id: str | None = None) -> None:
        """Store a new current version, as a person at the console would."""
        version = version_id or f"{len(self._values):032x}"
        self._values[version] = value
        self._move_current(version)

    @property
    def values(self) -> list[str]:
        """Every version that was ever stored."""
        return list(self._values.values())

    def read(self, stage: Stage) -> SecretVersion | None:
        """Read the version that bears ``stage``; None where there is none, or it is empty."""
        version = self._labels.get(stage)
        if version is None or not self._values[version].strip():
            return None
        return SecretVersion(version, self._values[version])

    def put_pending(self, value: str, *, version_id: str) -> None:
        """Store a new version as AWSPENDING; the same id and value again changes nothing."""
        if self._values.setdefault(version_id, value) != value:
            raise RefusedError(
                f"version {version_id} has another value", code="ResourceExistsException"
            )
        self._labels[Stage.PENDING] = version_id
        # The first version of an empty secret is current at once.
        self._labels.setdefault(Stage.CURRENT, version_id)

    def promote(self, version_id: str, *, replacing: str | None) -> None:
        """Move AWSCURRENT to ``version_id`` if ``replacing`` still holds it."""
        holder = self._labels.get(Stage.CURRENT)
        if holder == version_id:
            return
        if holder != replacing:
            raise ConditionFailedError({"version_id": holder})
        if version_id not in self._values:
            raise RefusedError(f"there is no version {version_id}")
        self._move_current(version_id)

    def _move_current(self, version_id: str) -> None:
        if Stage.CURRENT in self._labels:
            self._labels[Stage.PREVIOUS] = self._labels[Stage.CURRENT]
        self._labels[Stage.CURRENT] = version_id

"""Objects in memory."""


class FakeBucket:
    """A `Bucket` in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put(self, key: str, body: bytes) -> None:
        """Store, replacing."""
        self.objects[key] = bytes(body)

    def get(self, key: str) -> bytes | None:
        """Read; None where there is none."""
        return self.objects.get(key)

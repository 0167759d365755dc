"""Objects in memory."""


class FakeBucket:
    """A `Bucket` in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put(self, key: str, body: bytes) -> None:
        """Store, replacing."""
        self.objects[key] = bytes(body)

    def put_new(self, key: str, body: bytes) -> bool:
        """Store where nothing is yet; False, and nothing changed, where something is."""
        if key in self.objects:
            return False
        self.put(key, body)
        return True

    def get(self, key: str) -> bytes | None:
        """Read; None where there is none."""
        return self.objects.get(key)

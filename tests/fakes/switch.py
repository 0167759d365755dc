"""The loader's switch, in memory."""


class FakeSwitch:
    """A `LoaderSwitch` that counts how often it was really turned."""

    def __init__(self, *, on: bool = True) -> None:
        self.on = on
        self.turns = 0

    def is_on(self) -> bool:
        """Say whether messages are being delivered."""
        return self.on

    def turn(self, *, on: bool) -> None:
        """Start or stop delivery; asking for what is already so changes nothing."""
        self.turns += self.on != on
        self.on = on

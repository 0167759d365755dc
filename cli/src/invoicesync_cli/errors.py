"""What the command cannot do, in one line for whoever typed it."""


class DeskError(Exception):
    """The command could not do what was asked: its text says what, where, and what to do."""

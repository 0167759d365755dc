"""Pure decisions: no I/O, no clock, no environment. Same input, same bytes."""

"""The `invoicesync` command."""

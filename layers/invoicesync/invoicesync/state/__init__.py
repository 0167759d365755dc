"""What is remembered in the one table, and the conditions under which it may change.

The conditions live here, above the table port, so that the simulator runs the very ones that
production runs (docs/adr/0003-conditions-above-the-table-port.md).
"""

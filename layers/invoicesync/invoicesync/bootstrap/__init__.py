"""Adapters are chosen here and nowhere else: one module a function.

Nothing happens at import. Each function's parts are made at its first event and kept for the life
of the execution environment. A module of its own for each keeps cold starts to what is used.
"""

"""One of each form that any release has stored, to be read by this one.

A file is named after its schema; `0` is from before there was a number. They are never changed and
never removed: a new schema brings a new file.
"""

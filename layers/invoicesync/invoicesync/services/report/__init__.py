"""The report of one reconciliation: one page of HTML, a CSV of every line, and a mail.

Jinja2 is imported by `invoicesync.services.report.page` alone, so that only who makes pages pays
for it.
"""

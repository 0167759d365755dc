"""What a load would do, for the commands that show it before it is done."""

from datetime import date

from invoicesync.services.load.preferences import PreferencesReader
from invoicesync.services.preview import Preview
from invoicesync.services.remap import Compare, Compared
from invoicesync.services.wishes import Wishes
from invoicesync.state.mappings import Published
from invoicesync.state.references import References
from invoicesync.state.tokens import current_tokens
from invoicesync_cli.desk import Desk


def preview_by(desk: Desk, published: Published, *, as_approved: bool = False) -> Preview:
    """Foresee by this mapping, whether it is in force or not."""
    tokens = current_tokens(desk.secret(desk.outputs.quickbooks_token_secret_arn))
    return Preview(
        source=desk.source,
        books=desk.books,
        ledger=desk.ledger,
        references=References(desk.table, desk.clock, tokens.realm_id),
        published=published,
        clock=desk.clock,
        random=desk.random,
        as_approved=as_approved,
    )


def compare_loaded(desk: Desk, published: Published, since: date | None) -> Compared:
    """Compare loaded invoices with what this mapping makes of them; without a day, from go-live."""
    compare = Compare(
        ledger=desk.ledger,
        preview=preview_by(desk, published, as_approved=True),
        books=desk.books,
        preferences=PreferencesReader(desk.clock),
        serial=published.serial,
    )
    return compare.since(since or published.mapping.go_live)


def wishes_of(desk: Desk) -> Wishes:
    """What an operator wants, on its way to the loaders."""
    return Wishes(table=desk.table, realm=desk.realm, extractor=desk.extractor, clock=desk.clock)

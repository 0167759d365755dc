"""What a draft of a mapping says beside its entries. Pure."""

from collections import defaultdict
from collections.abc import Sequence

from invoicesync_cli.mapping_text import Place, Remarks, entry, scalar
from invoicesync_cli.proposing import Proposal, Rules

_HEAD = (
    "A draft by invoicesync mapping suggest; nothing of it is in force.",
    "Lines that begin with # are proposals only. Take the # and the blank after it away from those",
    "that are right, and from the line that names their table. Then:",
    "invoicesync mapping check, mapping diff, mapping push.",
)
_RULES = (
    "tax.rules lacks the bands of your rates, such as {state: PA, taxable: true, code: TAX,",
    "rate_percent: [6, 8]}: without them a rate that is wrong in ServiceTrade is not caught.",
)
_NO_RULES = (
    "tax.rules is missing, and QuickBooks does not list the codes TAX and NON that a company in",
    "the United States has: nothing was drafted. Without rules no line has a tax code.",
)
_CLASSES = (
    "Service lines without a class are left. As soon as one class is set, every line of an invoice",
    "needs one, or the invoice is held: set classes.default, or all of them.",
)


def draft_remarks(proposals: Sequence[Proposal], above: float, rules: Rules) -> Remarks:
    """Say why each entry is set, and write what is not set as lines to be uncommented."""
    beside: dict[Place, str] = {}
    under: dict[Place, list[str]] = defaultdict(list)
    for each in proposals:
        if each.is_accepted(above):
            beside[*each.place, each.name] = _reason(each)
        else:
            partner = scalar(each.name) + ":" if each.match is None else _entry(each)
            under[each.place].append(f"{partner}  # {_reason(each)}")
    head: list[str] = [*_HEAD]
    if rules is Rules.DRAFTED:
        head += _RULES
    elif rules is Rules.MISSING:
        head += _NO_RULES
    classes = [each for each in proposals if each.place[0] == "classes"]
    if any(not each.is_accepted(above) for each in classes):
        head += _CLASSES
    return Remarks(head, beside, under)


def _entry(each: Proposal) -> str:
    return entry(each.name, each.match.name if each.match else None)


def _reason(each: Proposal) -> str:
    label = f"{each.label}: " if each.label else ""
    if each.match is None:
        return f"{label}nothing in QuickBooks is like it"
    near = f"; also near: {', '.join(each.match.near)}" if each.match.near else ""
    return f"{label}{each.match.confidence:.2f}, {each.match.why}{near}"

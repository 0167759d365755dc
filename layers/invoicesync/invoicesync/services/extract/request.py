"""What an event asks of the extractor."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.services.asked import read_asked

type InvoiceId = Annotated[ServiceTradeId, Field(gt=0)]


class _Asked(BaseModel):
    # Typed by people: what is misspelt must not be taken for a run of the schedule.
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


class Backfill(_Asked):
    """A scan of what was created from ``start`` to ``end``, in ServiceTrade's seconds."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start > self.end:
            raise ValueError("start is after end")
        return self


class Request(_Asked):
    """A tick, unless ``invoice_ids`` or a ``backfill`` are asked for."""

    trigger: str = "schedule"
    actor: Annotated[str, Field(min_length=1)] = "unnamed"
    invoice_ids: Annotated[list[InvoiceId], Field(min_length=1)] | None = None
    backfill: Backfill | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if self.invoice_ids is not None and self.backfill is not None:
            raise ValueError("ask for invoice_ids or for a backfill, not for both")
        return self


def read_request(event: Mapping[str, Any]) -> Request:
    """Read an event; raise `MisconfiguredError` naming all that is wrong with it."""
    return read_asked(Request, event, _GIVE)


_GIVE = (
    '{"invoice_ids": [numbers], "actor": text}, {"backfill": {"name": text, "start": second, '
    '"end": second}}, or neither for a run of the schedule'
)

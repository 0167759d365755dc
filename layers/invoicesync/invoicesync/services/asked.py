"""Read what an event asks of a function, for people who typed it."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from invoicesync.errors import MisconfiguredError


def read_asked[Asked: BaseModel](model: type[Asked], event: Mapping[str, Any], give: str) -> Asked:
    """Read an event; raise `MisconfiguredError` naming all that is wrong, and what to ``give``."""
    try:
        return model.model_validate(event)
    except ValidationError as error:
        wrong = [
            f"{'.'.join(str(part) for part in row['loc']) or 'event'}: {row['msg']}"
            for row in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise MisconfiguredError(
            f"the event cannot be read: {'; '.join(wrong)}. Give {give}"
        ) from None

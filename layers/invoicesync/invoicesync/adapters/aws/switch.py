"""The switch of the event source mapping that feeds the loader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoicesync.adapters.aws.failures import translated

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

# While a deployment updates it, a mapping is taken to be on; the next tick sees it settled.
_ON = frozenset({"Creating", "Enabling", "Enabled", "Updating"})


class EventSourceMappingSwitch:
    """A `LoaderSwitch` on a Lambda event source mapping."""

    def __init__(self, client: LambdaClient, mapping_id: str) -> None:
        self._client = client
        self._mapping_id = mapping_id

    def is_on(self) -> bool:
        """Say whether messages are being delivered."""
        with translated(f"reading event source mapping {self._mapping_id}"):
            answer = self._client.get_event_source_mapping(UUID=self._mapping_id)
        return answer["State"] in _ON

    def turn(self, *, on: bool) -> None:
        """Start or stop delivery; asking for what is already so changes nothing."""
        if self.is_on() == on:
            return
        with translated(f"turning event source mapping {self._mapping_id}"):
            self._client.update_event_source_mapping(UUID=self._mapping_id, Enabled=on)

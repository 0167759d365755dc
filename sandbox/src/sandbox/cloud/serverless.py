"""Read the functions, event source mappings and schedules of a template."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from sandbox.cloud.batches import Settings
from sandbox.cloud.execution import Function
from sandbox.cloud.intrinsics import TemplateError
from sandbox.cloud.properties import Properties
from sandbox.cloud.scheduler import Schedule, schedules_of
from sandbox.cloud.template import Made

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sandbox.cloud.aws import Aws
    from sandbox.cloud.template import Resource, Template

# Evaluated when all else is there: an environment may name a mapping that names the function.
_LATER = frozenset({"Environment", "EventInvokeConfig", "Events"})
_MAKES_NO_DIFFERENCE = (
    *("Architectures", "AutoPublishAlias", "Description", "LoggingConfig", "PropagateTags"),
    *("RecursiveLoop", "Role", "Runtime", "RuntimeManagementConfig", "Tags", "Tracing"),
)
_DEFAULT_TIMEOUT_SECONDS = 3
_DEFAULT_MEMORY_MB = 128


class Serverless:
    """Functions and mappings: named at once, completed when every resource has been made."""

    def __init__(self, root: Path, aws: Aws) -> None:
        """Find code under ``root``, the folder of the template."""
        self._root = root
        self._aws = aws
        self._functions: dict[str, tuple[Resource, Made]] = {}
        self._mappings: dict[str, Resource] = {}
        self.template: Template

    def makers(self) -> Mapping[str, Callable[[Resource], Made]]:
        """Return what makes the types of this module."""
        return {
            "AWS::Lambda::EventSourceMapping": self._name_mapping,
            "AWS::Serverless::Function": self._name_function,
        }

    def functions(self, overrides: Mapping[str, str]) -> list[Function]:
        """Return every function; ``overrides`` go over the environment that the template gives."""
        return [self._function(name, overrides) for name in self._functions]

    def declared(self, logical_id: str) -> list[str]:
        """List the environment variables that the template names, also those without a value."""
        written = self._functions[logical_id][0].properties
        return list(written.get("Environment", {}).get("Variables", {}))

    def schedules(self, functions: list[Function]) -> list[Schedule]:
        """Return every schedule."""
        found: list[Schedule] = []
        for function in functions:
            written = self._functions[function.logical_id][0].properties
            events = self.template.evaluate(written.get("Events", {}))
            found += schedules_of(function, events)
        return found

    def mappings(self) -> dict[str, tuple[Settings, str]]:
        """Return the settings of every mapping by its id, with the name of its function."""
        return {identity: self._mapping(identity) for identity in self._mappings}

    def _name_function(self, resource: Resource) -> Made:
        place = self.template.place
        given = self.template.evaluate(resource.properties.get("FunctionName"))
        name = given or f"{place.stack}-{resource.name}"
        made = Made(ref=name, attributes={"Arn": place.arn("lambda", f"function:{name}")})
        self._functions[resource.name] = (resource, made)
        return made

    def _name_mapping(self, resource: Resource) -> Made:
        seed = f"{self.template.place.stack}/{resource.name}"
        identity = str(uuid.uuid5(uuid.NAMESPACE_URL, seed))
        self._mappings[identity] = resource
        arn = self.template.place.arn("lambda", f"event-source-mapping:{identity}")
        return Made(ref=identity, attributes={"Id": identity, "EventSourceMappingArn": arn})

    def _function(self, logical_id: str, overrides: Mapping[str, str]) -> Function:
        resource, made = self._functions[logical_id]
        early = {key: each for key, each in resource.properties.items() if key not in _LATER}
        # A role is looked up when something asks for it, and nothing here does.
        early.pop("Role", None)
        values = Properties(logical_id, self.template.evaluate(early))
        values.set_aside(*_MAKES_NO_DIFFERENCE, "FunctionName")
        written = resource.properties.get("Environment", {}).get("Variables", {})
        environment = {key: str(each) for key, each in self.template.evaluate(written).items()}
        invoked = self.template.evaluate(resource.properties.get("EventInvokeConfig", {}))
        failure = invoked.get("DestinationConfig", {}).get("OnFailure", {})
        if failure and failure.get("Type") != "SQS":
            raise TemplateError(f"{logical_id}: only SQS is simulated as a failure destination")
        function = Function(
            logical_id=logical_id,
            name=made.ref,
            arn=str(made.attributes["Arn"]),
            code=self._folder(values.need("CodeUri")),
            handler=str(values.need("Handler")),
            timeout_seconds=int(values.take("Timeout", _DEFAULT_TIMEOUT_SECONDS)),
            memory_mb=int(values.take("MemorySize", _DEFAULT_MEMORY_MB)),
            layers=[self._folder(each) for each in values.take("Layers", [])],
            # Signed with its own name, so that its calls can be told from those of others.
            environment={**environment, **overrides, "AWS_ACCESS_KEY_ID": logical_id},
            retries=int(invoked.get("MaximumRetryAttempts", 2)),
            on_failure=failure.get("Destination"),
        )
        values.close()
        return function

    def _folder(self, uri: str) -> Path:
        folder = self._root / uri
        if not folder.is_dir():
            raise TemplateError(f"there is no folder {folder}")
        return folder

    def _mapping(self, identity: str) -> tuple[Settings, str]:
        resource = self._mappings[identity]
        values = Properties(resource.name, self.template.evaluate(resource.properties))
        values.set_aside("MetricsConfig", "Tags")
        arn: str = values.need("EventSourceArn")
        name = arn.rpartition(":")[2]
        scaling: Mapping[str, Any] = values.take("ScalingConfig", {})
        settings = Settings(
            uuid=identity,
            queue_url=self._aws.client("sqs").get_queue_url(QueueName=name)["QueueUrl"],
            queue_arn=arn,
            region=self.template.place.region,
            batch_size=int(values.take("BatchSize", 10)),
            window_seconds=float(values.take("MaximumBatchingWindowInSeconds", 0)),
            reports_failures="ReportBatchItemFailures" in values.take("FunctionResponseTypes", []),
            concurrency=int(scaling.get("MaximumConcurrency", 5)),
            enabled=_is_true(values.take("Enabled", default=True)),
        )
        function: str = values.need("FunctionName")
        values.close()
        return settings, function


def _is_true(value: Any) -> bool:  # noqa: ANN401  (a bool, or a parameter's text)
    return str(value).lower() == "true"

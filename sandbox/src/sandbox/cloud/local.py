"""The whole stack on this machine: services, functions, mappings and schedules of one template."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, Self

from sandbox.cloud.aws import CREDENTIALS, Aws
from sandbox.cloud.calls import Call, Calls, logical
from sandbox.cloud.endpoint import create_app
from sandbox.cloud.functions import Answer, Functions
from sandbox.cloud.mapping import EventSourceMapping
from sandbox.cloud.provision import Provisioner
from sandbox.cloud.scheduler import Scheduler
from sandbox.cloud.serverless import Serverless
from sandbox.cloud.template import Place, Template
from sandbox.http import LOOPBACK, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from sandbox.cloud.batches import Delivery, Drained


class LocalCloud:
    """A stack that runs until it is stopped; nothing of it outlives this object."""

    functions: Functions
    scheduler: Scheduler
    mappings: dict[str, EventSourceMapping]
    template: Template

    def __init__(
        self,
        template: Path,
        *,
        logs: Path,
        environment: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
        place: Place | None = None,
        listen: str = LOOPBACK,
    ) -> None:
        """Prepare; ``environment`` goes over what the template gives to every function."""
        self._path = template
        self._logs = logs
        self._given = dict(environment or {})
        self._parameters = parameters
        self._place = place or Place()
        self._listen = listen
        self._aws = Aws(self._place.region, listen)
        self._serverless = Serverless(template.resolve().parent, self._aws)
        self._calls = Calls()
        self._endpoint: Server | None = None
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> Self:
        """Start the services and create everything that the template describes."""
        try:
            self._aws.start()
            self._provision()
            self._serve_lambda()
        except BaseException:
            self.stop()
            raise
        return self

    def _provision(self) -> None:
        provisioner = Provisioner(self._aws, self._place, self._serverless.makers())
        self.template = Template.read(
            self._path, place=self._place, parameters=self._parameters, make=provisioner.make
        )
        self._serverless.template = self.template
        provisioner.evaluate = self.template.evaluate
        for resource in self.template.resources():
            self.template.made(resource.name)

    def _serve_lambda(self) -> None:
        self.functions = Functions(self._logs, tell=self._send)
        self.mappings = {}
        app = create_app(self.functions, self.mappings, self._calls)
        self._endpoint = Server(app, host=self._listen).start()
        for function in self._serverless.functions(self.overrides()):
            self.functions.add(function)
        functions = list(self.functions)
        self.scheduler = Scheduler(
            self._serverless.schedules(functions), self.functions, self._place
        )
        for identity, (settings, named) in self._serverless.mappings().items():
            self.mappings[identity] = EventSourceMapping(
                settings, self.functions.find(named), self.functions, self.client("sqs")
            )

    def stop(self) -> None:
        """Stop everything that was started here."""
        self._stop.set()
        if hasattr(self, "functions"):
            self.functions.stop()
        for thread in self._threads:
            thread.join()
        if self._endpoint is not None:
            self._write_calls()
            self._endpoint.stop()
            self._endpoint = None
        self._aws.stop()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    # What a person or a test does with it.

    def client(self, service: str) -> Any:  # noqa: ANN401  (boto3 makes its clients at run time)
        """Return a boto3 client of a local service."""
        return self._aws.client(service)

    def ref(self, name: str) -> str:
        """Return what ``Ref`` gives for a resource: a queue's URL, a table's name…."""
        return self.template.made(name).ref

    def overrides(self) -> dict[str, str]:
        """Return the environment that points a function, or a shell, at this machine."""
        assert self._endpoint is not None  # noqa: S101  (asked for before start)
        return {
            **CREDENTIALS,
            "AWS_DEFAULT_REGION": self._place.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self._aws.url,
            "AWS_ENDPOINT_URL_LAMBDA": self._endpoint.url,
            "AWS_REGION": self._place.region,
            **self._given,
        }

    def invoke(self, function: str, event: Any) -> Answer:  # noqa: ANN401  (any JSON value)
        """Invoke a function by its logical id or its name."""
        return self.functions.invoke(function, event)

    def mapping(self, function: str | None = None) -> EventSourceMapping:
        """Return the mapping that feeds a function, or the only one there is."""
        if function is None:
            (only,) = self.mappings.values()
            return only
        fed = self.functions.find(function)
        (found,) = (each for each in self.mappings.values() if each.function is fed)
        return found

    def drain(
        self,
        function: str | None = None,
        *,
        patience_seconds: float = 0.0,
        watch: Callable[[Delivery], None] = lambda _: None,
    ) -> Drained:
        """Deliver what waits in the queue of a function's mapping, or of the only one."""
        mapping = self.mapping(function)
        return mapping.drain(patience_seconds=patience_seconds, watch=watch)

    def run(self, told: Callable[[str, Answer], None]) -> None:
        """Keep schedules and mappings going in the background until `stop`."""
        threads = [threading.Thread(target=self.scheduler.run, args=(self._stop, told))]
        threads += [
            threading.Thread(target=each.poll, args=(self._stop,))
            for each in self.mappings.values()
            for _ in range(each.settings.concurrency)
        ]
        self._threads = threads
        for thread in self._threads:
            thread.start()

    def calls(self) -> list[Call]:
        """List what the functions asked of AWS, each with the resource's name in the template."""
        made = {each.name: self.template.made(each.name) for each in self.template.resources()}
        functions = {function.logical_id for function in self.functions}
        named = (
            call._replace(resource=logical(call.resource, made))
            for call in {*self._aws.calls(), *self._calls.all()}
            if call.caller in functions
        )
        return sorted(call for call in named if call.resource)

    def _write_calls(self) -> None:
        told = [call._asdict() for call in self.calls()]
        self._logs.mkdir(parents=True, exist_ok=True)  # a function that ran made it, if one did
        (self._logs / "calls.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")

    def environment_file(self, path: Path, *, host: str = LOOPBACK) -> Path:
        """Write the file that ``sam local invoke --env-vars`` takes; return its path.

        Only names that the template declares are written: ``sam`` passes no others on. In a
        container, ``host`` is the name by which it reaches this machine.
        """
        file = {
            function.logical_id: {
                name: function.environment[name].replace(LOOPBACK, host)
                for name in self._serverless.declared(function.logical_id)
                if name in function.environment
            }
            for function in self.functions
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(file, indent=2) + "\n", encoding="utf-8")
        return path

    def stack_file(self, path: Path) -> Path:
        """Write what a deployed stack would tell of itself, and how to reach this one."""
        told = {
            "name": self._place.stack,
            "outputs": self.template.outputs(),
            "environment": self.overrides(),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        return path

    def _send(self, arn: str, record: dict[str, Any]) -> None:
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(record))

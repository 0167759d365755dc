"""Logger and metrics, made once: JSON lines with ids and hashes, never names or amounts of people.

No Tracer: X-Ray by `Tracing: Active` needs none, and its SDK is in maintenance.
"""

from collections.abc import Mapping
from functools import cache

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit


@cache
def logger() -> Logger:
    """Return the function's logger; its service name comes from the environment."""
    return Logger()


@cache
def metrics() -> Metrics:
    """Return the function's metrics; namespace and service come from the environment."""
    return Metrics()


def count(counts: Mapping[str, float], unit: MetricUnit = MetricUnit.Count) -> None:
    """Add metrics of one unit."""
    for name, value in sorted(counts.items()):
        metrics().add_metric(name=name, unit=unit, value=value)


def count_by(dimension: str, name: str, counts: Mapping[str, float]) -> None:
    """Add one metric for each value of a dimension; a dashboard finds them all by its name."""
    for value, number in sorted(counts.items()):
        with single_metric(name=name, unit=MetricUnit.Count, value=number) as metric:
            metric.add_dimension(name=dimension, value=value)

"""Roles against calls: what a function was seen to ask of AWS, and what AWS does in its name.

A permission that nothing used fails, and so does a call that nothing permits.
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from tests.template.called import BOUND_TO_KEYS, UNSEEN, Calls, beyond, golden
from tests.template.conftest import Resource, Stack, names_in
from tests.template.test_permissions import LOGS, PSEUDO, TRACES, listed, statements

type Grants = set[tuple[str, str]]
"""Resource, with the prefix or index below it, and action."""

POLLER = (
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
)


def target(resource: Any) -> str:
    """Name what a statement is about: `Bucket/claims/`, `StateTable/index/ByState`, `*`."""
    if resource == "*":
        return "*"
    [name] = names_in(resource) - PSEUDO
    written = resource.get("Fn::Sub", "") if isinstance(resource, dict) else ""
    _, _, below = written.partition(f"${{{name}.Arn}}")
    return name + below.removesuffix("*")


def permitted(role: dict[str, Any]) -> Grants:
    return {
        (target(resource), action)
        for statement in statements(role)
        for resource in listed(statement["Resource"])
        for action in listed(statement["Action"])
    }


def in_its_name(stack: Stack, function: Resource, asked: Grants) -> Iterator[tuple[str, str]]:
    """Say what AWS itself does with a function's role, by how the function is set up."""
    [logs] = names_in(function.properties["LoggingConfig"]["LogGroup"])
    yield from ((logs, action) for action in LOGS)
    if function.properties["TracingConfig"] == {"Mode": "Active"}:
        yield from (("*", action) for action in TRACES)
    for mapping in stack.of("Lambda::EventSourceMapping"):
        if names_in(mapping.properties["FunctionName"]) == {function.name}:
            [queue] = names_in(mapping.properties["EventSourceArn"])
            yield from ((queue, action) for action in POLLER)
    for config in stack.of("Lambda::EventInvokeConfig"):
        if names_in(config.properties["FunctionName"]) == {function.name}:
            [queue] = names_in(config.properties["DestinationConfig"])
            yield queue, "sqs:SendMessage"
    for topic in stack.of("SNS::Topic"):
        if (topic.name, "sns:Publish") in asked:
            [key] = names_in(topic.properties["KmsMasterKeyId"])
            yield from ((key, action) for action in ("kms:Decrypt", "kms:GenerateDataKey"))
    for resource, action in asked:
        # Without it S3 answers 403 for an object that is not there.
        if action == "s3:GetObject":
            yield resource.partition("/")[0], "s3:ListBucket"


def seen(calls: Calls, function: str) -> Grants:
    return {
        (resource, action)
        for resource, actions in calls.get(function, {}).items()
        for action in actions
    }


def judged(stack: Stack, calls: Calls) -> list[str]:
    """List every permission too many, and every one too few."""
    found: list[str] = []
    for function in stack.of("Lambda::Function"):
        [role] = names_in(function.properties["Role"])
        unseen = set(UNSEEN.get(function.name, {}))
        asked = seen(calls, function.name)
        needed = asked | set(in_its_name(stack, function, asked | unseen))
        has = permitted(stack[role])
        found += [f"{role} lacks {action} on {to}" for to, action in sorted(needed - has)]
        found += [
            f"{role} has {action} on {to}, unused" for to, action in sorted(has - needed - unseen)
        ]
        found += [f"{action} on {to} was seen: not UNSEEN" for to, action in sorted(unseen & asked)]
        found += sorted(outside_of_conditions(role, stack[role], calls.get(function.name, {})))
    return found


def outside_of_conditions(
    role: str, written: dict[str, Any], asked: dict[str, dict[str, list[str]]]
) -> Iterator[str]:
    """Name the partition keys that a function asked for and its role's conditions refuse."""
    for statement in statements(written):
        condition = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
        allowed = {key.partition("#")[0] for key in condition.get("dynamodb:LeadingKeys", [])}
        if not allowed:
            continue
        for resource in listed(statement["Resource"]):
            for action in listed(statement["Action"]):
                keys = asked.get(target(resource), {}).get(action, [])
                yield from (f"{role} may not {action} {key}#" for key in {*keys} - allowed)


def test_every_role_has_what_its_function_was_seen_to_use_and_no_more(stack: Stack) -> None:
    findings = judged(stack, golden())

    assert not findings, "\n".join(findings)


def planted(stack: Stack, role: str, **statement: Any) -> Stack:
    """Return the stack with one more statement in a role."""
    document = deepcopy(stack.document)
    written = document["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]
    written["Statement"].append({"Effect": "Allow", **statement})
    return Stack(document)


def test_a_permission_that_nothing_uses_is_noticed(stack: Stack) -> None:
    broad = planted(
        stack,
        "LoaderRole",
        Action=["dynamodb:Scan"],
        Resource=[{"Fn::GetAtt": ["StateTable", "Arn"]}],
    )

    assert judged(broad, golden()) == ["LoaderRole has dynamodb:Scan on StateTable, unused"]


def test_a_permission_for_everything_is_noticed(stack: Stack) -> None:
    broad = planted(stack, "ExtractorRole", Action="s3:GetObject", Resource="*")

    assert judged(broad, golden()) == ["ExtractorRole has s3:GetObject on *, unused"]


@pytest.mark.parametrize("action", ["dynamodb:BatchGetItem", "s3:GetObject"])
def test_a_call_that_nothing_permits_is_noticed(stack: Stack, action: str) -> None:
    document = deepcopy(stack.document)
    role = document["Resources"]["LoaderRole"]["Properties"]
    for statement in statements(role):
        statement["Action"] = [each for each in listed(statement["Action"]) if each != action]

    findings = judged(Stack(document), golden())

    assert findings
    assert all(finding.startswith(f"LoaderRole lacks {action} on ") for finding in findings)


def test_a_key_that_a_condition_refuses_is_noticed(stack: Stack) -> None:
    calls = golden()
    calls["TokenRefresherFunction"]["StateTable"]["dynamodb:UpdateItem"].append("INVOICE")

    assert judged(stack, calls) == ["TokenRefresherRole may not dynamodb:UpdateItem INVOICE#"]


def test_a_call_that_is_not_in_the_list_is_noticed() -> None:
    known: Calls = {name: {"T": {"dynamodb:GetItem": ["REALM"]}} for name in ("F", *BOUND_TO_KEYS)}

    assert beyond(known, known) == []
    assert beyond({"F": {"T": {"dynamodb:GetItem": ["INVOICE"]}}}, known) == []
    for function in BOUND_TO_KEYS:
        asked: Calls = {function: {"T": {"dynamodb:GetItem": ["INVOICE"]}}}
        assert beyond(asked, known) == [f"{function} called dynamodb:GetItem on T ['INVOICE']"]
    assert len(beyond({"F": {"T": {"dynamodb:Scan": []}}, "G": {"T": {"x": []}}}, known)) == 2
    for function, calls in UNSEEN.items():
        assert not beyond({function: {to: {action: []} for to, action in calls}}, known)

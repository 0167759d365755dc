"""Each function of CloudFormation, as SAM templates write it."""

from typing import Any

import pytest

from sandbox.cloud.intrinsics import TemplateError
from sandbox.cloud.template import Made, Place, Resource, Template

BASE = """
Parameters:
  Stage: {Type: String, Default: test, AllowedValues: [test, prod]}
  Minutes: {Type: Number, Default: 15}
  Zones: {Type: CommaDelimitedList, Default: "a,b"}
  Email: {Type: String, Default: ""}
Mappings:
  Sizes: {test: {Memory: 256}, prod: {Memory: 512}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsTest: !Not [!Condition IsProd]
  HasEmail: !Not [!Equals [!Ref Email, ""]]
  Both: !And [!Condition IsTest, !Condition HasEmail]
  Either: !Or [!Condition IsTest, !Condition HasEmail]
Resources:
  Queue: {Type: AWS::SQS::Queue}
"""


def value_of(written: str, **parameters: str) -> Any:
    """Evaluate one value, with a queue in the template that has a Ref and an Arn."""
    indented = "\n".join(f"      {line}" for line in written.splitlines())
    text = f"{BASE}\n  Subject:\n    Type: Any\n    Properties:\n      Value:\n  {indented}\n"
    template = Template(text, place=Place(), parameters=parameters, make=made)
    return template.evaluate(template.resource("Subject").properties["Value"])


def made(resource: Resource) -> Made:
    return Made(ref=f"the {resource.name}", attributes={"Arn": "arn:of:it"})


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("!Ref Queue", "the Queue"),
        ("!Ref Minutes", 15),
        ("!Ref Zones", ["a", "b"]),
        ("!Ref AWS::Region", "us-east-1"),
        ("!Ref AWS::StackName", "invoicesync-local"),
        ("!GetAtt Queue.Arn", "arn:of:it"),
        ("!GetAtt [Queue, Arn]", "arn:of:it"),
        ("{Fn::GetAtt: [Queue, Arn]}", "arn:of:it"),
        ('!Sub "${AWS::StackName}-${Queue}-${Queue.Arn}"', "invoicesync-local-the Queue-arn:of:it"),
        ('!Sub ["${A}-${Stage}", {A: !Ref Minutes}]', "15-test"),
        ('!Sub "${!Literal}"', "${Literal}"),
        ("!Join ['-', [a, !Ref Stage, 3]]", "a-test-3"),
        ("!Select [1, !Ref Zones]", "b"),
        ("!Select [0, !Split ['/', 'x/y']]", "x"),
        ("!If [IsProd, big, small]", "small"),
        ("!If [Either, {Deep: [!Ref Stage]}, small]", {"Deep": ["test"]}),
        ("!FindInMap [Sizes, !Ref Stage, Memory]", 256),
        ("!Base64 abc", "YWJj"),
        ("{A: !Ref AWS::NoValue, B: 1}", {"B": 1}),
        ("[1, !If [IsProd, 2, !Ref AWS::NoValue], 3]", [1, 3]),
        ("!If [Both, yes, no]", False),
    ],
)
def test_a_function_gives_what_cloudformation_gives(written: str, expected: object) -> None:
    assert value_of(written) == expected


def test_a_parameter_that_is_given_wins_over_its_default() -> None:
    assert value_of("!If [IsProd, big, small]", Stage="prod") == "big"


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("!ImportValue elsewhere", "Fn::ImportValue"),
        ("!Ref Nobody", "Nobody"),
        ("!GetAtt Queue.Colour", "Colour"),
        ("!If [Nobody, 1, 2]", "Nobody"),
        ("!FindInMap [Nobody, a, b]", "Nobody"),
        ("!FindInMap [Sizes, test, Colour]", "Colour"),
        ("!Select [7, [a]]", "7"),
        ('!Sub "${Zones}"', "Zones"),
    ],
)
def test_what_makes_no_sense_is_an_error_that_names_it(written: str, named: str) -> None:
    with pytest.raises(TemplateError, match=named):
        value_of(written)


@pytest.mark.parametrize(
    ("parameters", "named"), [({"Stage": "moon"}, "Stage"), ({"Nobody": "1"}, "Nobody")]
)
def test_a_wrong_parameter_is_refused_by_name(parameters: dict[str, str], named: str) -> None:
    with pytest.raises(TemplateError, match=named):
        Template(BASE, place=Place(), parameters=parameters)


def test_a_parameter_without_a_value_is_refused_by_name() -> None:
    with pytest.raises(TemplateError, match="Needed"):
        Template("Parameters: {Needed: {Type: String}}", place=Place())


def test_resources_come_in_order_and_without_those_whose_condition_fails() -> None:
    text = BASE + "  Mail: {Type: T, Condition: HasEmail}\n  Last: {Type: T, Condition: IsTest}\n"

    def names(**parameters: str) -> list[str]:
        template = Template(text, place=Place(), parameters=parameters)
        return [each.name for each in template.resources()]

    assert names() == ["Queue", "Last"]
    assert names(Email="ap@example.test") == ["Queue", "Mail", "Last"]


def test_a_resource_is_made_once_however_often_it_is_named() -> None:
    asked: list[str] = []

    def counting(resource: Resource) -> Made:
        asked.append(resource.name)
        return made(resource)

    template = Template(BASE, place=Place(), make=counting)

    assert [template.ref("Queue"), template.attribute("Queue", "Arn")] == ["the Queue", "arn:of:it"]
    assert asked == ["Queue"]


def test_a_circle_of_references_is_told_as_one() -> None:
    text = (
        "Resources: {A: {Type: T, Properties: {P: !Ref B}}, B: {Type: T, Properties: {P: !Ref A}}}"
    )
    template: Template

    def makes_what_it_names(resource: Resource) -> Made:
        template.evaluate(resource.properties)
        return made(resource)

    template = Template(text, place=Place(), make=makes_what_it_names)

    with pytest.raises(TemplateError, match="A -> B -> A"):
        template.made("A")


def test_globals_reach_every_function_and_yield_to_its_own_settings() -> None:
    text = """
Globals:
  Function:
    Timeout: 30
    Environment: {Variables: {SHARED: 1, BOTH: shared}}
    Layers: [common]
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {Timeout: 180, Environment: {Variables: {BOTH: own}}, Layers: [own]}
  Q: {Type: AWS::SQS::Queue}
"""
    template = Template(text, place=Place())

    assert template.resource("F").properties == {
        "Timeout": 180,
        "Environment": {"Variables": {"SHARED": 1, "BOTH": "own"}},
        "Layers": ["common", "own"],
    }
    assert template.resource("Q").properties == {}

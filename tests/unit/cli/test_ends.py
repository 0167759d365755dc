"""How commands end where they cannot do their work: one line, exit code 2."""

from pathlib import Path

import pytest
import typer

from invoicesync.adapters.aws import clients
from invoicesync_cli.answers import Answer
from invoicesync_cli.command import run_command
from invoicesync_cli.errors import DeskError
from invoicesync_cli.stack import deployed


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Take away all that boto3 might find of an account."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    # Set, so that what the code puts there goes again.
    monkeypatch.setenv("AWS_DEFAULT_REGION", "")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    clients.cloudformation.cache_clear()
    return monkeypatch


@pytest.mark.usefixtures("nowhere")
def test_without_a_region_it_says_which_setting_lacks() -> None:
    with pytest.raises(DeskError, match="no AWS region: set AWS_REGION"):
        deployed("invoicesync")


def test_the_setting_that_it_names_is_heeded(nowhere: pytest.MonkeyPatch) -> None:
    nowhere.setenv("AWS_REGION", "us-east-1")

    with pytest.raises(DeskError, match="no AWS credentials: run `aws configure`"):
        deployed("invoicesync")
    clients.cloudformation.cache_clear()


def test_a_question_without_an_answer_ends_as_what_could_not_be_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def asking() -> Answer:
        raise typer.Abort

    with pytest.raises(typer.Exit) as end:
        run_command(asking, as_json=False)

    assert end.value.exit_code == 2
    assert capsys.readouterr().err == "invoicesync: nothing was done: a question had no answer\n"

"""What a function reads of its environment, and what it says of one that is wrong."""

import pytest

from invoicesync.errors import MisconfiguredError
from invoicesync.settings import (
    QUICKBOOKS_URLS,
    SERVICETRADE_URL,
    ExtractorSettings,
    LoaderSettings,
    RefresherSettings,
    read_settings,
)

type Model = type[ExtractorSettings | LoaderSettings | RefresherSettings]

MODELS: tuple[Model, ...] = (ExtractorSettings, LoaderSettings, RefresherSettings)
CANARY = "canary-5b1f"
SIMULATOR = "http://127.0.0.1:8080"


def environment(model: Model, **changes: str) -> dict[str, str]:
    """Give every variable that a function must have, and these."""
    required = {
        name.upper(): f"the {name}"
        for name, field in model.model_fields.items()
        if field.is_required()
    }
    if "QUICKBOOKS_ENVIRONMENT" in required:
        required["QUICKBOOKS_ENVIRONMENT"] = "production"
    return {"PATH": "/usr/bin", "AWS_REGION": "us-east-1", **required, **changes}


def refusal(model: Model, given: dict[str, str]) -> str:
    with pytest.raises(MisconfiguredError) as refused:
        read_settings(model, given)
    return str(refused.value)


@pytest.mark.parametrize("model", MODELS)
def test_a_complete_environment_is_read(model: Model) -> None:
    read = read_settings(model, environment(model))

    assert read.state_table == "the state_table"
    assert read.ops_topic_arn == "the ops_topic_arn"


@pytest.mark.parametrize("model", MODELS)
def test_an_empty_environment_names_every_variable_that_is_missing(model: Model) -> None:
    told = refusal(model, {})

    required = [name for name, field in model.model_fields.items() if field.is_required()]
    assert len(required) > 3
    for name in required:
        assert f"{name.upper()}: " in told


@pytest.mark.parametrize("model", MODELS)
def test_one_that_is_missing_is_named_alone(model: Model) -> None:
    given = environment(model)
    del given["STATE_TABLE"]

    told = refusal(model, given)

    assert told == "environment variables are missing or wrong: STATE_TABLE: Field required"


def test_what_is_wrong_is_named_together_with_what_is_missing() -> None:
    given = environment(
        LoaderSettings,
        QUICKBOOKS_ENVIRONMENT=CANARY,
        BATCHES_PER_MINUTE=CANARY,
        REQUESTS_PER_MINUTE="501",
        QUICKBOOKS_BASE_URL=f"https://{CANARY}.example",
    )
    del given["BUCKET"]

    told = refusal(LoaderSettings, given)

    for name in (
        *("BUCKET", "QUICKBOOKS_ENVIRONMENT", "BATCHES_PER_MINUTE", "REQUESTS_PER_MINUTE"),
        "QUICKBOOKS_BASE_URL",
    ):
        assert f"{name}: " in told


def test_no_value_is_shown_neither_in_the_message_nor_in_what_it_came_from() -> None:
    given = environment(
        ExtractorSettings, PAGE_SIZE=CANARY, SERVICETRADE_BASE_URL=f"https://u:{CANARY}@x.example"
    )

    with pytest.raises(MisconfiguredError) as refused:
        read_settings(ExtractorSettings, given)

    error: BaseException | None = refused.value
    assert CANARY not in str(error)
    assert error is not None
    assert error.__cause__ is None
    assert error.__suppress_context__


@pytest.mark.parametrize("empty", ["", " ", "\n"])
def test_an_empty_value_counts_as_none(empty: str) -> None:
    assert "STATE_TABLE: " in refusal(
        ExtractorSettings, environment(ExtractorSettings, STATE_TABLE=empty)
    )


@pytest.mark.parametrize(
    "link",
    [
        "http://st.example/{job}",
        "https://st.example/jobs",
        "https://st.example/{job}/{id}",
        "{job}",
    ],
)
def test_a_link_in_mails_is_an_https_address_with_an_id_in_it(link: str) -> None:
    told = refusal(LoaderSettings, environment(LoaderSettings, INVOICE_LINK=link))

    assert "INVOICE_LINK" in told


def test_a_link_may_lead_to_a_job_or_to_an_invoice() -> None:
    link = "https://st.example/invoices/{invoice}"

    read = read_settings(LoaderSettings, environment(LoaderSettings, INVOICE_LINK=link))

    assert read.invoice_link == link
    assert "{job}" in read_settings(ExtractorSettings, environment(ExtractorSettings)).invoice_link


def test_an_empty_optional_value_leaves_the_default() -> None:
    given = environment(
        LoaderSettings, QUICKBOOKS_BASE_URL="", AWS_ENDPOINT_URL="", BATCHES_PER_MINUTE=""
    )

    read = read_settings(LoaderSettings, given)

    assert read.quickbooks_url == QUICKBOOKS_URLS["production"]
    assert read.batches_per_minute == 40


def test_a_line_break_after_a_value_is_no_part_of_it() -> None:
    given = environment(ExtractorSettings, SERVICETRADE_SECRET_ARN="arn:of:it\n")

    assert read_settings(ExtractorSettings, given).servicetrade_secret_arn == "arn:of:it"


@pytest.mark.parametrize("name", ["REQUESTS_PER_MINUTE", "BATCHES_PER_MINUTE"])
def test_a_pace_is_at_least_one_a_minute(name: str) -> None:
    assert f"{name}: " in refusal(LoaderSettings, environment(LoaderSettings, **{name: "0"}))


def test_the_pace_never_passes_what_intuit_admits() -> None:
    most = environment(LoaderSettings, REQUESTS_PER_MINUTE="500", BATCHES_PER_MINUTE="120")
    over = environment(LoaderSettings, REQUESTS_PER_MINUTE="501", BATCHES_PER_MINUTE="121")

    assert read_settings(LoaderSettings, most).batches_per_minute == 120
    told = refusal(LoaderSettings, over)
    assert "REQUESTS_PER_MINUTE: " in told
    assert "BATCHES_PER_MINUTE: " in told


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example",
        "https://quickbooks.api.intuit.com.elsewhere.example",
        "https://elsewhere.example/quickbooks.api.intuit.com",
        "https://quickbooks.api.intuit.com@elsewhere.example",
        "https://somebody@quickbooks.api.intuit.com",
        "http://quickbooks.api.intuit.com",
        "https://quickbooks.api.intuit.com:8443",
        "https://quickbooks.api.intuit.com:port",
        "https://[quickbooks.api.intuit.com",
        "quickbooks.api.intuit.com",
        SERVICETRADE_URL,
        SIMULATOR,
    ],
)
def test_quickbooks_tokens_go_to_no_other_host(url: str) -> None:
    told = refusal(LoaderSettings, environment(LoaderSettings, QUICKBOOKS_BASE_URL=url))

    assert "QUICKBOOKS_BASE_URL: " in told
    assert url not in told


@pytest.mark.parametrize("url", [*QUICKBOOKS_URLS.values(), SIMULATOR])
def test_servicetrade_credentials_go_to_no_other_host(url: str) -> None:
    told = refusal(ExtractorSettings, environment(ExtractorSettings, SERVICETRADE_BASE_URL=url))

    assert "SERVICETRADE_BASE_URL: " in told


def test_where_aws_is_stood_in_for_so_may_the_vendors_be() -> None:
    local = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}
    extractor = environment(ExtractorSettings, SERVICETRADE_BASE_URL=f"{SIMULATOR}/api/", **local)
    refresher = environment(RefresherSettings, QUICKBOOKS_BASE_URL=SIMULATOR, **local)

    assert read_settings(ExtractorSettings, extractor).servicetrade_url == f"{SIMULATOR}/api"
    read = read_settings(RefresherSettings, refresher)
    assert read.quickbooks_url == SIMULATOR
    assert read.token_url == f"{SIMULATOR}/oauth2/v1/tokens/bearer"


def test_without_an_address_the_vendors_own_is_meant() -> None:
    assert (
        read_settings(ExtractorSettings, environment(ExtractorSettings)).servicetrade_url
        == SERVICETRADE_URL
    )
    for world, url in QUICKBOOKS_URLS.items():
        given = environment(RefresherSettings, QUICKBOOKS_ENVIRONMENT=world)
        read = read_settings(RefresherSettings, given)
        assert read.quickbooks_url == url
        assert read.token_url is None


@pytest.mark.parametrize("url", QUICKBOOKS_URLS.values())
def test_a_vendors_address_that_is_spelled_out_leaves_the_token_endpoint_where_it_is(
    url: str,
) -> None:
    given = environment(RefresherSettings, QUICKBOOKS_BASE_URL=url)

    assert read_settings(RefresherSettings, given).token_url is None

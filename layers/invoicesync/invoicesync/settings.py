"""One frozen settings model a function, read once from the environment that is passed in."""

from collections.abc import Callable, Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo

from invoicesync.errors import MisconfiguredError

REQUESTS_PER_MINUTE = 420
"""The pace of all requests to QuickBooks, where nothing else is set; Intuit refuses beyond 500."""
SERVICETRADE_URL = "https://api.servicetrade.com/api"
QUICKBOOKS_URLS = {
    "production": "https://quickbooks.api.intuit.com",
    "sandbox": "https://sandbox-quickbooks.api.intuit.com",
}

JOB_PAGE = "https://app.servicetrade.com/jobs/{job}"
"""The page of a job, which lists its invoices. ServiceTrade documents the address of no page; this
one stands in several public tools, and one of an invoice in none that was found."""

type Required = Annotated[str, Field(min_length=1)]


def _on(*vendors: str) -> Callable[[str, ValidationInfo], str]:
    """Admit a vendor's own host; any other only where AWS is stood in for, so nothing is real."""

    def check(url: str, known: ValidationInfo) -> str:
        # Credentials go there: an address that cannot be taken apart is nobody's.
        if known.data.get("aws_endpoint_url") is None and not _is_one_of(url, vendors):
            raise ValueError("this is not the vendor's host")
        return url.rstrip("/")

    return check


def _link(text: str) -> str:
    """Admit a page with an id in it, for a mail."""
    plain = text.replace("{invoice}", "").replace("{job}", "")
    if plain == text or not text.startswith("https://") or set(plain) & set("{} <>"):
        raise ValueError("this is no https address with {invoice} or {job} in it")
    return text


class _Settings(BaseModel):
    # An environment may hold secrets: errors name the variables and never show a value.
    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        str_strip_whitespace=True,
        # A function reads one of these models: the others need not be built.
        defer_build=True,
    )

    aws_endpoint_url: str | None = None
    state_table: Required
    ops_topic_arn: Required


class _ServiceTradeSettings(_Settings):
    servicetrade_secret_arn: Required
    servicetrade_base_url: Annotated[str, AfterValidator(_on(SERVICETRADE_URL))] | None = None

    @property
    def servicetrade_url(self) -> str:
        """The base of ServiceTrade's API."""
        return self.servicetrade_base_url or SERVICETRADE_URL


class _MailSettings(BaseModel):
    """What mails about invoices need to know; see `invoicesync.services.held.MailSettings`."""

    invoice_link: Annotated[str, AfterValidator(_link)] = JOB_PAGE
    books_close_day: Annotated[int, Field(ge=0, le=28)] = 0


class ExtractorSettings(_ServiceTradeSettings, _MailSettings):
    """What the extractor reads."""

    bucket: Required
    invoice_queue_url: Required
    dead_letter_queue_url: Required
    finance_topic_arn: Required
    loader_mapping_id: Required
    page_size: Annotated[int, Field(ge=1, le=2000)] = 200


class AcknowledgerSettings(_ServiceTradeSettings):
    """What the acknowledger reads; ``acknowledge`` says what ServiceTrade is told."""

    bucket: Required
    outcome_queue_url: Required
    event_bus: Required
    acknowledge: Literal["off", "on", "comments-only"]


class _QuickBooksSettings(_Settings):
    quickbooks_environment: Literal["production", "sandbox"]
    quickbooks_base_url: Annotated[str, AfterValidator(_on(*QUICKBOOKS_URLS.values()))] | None = (
        None
    )
    quickbooks_token_secret_arn: Required

    @property
    def quickbooks_url(self) -> str:
        """The base of QuickBooks' API."""
        return self.quickbooks_base_url or QUICKBOOKS_URLS[self.quickbooks_environment]


class LoaderSettings(_QuickBooksSettings, _MailSettings):
    """What the loader reads; Intuit admits 500 requests and 40, if raised 120, batches a minute."""

    bucket: Required
    invoice_queue_url: Required
    dead_letter_queue_url: Required
    outcome_queue_url: Required
    finance_topic_arn: Required
    token_refresher_function: Required
    requests_per_minute: Annotated[int, Field(ge=1, le=500)] = REQUESTS_PER_MINUTE
    batches_per_minute: Annotated[int, Field(ge=1, le=120)] = 40


class ReconcilerSettings(_ServiceTradeSettings, _QuickBooksSettings):
    """What the reconciler reads; it leaves most of the pace to the loaders."""

    bucket: Required
    company: str = "InvoiceSync"
    event_bus: Required
    extractor_function: Required
    finance_topic_arn: Required
    token_refresher_function: Required
    requests_per_minute: Annotated[int, Field(ge=1, le=500)] = 60


class RefresherSettings(_QuickBooksSettings):
    """What the token refresher reads."""

    quickbooks_client_secret_arn: Required

    @property
    def token_url(self) -> str | None:
        """The token endpoint of a simulator; None: Intuit's, which is on a host of its own."""
        base = self.quickbooks_base_url
        if base is None or _is_one_of(base, tuple(QUICKBOOKS_URLS.values())):
            return None
        return f"{base}/oauth2/v1/tokens/bearer"


def read_settings[S: BaseModel](model: type[S], environment: Mapping[str, str]) -> S:
    """Read ``model`` from ``environment``; "" counts as absent.

    Raises `MisconfiguredError` naming every variable that is missing or wrong, and no value.
    """
    given = {name.lower(): value for name, value in environment.items() if value != ""}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        wrong = [
            f"{str(row['loc'][0]).upper()}: {row['msg']}"
            for row in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise MisconfiguredError(
            "environment variables are missing or wrong: " + "; ".join(sorted(wrong))
        ) from None


def _is_one_of(url: str, vendors: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    hosts = {urlsplit(vendor).hostname for vendor in vendors}
    return (
        parts.scheme == "https"
        and parts.hostname in hosts
        and port in {None, 443}
        and parts.username is None
    )

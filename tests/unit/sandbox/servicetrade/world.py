"""An account, a clock that moves when told to, and somebody who is logged in."""

from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

from sandbox.faults import FaultScript
from sandbox.http import InProcessAdapter
from sandbox.servicetrade import FAULTS, Account, Options, create_app

BASE = "http://servicetrade.test"


class Clock:
    """Seconds that a test holds in its hand."""

    def __init__(self) -> None:
        self.seconds = 1_790_000_000.0

    def __call__(self) -> float:
        return self.seconds


class World:
    """One account and a client of it."""

    def __init__(self, options: Options | None = None) -> None:
        self.clock = Clock()
        self.account = Account(self.clock, options)
        self.faults = FaultScript(FAULTS)
        self.slept: list[float] = []
        app = create_app(self.account, faults=self.faults, sleep=self.slept.append)
        self.session = requests.Session()
        self.session.mount(BASE, InProcessAdapter(app))
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.log_in()

    def log_in(self) -> str:
        login = self.account.login
        given = {"username": login.username, "password": login.password}
        token = self.call("POST", "/auth", json=given).json()["data"]["authToken"]
        self.session.headers["Cookie"] = f"PHPSESSID={token}"
        return str(token)

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        path = path if path.startswith("/_") else f"/api{path}"
        return self.session.request(method, BASE + path, allow_redirects=False, **more)

    def get(self, path: str, **query: object) -> requests.Response:
        return self.call("GET", path, params=query)

    def data(self, path: str, **query: object) -> Any:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def ids(self, kind: str, plural: str, **query: object) -> list[int]:
        return [row["id"] for row in self.data(f"/{kind}", **query)[plural]]

    def job(self, **values: Any) -> dict[str, Any]:
        company = self.account.add("company", {"name": "Keystone Foods"})
        location = self.account.add("location", {"name": "Plant 1", "companyId": company["id"]})
        usual = {"locationId": location["id"], "type": "inspection", "contract": "Standard"}
        return self.account.add("job", {**usual, **values})

    def invoice(self, **values: Any) -> dict[str, Any]:
        return self.account.add("invoice", {"items": [LINE], **values})


LINE = {
    "description": "Labor",
    "quantity": "4",
    "price": "120",
    "taxRate": "7.25",
    "libItem": {"name": "Labor", "code": "LAB", "type": "labor"},
    "serviceLine": "HVAC",
}

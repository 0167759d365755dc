"""A dropped answer over the real server: the line is cut, and nothing is written to it."""

import socket
from typing import Any

import pytest

from sandbox import http


class Line:
    """The server's end of a connection, as far as dropping needs it."""

    def __init__(self) -> None:
        self.cuts: list[int] = []

    def shutdown(self, how: int) -> None:
        self.cuts.append(how)


@pytest.mark.parametrize("dropped", [http.AnswerLostError, http.ConnectRefusedError])
def test_a_dropped_answer_cuts_the_line_like_a_client_that_left(dropped: type[Exception]) -> None:
    def app(_environ: dict[str, Any], _start: object) -> list[bytes]:
        raise dropped

    line = Line()

    with pytest.raises(ConnectionError):
        http._dropping(app)({"werkzeug.socket": line}, lambda *_: None)

    assert line.cuts == [socket.SHUT_RDWR]

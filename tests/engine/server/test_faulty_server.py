"""The server that fails on request does so, each fault as it is called, and goes on after it."""

import http.client
import shutil
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.faulty_server import (
    Answer,
    Cut,
    Endless,
    FaultyServer,
    Instead,
    NoHttp,
    Request,
    Slow,
    Stalled,
    answer_of,
    certificate,
    forwarding,
    too_many,
)

HELLO = b'{"text":"hello"}'


def hello(request: Request) -> Answer:
    """A whole answer, or one that comes in pieces."""
    if request.path == "/stream":
        return Answer(200, iter([b"hel", b"lo"]), {"Content-Type": "text/event-stream"})
    return Answer(200, HELLO, {"X-Asked": request.headers.get("x-key", "")})


@pytest.fixture(params=["alone", "as a proxy"])
def server(request: pytest.FixtureRequest) -> Iterator[FaultyServer]:
    with FaultyServer(hello) as first:
        if request.param == "alone":
            yield first
            return
        host, port = first.url.removeprefix("http://").split(":")
        with FaultyServer(forwarding(host, int(port))) as proxy:
            yield proxy


def opener(context: ssl.SSLContext | None = None) -> urllib.request.OpenerDirector:
    """Without the environment's proxies."""
    return urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )


def got(server: FaultyServer, path: str = "/", timeout: float = 30) -> bytes:
    request = urllib.request.Request(server.url + path, headers={"X-Key": "k"})
    try:
        with opener().open(request, timeout=timeout) as response:
            body: bytes = response.read()
            return body
    except urllib.error.HTTPError as error:
        error.close()
        raise


def test_without_a_fault_answers_pass(server: FaultyServer) -> None:
    assert got(server) == HELLO
    assert got(server, "/stream") == b"hello"
    assert [one.path for one in server.requests] == ["/", "/stream"]
    assert server.requests[0].headers["x-key"] == "k"
    server.fault = Slow(0.03)
    assert got(server) == HELLO


def test_a_connection_is_kept(server: FaultyServer) -> None:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    socks = []
    for _ in range(2):
        connection.request("POST", "/", b"{}")
        assert connection.getresponse().read() == HELLO
        socks.append(connection.sock)
    assert socks[0] is socks[1] is not None
    connection.close()


def is_cut(error: BaseException) -> bool:
    return isinstance(error, http.client.IncompleteRead)


def is_over(error: BaseException) -> bool:
    return isinstance(error, TimeoutError)


def is_no_http(error: BaseException) -> bool:
    return isinstance(error, http.client.BadStatusLine)


def has_status(error: BaseException, status: int) -> bool:
    return isinstance(error, urllib.error.HTTPError) and error.code == status


@pytest.mark.parametrize(
    ("fault", "path", "is_right"),
    [
        (Cut(4), "/", is_cut),
        (Cut(4), "/stream", is_cut),
        (Cut(), "/", lambda it: isinstance(it, http.client.RemoteDisconnected)),
        (Stalled(), "/", is_over),
        (Stalled(4), "/stream", is_over),
        (NoHttp(), "/", is_no_http),
        (Instead(answer_of({"error": "x"}, 500)), "/", lambda it: has_status(it, 500)),
        (too_many("2"), "/", lambda it: has_status(it, 429)),
    ],
    ids=["cut", "cut late", "ended", "stalled", "stalled late", "no HTTP", "500", "429"],
)
def test_a_fault_is_what_it_is_called_and_passes(
    server: FaultyServer, fault: object, path: str, is_right: Callable[[BaseException], bool]
) -> None:
    server.fail(fault, times=1)  # type: ignore[arg-type]  # one of the faults
    with pytest.raises((OSError, http.client.HTTPException)) as caught:
        got(server, path, timeout=0.05 if isinstance(fault, Stalled) else 30)
    assert is_right(caught.value), caught.value
    assert got(server) == HELLO


def test_a_fault_of_some_paths_alone(server: FaultyServer) -> None:
    server.fail(NoHttp(), at="/stream")
    assert got(server) == HELLO
    with pytest.raises(http.client.BadStatusLine):
        got(server, "/stream")


def test_a_stream_without_end_ends_with_its_reader(server: FaultyServer) -> None:
    server.fault = Endless(b"x" * 1000)
    with opener().open(server.url, timeout=30) as response:
        assert response.read(100_000) == b"x" * 100_000


def test_a_server_that_is_gone_and_comes_back_with_another_answer(server: FaultyServer) -> None:
    url = server.url
    assert got(server) == HELLO
    server.refuse()
    with pytest.raises(urllib.error.URLError, match="refused"):
        got(server)
    server.answering = lambda _request: Answer(200, b"{}")
    server.listen()
    assert server.url == url
    assert got(server) == b"{}"


def test_a_redirect(server: FaultyServer) -> None:
    server.fail(Instead(Answer(307, b"", {"Location": "/stream"})), times=1)
    assert got(server) == b"hello"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes certificates by openssl")
def test_a_certificate_that_nobody_has_signed(tmp_path: Path) -> None:
    own = certificate(tmp_path)
    with FaultyServer(hello, own) as server:
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            got(server)
        trusting = ssl.create_default_context(cafile=own)
        with opener(trusting).open(server.url, timeout=30) as response:
            assert response.read() == HELLO

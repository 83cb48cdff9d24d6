"""Questions to a server: each fault has its own word, says where and what to do, and passes."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.engine.server.asking import Asking, ServerError, address_of
from tests.helpers.faulty_server import (
    Answer,
    Cut,
    Endless,
    Fault,
    FaultyServer,
    Instead,
    NoHttp,
    Request,
    Slow,
    Stalled,
    answer_of,
    certificate,
    too_many,
)
from tests.helpers.waiting import until

KEY = "sk-only-for-this-server"
EVENTS = [b'data: {"text":"one"}\n\n', b": a comment\n\n", b'data:{"text":"two"}\n\n']


def answers(request: Request) -> Answer:
    if request.path == "/v1/stream":
        kind = {"Content-Type": "text/event-stream"}
        return Answer(200, iter([*EVENTS, b"data: [DONE]\n\n"]), kind)
    return answer_of({"text": "one"})


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with FaultyServer(answers) as one:
        yield one


@pytest.fixture
def asking(server: FaultyServer) -> Iterator[Asking]:
    line = Asking(address_of(server.url), KEY, patience=30)
    yield line
    line.close()


def ask(asking: Asking, way: str, found: list[object]) -> None:
    """Ask in one of two ways; what came goes to `found`."""
    if way == "whole":
        found.append(asking.post("/v1/whole", {}).value)
    else:
        for event in asking.stream("/v1/stream", {}):
            found.append(event)


def test_answers_come_by_one_connection(server: FaultyServer, asking: Asking) -> None:
    found: list[object] = []
    for way in ("whole", "stream", "whole"):
        ask(asking, way, found)
    assert found == [{"text": text} for text in ("one", "one", "two", "one")]
    assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {KEY}"}
    assert server.connections == 1


def test_a_connection_that_was_closed_meanwhile_is_made_anew(
    server: FaultyServer, asking: Asking
) -> None:
    asking.get("/")
    server.refuse()
    server.listen()
    assert asking.get("/").value == {"text": "one"}


FAULTS: dict[str, tuple[Fault, str, str]] = {
    "cut before a word": (Cut(), "cut", "ended within an answer"),
    "cut within a token": (Cut(30), "cut", "ended within an answer"),
    "stalled": (Stalled(), "silent", "has said nothing"),
    "stalled within": (Stalled(22), "silent", "has said nothing"),
    "no HTTP": (NoHttp(), "garbage", "speaks another protocol"),
    "a page": (Instead(Answer(200, b"<html>\n\n")), "garbage", "speaks another protocol"),
    "500": (Instead(answer_of({"error": "out of memory"}, 500)), "server", "out of memory"),
    "429": (too_many("7"), "busy", "Ask again later. (429: slow down)"),
    "401": (Instead(answer_of({"error": KEY}, 401)), "key", "does not take this key"),
    "a redirect": (
        Instead(Answer(308, b"", {"Location": "http://127.0.0.1:9/\x1b[2J"})),
        "redirect",
        "sends on to “http://127.0.0.1:9/",
    ),
    "400": (Instead(answer_of({"error": {"message": "n?"}}, 400)), "request", "(400: n?)"),
    "404": (Instead(answer_of({"detail": "Not Found"}, 404)), "missing", "Not Found"),
    "endless": (Endless(b" " * 2**20, "application/json"), "too_long", "has no end"),
    "endless comments": (Endless(b": still\n\n" * 999), "too_long", "has no end"),
}


@pytest.mark.parametrize("way", ["whole", "stream"])
@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_word(server: FaultyServer, name: str, way: str) -> None:
    fault, kind, words = FAULTS[name]
    if (name, way) == ("a page", "stream"):
        kind, words = "cut", "ended within an answer"  # it has no event
    is_within = way == "stream" and isinstance(fault, Cut | Stalled) and fault.after
    patience = 30.0
    if isinstance(fault, Stalled):
        patience = 1.5 if is_within else 0.05  # what comes before must come in time
    line = Asking(address_of(server.url), KEY, patience)
    if isinstance(fault, Cut | Stalled) and fault.after and way == "whole":
        fault = type(fault)(4)  # of a shorter answer
    server.fail(fault, times=1)
    found: list[object] = []
    with pytest.raises(ServerError) as caught:
        ask(line, way, found)
    said = str(caught.value)
    assert (caught.value.kind, words in said, server.url in said) == (kind, True, True), said
    assert KEY not in said
    assert "\x1b" not in said
    # What came before is kept, and half a word is none.
    assert found == ([{"text": "one"}] if is_within else [])
    if kind == "busy":
        assert caught.value.wait == 7.0
    line.patience = 30.0
    ask(line, way, found)
    assert found[-1] == {"text": "two" if way == "stream" else "one"}
    line.close()


def test_nobody_there(server: FaultyServer, asking: Asking) -> None:
    server.refuse()
    with pytest.raises(ServerError, match=r"No server answers at http.*Is it started") as caught:
        asking.get("/")
    assert caught.value.kind == "refused"
    assert caught.value.passes
    server.listen()
    assert asking.get("/").value == {"text": "one"}


@pytest.mark.parametrize("seconds", [0.0, 0.005, 0.03, 0.1])
def test_a_slow_server_is_waited_for(server: FaultyServer, asking: Asking, seconds: float) -> None:
    server.fault = Slow(seconds)
    found: list[object] = []
    ask(asking, "whole", found)
    ask(asking, "stream", found)
    assert len(found) == 3


def test_a_stop_ends_what_is_asked(server: FaultyServer, asking: Asking) -> None:
    server.fault = Stalled()
    errors: list[ServerError] = []

    def asked() -> None:
        try:
            asking.get("/")
        except ServerError as error:
            errors.append(error)

    thread = threading.Thread(target=asked)
    thread.start()
    until(lambda: len(server.requests) == 1, "the question")
    asking.stop()
    thread.join(60)
    assert [error.kind for error in errors] == ["stopped"]
    with pytest.raises(ServerError, match="Stopped"):
        asking.get("/")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes certificates by openssl")
def test_a_bad_certificate_gets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = certificate(tmp_path)
    with FaultyServer(answers, own) as server:
        line = Asking(address_of(server.url), KEY)
        with pytest.raises(ServerError, match="cannot show that it is who it says") as caught:
            line.get("/")
        assert caught.value.kind == "certificate"
        assert "Nothing was sent" in str(caught.value)
        assert server.requests == []
        monkeypatch.setenv("SSL_CERT_FILE", str(own))  # as its user may decide
        assert line.get("/").value == {"text": "one"}
        line.close()
        plain = Asking(address_of(server.url.replace("https", "http")), KEY, patience=5)
        with pytest.raises(ServerError):
            plain.get("/")
        plain.close()


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://cellar:8000/v1/", "http://cellar:8000"),
        ("https://models.example/team/v1", "https://models.example:443/team"),
        (" http://[::1]:9/ ", "http://[::1]:9"),
        ("localhost", "http://localhost:80"),
    ],
)
def test_addresses_as_people_write_them(given: str, shown: str) -> None:
    assert address_of(given).shown == shown


@pytest.mark.parametrize(
    "given",
    ["", "ftp://a", "http://", "http://a:99999", "http://a b", "x" * 3000, "http://a\n.b", "//"],
)
def test_what_is_no_address(given: str) -> None:
    with pytest.raises(ValueError, match="allowed is an address such as"):
        address_of(given)


def test_a_key_in_an_address_is_refused_and_not_repeated() -> None:
    for given in (f"http://user:{KEY}@a:1", f"http://a:1/?key={KEY}", f"http://a:1#{KEY}"):
        with pytest.raises(ValueError, match="a key is given apart") as caught:
            address_of(given)
        assert KEY not in str(caught.value)
    for given in ("sk\r\nX-Other: 1", "schlüssel"):
        with pytest.raises(ValueError, match="characters that no key has"):
            Asking(address_of("http://a"), given)

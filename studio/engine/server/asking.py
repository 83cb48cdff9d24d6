"""Questions to a server, at the address that the user gave and nowhere else.

One connection that is kept; no proxy, no redirect, no address that an answer names. What comes back
is a stranger's: its size, its depth and the time it takes are bounded, and its words are made safe
to show. The key is sent in one header, and stands in no message.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec

from studio.translation import tr
from studio.visible_text import visible_line

MOST_BYTES = 64 * 2**20
"""Of an answer: a million log-probabilities, or a novel."""
_MOST_ERROR_BYTES = 64 * 2**10
_MOST_IDLE_BYTES = 2**20
"""Of a stream that says nothing."""
_LONGEST_URL = 2_000
_LONGEST_WAIT = 300.0
"""Seconds that a server may ask us to wait."""
CONNECTING = 10.0
"""Seconds until a connection must stand."""
PATIENCE = 60.0
"""Seconds in which a server must say something."""

ErrorKind = Literal[
    "refused",  # nobody listens, or no way leads there
    "certificate",  # it cannot show that it is who it says
    "silent",  # no word in the time that was allowed
    "cut",  # the connection ended within an answer
    "garbage",  # what came is no answer
    "too_long",
    "key",  # 401 and 403
    "missing",  # 404, 405, 501: it does not do that
    "busy",  # 429 and 503
    "request",  # 400, 422: it does not take what was asked so
    "server",  # 5xx: it failed
    "redirect",
    "stopped",  # by us
]

_AGAIN: frozenset[ErrorKind] = frozenset({"refused", "silent", "cut", "busy", "server"})
_OF_STATUS: dict[int, ErrorKind] = {
    401: "key",
    403: "key",
    404: "missing",
    405: "missing",
    408: "silent",
    429: "busy",
    501: "missing",
    503: "busy",
}


class ServerError(Exception):
    """A server did not do what was asked; says what, where, and what to do.

    Attributes:
        kind: What went wrong.
        status: HTTP's, where there was one; else 0.
        wait: Seconds after which the server wants to be asked again; None where it said none.
        said: The server's own words, safe to show.

    Args:
        kind: What went wrong.
        message: For the user.
        status: HTTP's.
        wait: Seconds.
        said: The server's own words.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        status: int = 0,
        wait: float | None = None,
        said: str = "",
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.wait = wait
        self.said = said

    @property
    def passes(self) -> bool:
        """Whether the same question may be answered later."""
        return self.kind in _AGAIN


class Address(NamedTuple):
    """Where a server is: a scheme, a host, a port, and what stands before `/v1`."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    path: str = ""

    @property
    def shown(self) -> str:
        """As it is written."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"

    @property
    def is_near(self) -> bool:
        """Whether it is this machine, or one of a network that is no part of the internet."""
        try:
            number = ipaddress.ip_address(self.host)
        except ValueError:
            return "." not in self.host or self.host.endswith(".local")
        return number.is_loopback or number.is_private or number.is_link_local


def address_of(url: str) -> Address:
    """An address as people write it: with or without scheme, port and `/v1`.

    Raises:
        ValueError: It is none; says what is allowed.
    """
    text = url.strip()
    try:
        if not text or len(text) > _LONGEST_URL or not text.isprintable() or " " in text:
            raise ValueError(text)
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(text)
    except ValueError:
        raise ValueError(
            tr(
                "found “{url}”; allowed is an address such as http://192.168.1.20:8000",
                url=visible_line(text),
            )
        ) from None
    if "@" in parts.netloc or parts.query or parts.fragment:
        # Nor is it repeated: it may hold a key.
        raise ValueError(
            tr(
                "the address has a name, a key or a question in it; allowed is an address such as "
                "http://192.168.1.20:8000, and a key is given apart from it"
            )
        )
    path = parts.path.rstrip("/").removesuffix("/v1")
    is_safe = parts.scheme == "https"
    return Address(
        "https" if is_safe else "http", parts.hostname, port or (443 if is_safe else 80), path
    )


class Answer(NamedTuple):
    """What a server said.

    Attributes:
        value: The JSON of it.
        headers: By names in small letters.
    """

    value: object
    headers: dict[str, str]


class Asking:
    """A line to a server. One thread asks at a time; `stop` and `close` are any thread's.

    Args:
        address: Where it is.
        key: What it asks for; empty for none.
        patience: Seconds in which it must say something.
    """

    def __init__(self, address: Address, key: str = "", patience: float = PATIENCE) -> None:
        if not key.isascii() or not (key.isprintable() or not key):
            raise ValueError(tr("the key has characters that no key has; copy it once more"))
        self.address = address
        self.patience = patience
        self._key = key
        self._connection: http.client.HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self._is_used = False
        """Whether the connection has answered before: then it may have been closed since."""
        self._stopping = threading.Event()
        self.connections = 0
        """How many there have been: behind each new one another server may answer."""

    def get(self, path: str) -> Answer:
        """Ask for what stands at a path.

        Raises:
            ServerError: It is not there, or nobody is.
        """
        return self._whole("GET", path, None)

    def post(self, path: str, body: object) -> Answer:
        """Ask for something to be done.

        Args:
            path: By whom.
            body: What, as JSON.

        Raises:
            ServerError: It was not.
        """
        return self._whole("POST", path, body)

    def raw(self, path: str, body: object = None) -> bytes:
        """What is answered, as it is: to get it, or with a body to post that.

        Args:
            path: By whom.
            body: What is posted, as JSON; None to get.

        Raises:
            ServerError: Nothing was.
        """
        with self._answered("GET" if body is None else "POST", path, body) as response:
            return self._read(response, MOST_BYTES)

    def stream(self, path: str, body: object) -> Iterator[object]:
        """The same where the answer comes in events: what each of them says, as it comes.

        Args:
            path: By whom.
            body: What, as JSON.

        Raises:
            ServerError: It was not done, or not to its end.
        """
        with self._answered("POST", path, body) as response:
            yield from self._events(response)

    def stop(self) -> None:
        """End what is being asked, and let nothing be asked any more."""
        self._stopping.set()
        self._hang_up()

    def wait(self, seconds: float) -> bool:
        """Let time pass; whether it was stopped meanwhile.

        Args:
            seconds: How much.
        """
        return self._stopping.wait(seconds)

    def close(self) -> None:
        """End the connection; a question opens another."""
        connection, self._connection, self._socket = self._connection, None, None
        if connection is not None:
            connection.close()

    def _hang_up(self) -> None:
        sock = self._socket
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _whole(self, method: str, path: str, body: object) -> Answer:
        with self._answered(method, path, body) as response:
            data = self._read(response, MOST_BYTES)
            headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(self._json(data), headers)

    @contextlib.contextmanager
    def _answered(self, method: str, path: str, body: object) -> Iterator[http.client.HTTPResponse]:
        """The answer of a question that went well, to be read."""
        is_whole = False
        try:
            response = self._asked(method, path, body)
            if response.status != 200:
                raise self._refused(response)
            yield response
            is_whole = response.isclosed() or response.length == 0
        except ServerError:
            raise
        except (OSError, http.client.HTTPException, ValueError) as error:
            # A ValueError comes of a length or a chunk that is no number.
            raise self._error_of(error) from None
        finally:
            if is_whole:
                response.close()  # which leaves the connection open
                self._is_used = True
            else:
                self.close()  # what it has not said yet would be taken for the next answer

    def _asked(self, method: str, path: str, body: object) -> http.client.HTTPResponse:
        data = None if body is None else msgspec.json.encode(body)
        headers = {"Accept": "application/json, text/event-stream", "User-Agent": "kelvin-studio"}
        if data is not None:
            headers["Content-Type"] = "application/json"
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        while True:
            is_old, self._is_used = self._is_used, False
            connection = self._connected()
            try:
                connection.request(method, self.address.path + path, data, headers)
                return connection.getresponse()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.close()
                if not is_old or self._stopping.is_set():
                    raise

    def _connected(self) -> http.client.HTTPConnection:
        if self._stopping.is_set():
            raise ServerError("stopped", tr("Stopped."))
        if self._connection is None or self._connection.sock is None:
            address = self.address
            connection: http.client.HTTPConnection
            if address.scheme == "https":
                context = ssl.create_default_context()
                connection = http.client.HTTPSConnection(
                    address.host, address.port, timeout=CONNECTING, context=context
                )
            else:
                connection = http.client.HTTPConnection(
                    address.host, address.port, timeout=CONNECTING
                )
            self._connection = connection
            connection.connect()
            self.connections += 1
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sock.settimeout(self.patience)
            self._socket = connection.sock
        return self._connection

    def _read(self, response: http.client.HTTPResponse, most: int) -> bytes:
        """All of an answer, in bounded time."""
        found, until = bytearray(), time.monotonic() + 10 * self.patience
        while piece := response.read1(2**18):
            found += piece
            if len(found) > most or time.monotonic() > until:
                raise self._too_long()
        if response.length:  # `read1` says nothing of what is missing
            raise http.client.IncompleteRead(bytes(found[:0]), response.length)
        return bytes(found)

    def _events(self, response: http.client.HTTPResponse) -> Iterator[object]:
        """What the events of a stream say, up to “[DONE]”.

        They are those of the HTML standard (9.2, server-sent events), of which such servers use
        `data` alone.
        """
        total, idle, heard = 0, 0, time.monotonic()
        while (line := response.readline(MOST_BYTES)).endswith(b"\n"):
            total += len(line)
            idle += len(line)
            name, _, value = line.strip().partition(b":")
            if total > MOST_BYTES or (name != b"data" and idle > _MOST_IDLE_BYTES):
                raise self._too_long()
            if name != b"data":
                if time.monotonic() - heard > self.patience:
                    raise TimeoutError
                continue
            idle, heard = 0, time.monotonic()
            if value.strip() == b"[DONE]":
                with contextlib.suppress(OSError, http.client.HTTPException):
                    self._read(response, _MOST_ERROR_BYTES)
                return
            event = self._json(value)
            if isinstance(event, dict) and "error" in event:
                raise self._failed(_status_of(event["error"]), event)
            yield event
        if len(line) >= MOST_BYTES:
            raise self._too_long()
        raise http.client.IncompleteRead(b"")

    def _json(self, data: bytes) -> object:
        try:
            return msgspec.json.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise self._garbage() from None

    def _garbage(self) -> ServerError:
        words = tr(
            "What answers at {url} speaks another protocol. Check host and port, and that it is a "
            "server for language models.",
            url=self.address.shown,
        )
        return ServerError("garbage", words)

    def _too_long(self) -> ServerError:
        words = tr(
            "The answer of {url} has no end; it was cut off. Ask again, or look at the server.",
            url=self.address.shown,
        )
        return ServerError("too_long", words)

    def _refused(self, response: http.client.HTTPResponse) -> ServerError:
        """The error of an answer that is none of those wanted."""
        status = response.status
        if 300 <= status < 400:
            place = visible_line(response.getheader("Location") or "")
            words = tr(
                "{url} sends on to “{place}”, and nothing is sent to an address that you did not "
                "give. If you trust that one, give it.",
                url=self.address.shown,
                place=place,
            )
            return ServerError("redirect", words, status)
        data = self._read(response, _MOST_ERROR_BYTES)
        try:
            value = msgspec.json.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            value = data.decode("utf-8", "replace")
        return self._failed(status, value, response.getheader("Retry-After"))

    def _failed(self, status: int, value: object, retry_after: str | None = None) -> ServerError:
        url, said = self.address.shown, self._said(value)
        kind = _OF_STATUS.get(status) or ("server" if status >= 500 else "request")
        behind = f" ({status}: {said})" if said else f" ({status})"
        match kind:
            case "key":
                words = (
                    tr("{url} does not take this key. Check it, and give the right one.", url=url)
                    if self._key
                    else tr("{url} asks for a key. Give the one of its owner.", url=url)
                )
            case "missing":
                words = tr("{url} does not have what was asked for.", url=url)
            case "busy":
                words = tr("{url} has too much to do. Ask again later.", url=url)
            case "request":
                words = tr("{url} does not take what was asked.", url=url)
            case _:
                words = tr(
                    "{url} failed. Ask again; where that does not help, its own log says why.",
                    url=url,
                )
        return ServerError(kind, words + behind, status, _seconds(retry_after), said)

    def _said(self, value: object) -> str:
        """A server's own words on what went wrong, in a line; without the key, should it be there.

        OpenAI's form is `{"error": {"message": ...}}`; others leave the one or the other out.
        """
        for name in ("error", "message", "detail"):
            if isinstance(value, dict) and name in value:
                value = value[name]
        text = value if isinstance(value, str) else msgspec.json.encode(value)[:1000].decode()
        if self._key:
            text = text.replace(self._key, "…")
        return visible_line(" ".join(text[:10_000].split()))

    def _error_of(self, error: Exception) -> ServerError:
        if self._stopping.is_set():
            return ServerError("stopped", tr("Stopped."))
        url = self.address.shown
        if isinstance(error, ssl.SSLCertVerificationError):
            words = tr(
                "{url} cannot show that it is who it says: {why}. Nothing was sent. Give it a "
                "certificate that this system trusts, or reach it by an SSH tunnel.",
                url=url,
                why=visible_line(error.verify_message),
            )
            return ServerError("certificate", words)
        if isinstance(error, ssl.SSLError):
            words = tr("{url} does not speak TLS as it should. Try http:// or its port.", url=url)
            return ServerError("garbage", words)
        if isinstance(error, TimeoutError):
            words = tr(
                "{url} has said nothing for {seconds:.0f} s. It may be busy or gone; ask again.",
                url=url,
                seconds=self.patience,
            )
            return ServerError("silent", words)
        if isinstance(error, http.client.IncompleteRead | ConnectionResetError | BrokenPipeError):
            words = tr(
                "The connection to {url} ended within an answer. What came before is kept; ask "
                "again.",
                url=url,
            )
            return ServerError("cut", words)
        if isinstance(error, OSError):
            words = tr(
                "No server answers at {url} ({why}). Is it started, and is that its host and port?",
                url=url,
                why=visible_line(error.strerror or str(error)),
            )
            return ServerError("refused", words)
        return self._garbage()


def _status_of(error: object) -> int:
    """The status that an error within a stream names; its head said 200 already."""
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 500


def _seconds(text: str | None) -> float | None:
    """What `Retry-After` says, within bounds; a date counts as nothing said."""
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return min(max(seconds, 0.0), _LONGEST_WAIT) if seconds == seconds else None

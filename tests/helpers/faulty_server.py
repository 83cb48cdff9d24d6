"""A server on loopback that fails as it is asked to: alone, or as a proxy before a real one.

Real sockets, real HTTP/1.1 with connections that are kept, and TLS where a certificate is given.

    with FaultyServer(forwarding("127.0.0.1", port)) as proxy:
        proxy.fault = Cut(after=40)
        ...  # ask at proxy.url
        assert proxy.requests[-1].path == "/v1/completions"
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import cast

import msgspec

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    headers: dict[str, str]
    """By names in small letters."""
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        """The body's object."""
        return cast("dict[str, object]", msgspec.json.decode(self.body or b"{}"))


@dataclass(frozen=True)
class Answer:
    """What is answered: a body of a known length, or one that comes in pieces."""

    status: int = 200
    body: bytes | Iterable[bytes] = b""
    headers: dict[str, str] = field(default_factory=dict)
    """Beside the lengths; without one, the body is called JSON."""


Answering = Callable[[Request], Answer]


def answer_of(value: object, status: int = 200, **headers: str) -> Answer:
    """A value as JSON."""
    return Answer(status, msgspec.json.encode(value), headers)


@dataclass(frozen=True)
class Slow:
    """Each answer comes so much later."""

    seconds: float


@dataclass(frozen=True)
class Stalled:
    """So many bytes of the body, and then nothing until the server is closed."""

    after: int = 0


@dataclass(frozen=True)
class Cut:
    """So many bytes of the body, and then the connection ends."""

    after: int = 0


@dataclass(frozen=True)
class NoHttp:
    """What comes back is not HTTP."""

    data: bytes = b"\x16\x03\x01 SSH-2.0-nothing\r\n\r\n"


@dataclass(frozen=True)
class Instead:
    """Another answer; with HTTP's own form."""

    answer: Answer


@dataclass(frozen=True)
class Endless:
    """A body that never ends: this, again and again."""

    piece: bytes = b": still here\n\n"
    content_type: str = "text/event-stream"


Fault = Slow | Stalled | Cut | NoHttp | Instead | Endless


def too_many(retry_after: str = "0") -> Instead:
    """429, with when to ask again."""
    headers = {"Retry-After": retry_after}
    return Instead(answer_of({"error": {"message": "slow down"}}, 429, **headers))


class FaultyServer:
    """Answers in threads, and fails where it is to; a context manager.

    Args:
        answering: Gives the answers.
        certificate: With its key, in PEM, for TLS.

    Attributes:
        answering: May be changed at any time, as where another model is served after a restart.
        requests: All that came, oldest first.
    """

    def __init__(self, answering: Answering, certificate: Path | None = None) -> None:
        self.answering = answering
        self.requests: list[Request] = []
        self.most_at_once = 0
        """So many requests were being answered at one time."""
        self.connections = 0
        """So many there have been."""
        self._fault: Fault | None = None
        self._left = 0
        self._at = ""
        self._lock = threading.Lock()
        self._under_way = 0
        self._closing = threading.Event()
        self._certificate = certificate
        self._listener: _Listener | None = None
        self._thread: threading.Thread | None = None
        self._port = 0
        self.listen()

    def __enter__(self) -> FaultyServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{'https' if self._certificate else 'http'}://{HOST}:{self._port}"

    @property
    def fault(self) -> Fault | None:
        """What goes wrong with the next requests; None for nothing."""
        return self._fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        self.fail(fault)

    def fail(self, fault: Fault | None, times: int = 2**31, at: str = "") -> None:
        """Let requests fail.

        Args:
            fault: How; None for not at all.
            times: So many of them.
            at: Only those whose path or body has this.
        """
        with self._lock:
            self._fault, self._left, self._at = fault, times, at

    def asked(self, path: str) -> list[Request]:
        """The requests of one path."""
        return [one for one in self.requests if one.path == path]

    def refuse(self) -> None:
        """End all connections, and take no others: nobody listens."""
        if self._listener is not None and self._thread is not None:
            self._closing.set()
            self._listener.shutdown()
            self._listener.end_connections()
            self._listener.server_close()
            self._thread.join()
            self._listener = None

    def listen(self) -> None:
        """Listen, where it did before if it did."""
        self._closing.clear()
        context = None
        if self._certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate)
        self._listener = _Listener(self, self._port, context)
        self._port = self._listener.server_address[1]
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        """End all that is under way."""
        self.refuse()

    def taken(self, request: Request) -> Fault | None:
        """Count a request; what goes wrong with it."""
        with self._lock:
            self.requests.append(request)
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
            is_one = self._at in request.path or self._at.encode() in request.body
            if self._left < 1 or not is_one:
                return None
            self._left -= 1
            return self._fault

    def answered(self) -> None:
        """A request is answered, or cut."""
        with self._lock:
            self._under_way -= 1

    def wait(self, seconds: float | None = None) -> bool:
        """Let time pass; whether it is closed meanwhile."""
        return self._closing.wait(seconds)


class _Listener(ThreadingHTTPServer):
    """The socket, and the connections that it has."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, owner: FaultyServer, port: int, context: ssl.SSLContext | None) -> None:
        self.owner = owner
        self._context = context
        self._connections: set[socket.socket] = set()
        self._own_lock = threading.Lock()
        super().__init__((HOST, port), _Handler)

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        if self._context:
            # The handshake is the handler's: a client that refuses us must not stop the listener.
            connection = self._context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        with self._own_lock:
            self._connections.add(connection)
            self.owner.connections += 1
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        with self._own_lock:
            self._connections.discard(cast("socket.socket", request))
        with contextlib.suppress(OSError):
            super().shutdown_request(request)

    def end_connections(self) -> None:
        """Wake whoever waits for a client."""
        with self._own_lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is what tests are about."""


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: _Listener
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: it would go to the tests' output."""

    def do_GET(self) -> None:
        self._take()

    do_POST = do_HEAD = do_PUT = do_DELETE = do_GET  # noqa: N815

    def _take(self) -> None:
        owner = self.server.owner
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length))
        fault = owner.taken(request)
        try:
            self._answer(request, fault)
        finally:
            owner.answered()

    def _answer(self, request: Request, fault: Fault | None) -> None:
        owner = self.server.owner
        match fault:
            case NoHttp():
                self.wfile.write(fault.data)
                self.close_connection = True
                return
            case Instead():
                self._send(fault.answer)
                return
            case Endless():
                kind = {"Content-Type": fault.content_type}
                self._send(Answer(200, self._without_end(fault.piece), kind))
                return
            case Slow():
                if owner.wait(fault.seconds):
                    return
            case Stalled(after=0):
                owner.wait()
                self.close_connection = True
                return
            case Cut(after=0):
                self.close_connection = True
                return
        answer = owner.answering(request)
        if isinstance(fault, Stalled | Cut):
            self._send(answer, fault)
        else:
            self._send(answer)

    def _without_end(self, piece: bytes) -> Iterator[bytes]:
        while not self.server.owner.wait(0):
            yield piece

    def _send(self, answer: Answer, fault: Stalled | Cut | None = None) -> None:
        body = answer.body
        self.send_response(answer.status)
        headers = {"Content-Type": "application/json", **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        if isinstance(body, bytes):
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self._write([body], fault)
        else:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self._write(body, fault, is_chunked=True)

    def _write(
        self, pieces: Iterable[bytes], fault: Stalled | Cut | None, *, is_chunked: bool = False
    ) -> None:
        left = fault.after if fault else 0
        for piece in pieces:
            sent = piece[:left] if fault else piece
            if sent:
                # A chunk that is cut promises what it does not hold.
                head = f"{len(piece):x}\r\n".encode() if is_chunked else b""
                tail = b"\r\n" if is_chunked and len(sent) == len(piece) else b""
                self.wfile.write(head + sent + tail)
            left -= len(sent)
            if fault and left < 1:
                if isinstance(fault, Stalled):
                    self.server.owner.wait()
                self.close_connection = True
                return
        if is_chunked:
            self.wfile.write(b"0\r\n\r\n")


_OF_A_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "date"}


def forwarding(host: str, port: int) -> Answering:
    """What passes each request on to another server, and its answer back as it comes."""

    def answered(request: Request) -> Answer:
        connection = http.client.HTTPConnection(host, port, timeout=60)
        try:
            sent = {k: v for k, v in request.headers.items() if k not in _OF_A_CONNECTION}
            connection.request(request.method, request.path, request.body or None, sent)
            response = connection.getresponse()
            headers = {
                name: value
                for name, value in response.getheaders()
                if name.lower() not in _OF_A_CONNECTION
            }
            if response.getheader("Content-Length") is not None:
                with contextlib.closing(connection):
                    return Answer(response.status, response.read(), headers)
        except BaseException:
            connection.close()
            raise
        return Answer(response.status, _pieces(connection, response), headers)

    return answered


def _pieces(
    connection: http.client.HTTPConnection, response: http.client.HTTPResponse
) -> Iterator[bytes]:
    with contextlib.closing(connection):
        while piece := response.read1(65_536):
            yield piece


def certificate(folder: Path, host: str = HOST) -> Path:
    """A certificate that nobody has signed but itself, with its key, by `openssl`.

    Args:
        folder: Where it is written.
        host: The address that it is for.
    """
    path = folder / f"{host}.pem"
    key, own = folder / f"{host}.key", folder / f"{host}.crt"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=test", "-addext", f"subjectAltName=IP:{host}"]
    command += ["-keyout", str(key), "-out", str(own)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    path.write_bytes(key.read_bytes() + own.read_bytes())
    return path

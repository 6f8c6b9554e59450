"""A TCP proxy before the server that loses what one side says, at a chosen moment."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING, Literal, Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BLOCK = 65_536
_PATIENCE = 30.0


class Proxy:
    """Listens on a free port of the loopback address and passes everything on to ``dsn``.

    Within `losing` the next thing that a client says is lost, or the whole answer to it, up to the
    server's word that it is ready again and outside of a transaction. Then both connections are
    cut, so that the client sees the same in both cases. One client at a time may be cut.
    """

    def __init__(self, dsn: str) -> None:
        info = conninfo_to_dict(dsn)
        self._server = (str(info["host"]), int(str(info["port"])))
        self._losing: Literal["request", "answer"] | None = None
        self._cut = threading.Event()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        host, port = self._listener.getsockname()
        self.dsn = make_conninfo(
            dsn, host=host, port=port, sslmode="disable", gssencmode="disable", connect_timeout=30
        )

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        _close(self._listener)
        for sock in self._open:
            _close(sock)
        for thread in self._threads:
            thread.join(_PATIENCE)

    @contextlib.contextmanager
    def losing(self, what: Literal["request", "answer"]) -> Iterator[None]:
        """Lose what comes next, and wait until both connections are cut."""
        self._cut.clear()
        self._losing = what
        try:
            yield
            assert self._cut.wait(_PATIENCE), f"nothing came that could be lost: {what}"
        finally:
            self._losing = None

    def _start(self, run: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._open += [client, server]
                self._start(self._requests, client, server)
                self._start(self._answers, client, server)

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while block := client.recv(_BLOCK):
                if self._losing == "request":
                    self._cut.set()
                    break
                server.sendall(block)
        _close(client)
        _close(server)

    def _answers(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError):
            while True:
                message = _message(server)
                if self._losing != "answer":
                    client.sendall(message)
                elif message[:1] == b"Z" and message[-1:] == b"I":
                    self._cut.set()
                    break
        _close(client)
        _close(server)


def _message(sock: socket.socket) -> bytes:
    """Read one message of the server: a letter, a length, and what it says."""
    head = _exactly(sock, 5)
    (length,) = struct.unpack("!i", head[1:])
    return head + _exactly(sock, length - 4)


def _exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def _close(sock: socket.socket) -> None:
    """Close for both sides, so that whoever is reading wakes up."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()

"""A small connection pooler that speaks enough of the protocol for trust authentication."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import Self

_REFUSABLE = {80877103, 80877104}  # requests for TLS and GSS encryption
_CANCEL = 80877102


class Pooler:
    """Listens on a free port of the loopback address; ``mode`` is 'session' or 'transaction'.

    As real poolers do, it greets its clients by itself and with a process id of its own making, and
    gives away the server session that was used last; with ``rotates``, the one that rested longest.
    ``connections`` and ``round_trips`` count what clients asked for.
    """

    def __init__(self, host: str, port: int, mode: str, *, rotates: bool = False) -> None:
        self._server = (host, port)
        self._mode = mode
        self._rotates = rotates
        self._greeting = b""
        self.connections = 0
        self.round_trips = 0
        self._idle: list[socket.socket] = []
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                sock.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError):
            self._converse(client)
        client.close()

    def _converse(self, client: socket.socket) -> None:
        startup = self._startup(client)
        with self._lock:
            if not self._greeting:
                self._idle.append(self._connect(startup))
        client.sendall(self._greeting)
        server: socket.socket | None = None
        while True:
            kind, message = _message(client)
            if kind == b"X":
                break
            server = server or self._acquire(startup)
            server.sendall(message)
            self.round_trips += kind in {b"Q", b"S"}
            status = self._relay(server, client) if kind in {b"Q", b"S"} else b""
            if status == b"I" and self._mode == "transaction":
                self._release(server)
                server = None
        if server is not None:
            server.sendall(b"X" + struct.pack("!i", 4))
            server.close()

    def _startup(self, client: socket.socket) -> bytes:
        while True:
            head = _exactly(client, 8)
            length, code = struct.unpack("!ii", head)
            if code == _CANCEL:
                raise EOFError
            if code not in _REFUSABLE:
                return head + _exactly(client, length - 8)
            client.sendall(b"N")

    def _connect(self, startup: bytes) -> socket.socket:
        """Open a server session, and keep what it says at its start."""
        server = socket.create_connection(self._server)
        self._open.append(server)
        server.sendall(startup)
        greeting, kind = b"", b""
        while kind != b"Z":
            kind, message = _message(server)
            if kind == b"E":
                raise EOFError
            greeting += b"K" + struct.pack("!iii", 12, 7, 7) if kind == b"K" else message
        self._greeting = greeting
        return server

    def _acquire(self, startup: bytes) -> socket.socket:
        with self._lock:
            if self._idle:
                return self._idle.pop(0 if self._rotates else -1)
            return self._connect(startup)

    def _release(self, server: socket.socket) -> None:
        with self._lock:
            self._idle.append(server)

    def _relay(self, server: socket.socket, client: socket.socket) -> bytes:
        """Pass answers on until the server is ready; return its transaction status."""
        while True:
            kind, message = _message(server)
            client.sendall(message)
            if kind == b"Z":
                return message[-1:]


def _message(sock: socket.socket) -> tuple[bytes, bytes]:
    head = _exactly(sock, 5)
    (length,) = struct.unpack("!i", head[1:])
    return head[:1], head + _exactly(sock, length - 4)


def _exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data

"""A front door that speaks TLS, for servers that were built without it, on a port of our choice."""

from __future__ import annotations

import selectors
import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

_CERTIFICATE = Path(__file__).with_name("tls.pem")
_SSL_REQUEST = bytes([0, 0, 0, 8, 4, 210, 22, 47])


class TlsFront:
    """Listens on a loopback address, takes off the TLS, and passes the rest on to a server."""

    def __init__(self, host: str, port: int, listen_port: int) -> None:
        self._target = (host, port)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(_CERTIFICATE)
        self._listener = _listen(listen_port)
        self.address: str = self._listener.getsockname()[0]
        self.plain = 0
        """Connections that did not ask for TLS; they were turned away."""
        self.encrypted = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone would not wake accept().
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            if client.recv(len(_SSL_REQUEST), socket.MSG_WAITALL) != _SSL_REQUEST:
                self.plain += 1
                return
            client.sendall(b"S")
            with (
                self._context.wrap_socket(client, server_side=True) as secure,
                socket.create_connection(self._target) as server,
            ):
                self.encrypted += 1
                _exchange(secure, server)


def _exchange(secure: ssl.SSLSocket, server: socket.socket) -> None:
    """Pass on both ways until one side ends. One thread at a time may touch a TLS socket."""
    lock = threading.Lock()
    secure.setblocking(False)

    def back() -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                _send(secure, data, lock)
        with suppress(OSError):
            secure.shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=back, daemon=True)
    thread.start()
    with suppress(OSError):
        while data := _receive(secure, lock):
            server.sendall(data)
    with suppress(OSError):
        server.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def _receive(secure: ssl.SSLSocket, lock: threading.Lock) -> bytes:
    while True:
        try:
            with lock:
                return secure.recv(65536)
        except ssl.SSLWantReadError:
            _wait(secure, for_writing=False)
        except ssl.SSLWantWriteError:
            _wait(secure, for_writing=True)


def _send(secure: ssl.SSLSocket, data: bytes, lock: threading.Lock) -> None:
    while data:
        try:
            with lock:
                data = data[secure.send(data) :]
        except ssl.SSLWantWriteError:
            _wait(secure, for_writing=True)
        except ssl.SSLWantReadError:
            _wait(secure, for_writing=False)


def _wait(secure: ssl.SSLSocket, *, for_writing: bool) -> None:
    with selectors.DefaultSelector() as selector:
        event = selectors.EVENT_WRITE if for_writing else selectors.EVENT_READ
        selector.register(secure, event)
        selector.select(1.0)


def _listen(port: int) -> socket.socket:
    """Take the port on the first loopback address where it is free."""
    for last in range(1, 255):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((f"127.0.0.{last}", port))
            listener.listen()
        except OSError:
            listener.close()
        else:
            return listener
    raise RuntimeError(f"port {port} is taken on every loopback address")

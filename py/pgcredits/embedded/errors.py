"""What can go wrong between asking for a server and having one. Messages say what to do next."""

from __future__ import annotations


class EmbeddedError(RuntimeError):
    """A local server cannot be had; the message is meant for the person at the terminal."""


class PostgresNotFoundError(EmbeddedError):
    """No PostgreSQL programs were found, or not of the version that was asked for."""


class ServerStartError(EmbeddedError):
    """The programs are there, but the server did not start; the message ends with its log."""

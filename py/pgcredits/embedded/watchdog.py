"""A shell process that cleans up when its parent is gone, however the parent ended.

The parent holds the writing end of a pipe. The kernel closes it when the parent dies, by an
exception, a signal or ``kill -9``; the shell then reads the end of the file, stops the server and
removes the scratch directory. The same script, run with an empty input, clears away what is left of
an earlier process.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from pgcredits.embedded.account import Account, spawn_options

if TYPE_CHECKING:
    from pathlib import Path

# $1 is the data directory, $2 the directory to remove at the end (may be empty). Each line of input
# is one of "initdb PID", "server PID" and "nothing"; the last one counts. A process is signalled
# only if it works inside one of the two directories: its number may have passed to another one.
_SCRIPT = r"""
trap '' HUP INT TERM
data=$1 scratch=$2 kind=unknown pid=
while read -r line_kind line_pid; do kind=$line_kind pid=$line_pid; done

ours() {
    [ -n "$1" ] || return 1
    place=${scratch:-$data}
    where=$(readlink "/proc/$1/cwd" 2>/dev/null || ps -o args= -p "$1" 2>/dev/null) || return 1
    case $where in
        "$data" | "$place" | *" $data "*) return 0 ;;
        *) return 1 ;;
    esac
}

if [ "$kind" = unknown ] && [ -r "$data/postmaster.pid" ]; then
    kind=server
    read -r pid <"$data/postmaster.pid"
fi
if [ "$kind" = initdb ] && ours "$pid"; then
    kill -s KILL -- "-$pid" 2>/dev/null
elif [ "$kind" = server ]; then
    waited=0
    while ours "$pid"; do
        case $waited in
            0) kill -INT "$pid" 2>/dev/null ;;
            200) kill -QUIT "$pid" 2>/dev/null ;;
            300) kill -KILL "$pid" 2>/dev/null ;;
            400) break ;;
        esac
        waited=$((waited + 1))
        sleep 0.05
    done
fi
if [ -n "$scratch" ]; then
    tries=0
    until rm -rf -- "$scratch" 2>/dev/null || [ "$tries" -ge 100 ]; do
        tries=$((tries + 1))
        sleep 0.05
    done
fi
"""

# In a subshell, so that a broken pipe (somebody killed the watchdog) ends only that.
_ANNOUNCE = r"""(echo "$0 $$" >&0) 2>/dev/null; exec "$@" </dev/null"""


class Watchdog:
    """The shell process and our end of its pipe.

    It runs as the server's user, in a session of its own, so that Ctrl-C at the terminal does not
    reach it. ``scratch`` is the directory to remove, or None to leave all files in place.
    """

    def __init__(self, data: Path, scratch: Path | None, account: Account | None) -> None:
        reading, self._writing = os.pipe()
        try:
            self._process = subprocess.Popen(
                _command(data, scratch),
                cwd="/",
                stdin=reading,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                **spawn_options(account),
            )
        except BaseException:
            os.close(self._writing)
            raise
        finally:
            os.close(reading)

    def spawn(
        self, kind: str, command: list[str], *, cwd: Path, output: int, account: Account | None
    ) -> subprocess.Popen[bytes]:
        """Start ``command`` under watch; ``kind`` is ``initdb`` or ``server``.

        The child leads a session of its own, and both its streams go to ``output``. It holds our
        end of the pipe, as its input, until it has told its number there: however early we are
        killed, the watchdog knows of it.
        """
        return subprocess.Popen(
            ["/bin/sh", "-c", _ANNOUNCE, kind, *command],
            cwd=cwd,
            stdin=self._writing,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **spawn_options(account),
        )

    def close(self) -> None:
        """Say that nothing runs any more, and wait until the process has removed the directory."""
        self._write("nothing\n")
        os.close(self._writing)
        self._process.wait()

    def _write(self, line: str) -> None:
        try:
            os.write(self._writing, line.encode())
        except BrokenPipeError:
            return  # somebody killed the watchdog: we can still do without


def clear_away(data: Path, scratch: Path, account: Account | None) -> None:
    """Stop the server that still works in ``data``, if any, and remove ``scratch``."""
    subprocess.run(
        _command(data, scratch),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        **spawn_options(account),
    )


def _command(data: Path, scratch: Path | None) -> list[str]:
    return ["/bin/sh", "-c", _SCRIPT, "pgcredits-watchdog", str(data), str(scratch or "")]

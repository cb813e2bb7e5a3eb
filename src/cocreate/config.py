"""Settings of one installation: the only reader of the environment."""

import os
from dataclasses import dataclass, field
from pathlib import Path

APP = "cocreate"


def data_folder() -> Path:
    """Where this user's workshops live: `$XDG_DATA_HOME/cocreate`, else `~/.local/share/cocreate`."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / APP


def default_database() -> str:
    """`$COCREATE_DATABASE`, else an SQLite file in the data folder."""
    return os.environ.get("COCREATE_DATABASE") or f"sqlite:///{data_folder() / 'cocreate.sqlite'}"


@dataclass(frozen=True, slots=True)
class Settings:
    """`database`: `sqlite:///file`, `postgresql://…` or `memory:`; `key_file`: the instance key, made for an empty database."""

    database: str = field(default_factory=default_database)
    key_file: Path = field(default_factory=lambda: data_folder() / "instance.key")
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None
    """The address people reach the server under, if not the one it listens on; links and QR codes carry it."""
    log_level: str = "info"

"""Canonical JSON: RFC 8785 restricted as `record/FORMAT.md` says, and digests over it.

Restricted means: keys sorted (they are ASCII), integers only, no null; strings as UTF-8 with the escapes of RFC 8785 §3.2.2.2,
which are those of `json.dumps(ensure_ascii=False)`.
"""

import hashlib
import json
from functools import cache
from struct import Struct
from typing import Any


def canonical_json(value: Any) -> bytes:
    """The canonical bytes of a value made of dict, list, tuple, str, int and bool; raises TypeError or ValueError on others."""
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
    ).encode()


def digest_of(value: Any) -> str:
    """SHA-256 of the canonical JSON of a value, as 64 lowercase hex characters."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def framed(purpose: str, *parts: bytes) -> bytes:
    """The bytes that every hash, HMAC and AAD of the record is taken over: a domain string, then each part after its length."""
    framing = [_domain(purpose)]
    for part in parts:
        framing.append(_LENGTH(len(part)))
        framing.append(part)
    return b"".join(framing)


_LENGTH = Struct(">I").pack


@cache
def _domain(purpose: str) -> bytes:
    return f"cocreate/{purpose}/v1\n".encode()

"""Schemas of what the API answers with; what the collections' items hold is told by the README of the projections."""

from collections.abc import Mapping
from typing import Any

_UUID = {"type": "string", "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"}
_HEX_32 = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_HEX_64 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_TEXT = {"type": "string"}
_FLAG = {"type": "boolean"}
_COUNT = {"type": "integer", "minimum": 0}
_INTEGER = {"type": "integer"}
_POSITION = {"type": "integer", "minimum": 0, "description": "A position on the record."}
_CURSOR = {"type": "integer", "minimum": -1, "description": "A position; -1 stands before the first."}
_TIME = {"type": "integer", "minimum": 0, "description": "Milliseconds since 1970 UTC."}
_AUDIENCE = {"type": "string", "enum": ["public", "participant", "facilitator", "screen"]}


def _object(properties: Mapping[str, Any], *optional: str, **more: Any) -> dict[str, Any]:
    """An object of exactly these members; the optional ones may be absent, none is ever null."""
    required = [name for name in properties if name not in optional]
    return {
        "type": "object",
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
        **more,
    }


def _list(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": dict(items)}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


_RECEIPT = {
    "workshop": _UUID,
    "command": {**_HEX_32, "description": "The command's id, which every entry it causes carries."},
    "position": {**_POSITION, "description": "The first of `count` entries; absent where none was needed."},
    "count": _COUNT,
    "leaves": {**_list(_HEX_64), "description": "The entries' leaf hashes (RFC 6962)."},
    "aggregates": {**_list(_TEXT), "description": "Whom each entry is about."},
    "id": {**_TEXT, "description": "The first of the aggregates: what was made, if something was."},
    "time": _TIME,
    "repeated": {
        **_FLAG,
        "description": "Whether this is the answer to an earlier request under the same key.",
    },
}
_OPTIONAL = ("position", "id")
_VIEW = {"at": _POSITION, "head": _POSITION, "audience": _AUDIENCE}
_LINK = {"token": _TEXT, "url": _TEXT}

SCHEMAS: Mapping[str, Any] = {
    "Problem": _object(
        {
            "type": {"type": "string", "pattern": "^/problems/[a-z0-9-]+$"},
            "title": _TEXT,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": _TEXT,
            "facts": {"type": "object", "description": "The refusal's facts by name."},
            "errors": _list(
                _object(
                    {"pointer": _TEXT, "parameter": _TEXT, "header": _TEXT, "detail": _TEXT},
                    "pointer",
                    "parameter",
                    "header",
                )
            ),
        },
        "facts",
        "errors",
        description="RFC 9457. The type is a page of this server.",
    ),
    "Text": {
        "oneOf": [
            _object({"language": _TEXT, "texts": {"type": "object", "additionalProperties": _TEXT}}),
            _object({"gone": {"type": "string", "enum": ["erased", "hidden"]}}),
        ],
        "description": "A text in each of its languages, the original named by `language`; or why it is gone.",
    },
    "Item": {
        "type": "object",
        "properties": {"key": _TEXT, "changed": _POSITION},
        "required": ["key", "changed"],
        "description": "`changed` is the position at which it last changed. Absent facts are absent, never null.",
    },
    "View": _object(
        {**_VIEW, "items": {"type": "object", "additionalProperties": _list(_ref("Item"))}},
        description="Every collection, by its name.",
    ),
    "Collection": _object({**_VIEW, "collection": _TEXT, "items": _list(_ref("Item"))}),
    "Personal": {
        "type": "object",
        "properties": {
            "at": _POSITION,
            "participant": _HEX_32,
            "status": _TEXT,
            "role": _TEXT,
            "name": _ref("Text"),
            "ideas": _list(_ref("Item")),
            "comments": _list(_ref("Item")),
            "ballots": _list({"type": "object", "required": ["round"]}),
            "tallies": _list({"type": "object"}),
        },
        "required": ["at", "participant", "ideas", "comments", "ballots", "tallies"],
    },
    "Timeline": _object(
        {
            "at": _POSITION,
            "items": _list({"type": "object", "required": ["position", "time", "event"]}),
            "more": _FLAG,
            "next": {**_CURSOR, "description": "What to send as `after` for what follows."},
        }
    ),
    "Entries": _object(
        {
            "at": _POSITION,
            "items": _list(
                _object(
                    {
                        "position": _POSITION,
                        "leaf": _HEX_64,
                        "entry": {
                            **_TEXT,
                            "description": "The canonical entry; its UTF-8 bytes are what the leaf hashes.",
                        },
                        "withheld_round": {
                            **_UUID,
                            "description": "Withheld until this round's results show.",
                        },
                    },
                    "entry",
                    "withheld_round",
                )
            ),
            "more": _FLAG,
            "next": {**_CURSOR, "description": "What to send as `after` for what follows."},
        }
    ),
    "Voted": _object({"at": _POSITION, "voted": _list(_HEX_32)}),
    "Offer": _object(
        {
            "at": _POSITION,
            "open": {**_COUNT, "description": "How many statements want an answer of the caller's."},
            "routing": {
                **_TEXT,
                "description": "The rule; absent where statements come in the round's order.",
            },
            "root": {
                **_HEX_64,
                "description": "Over the entries before the round was opened: what lots are drawn from.",
            },
            "voter": {**_HEX_32, "description": "Under which the caller votes in this round."},
            "statement": _UUID,
        },
        "routing",
        "root",
        "voter",
        "statement",
    ),
    "Groups": _object(
        {
            "counted": {
                **_FLAG,
                "description": "False while the first count is not done; ask again in a moment.",
            },
            "at": _POSITION,
            "answers": _COUNT,
            "groups": _list(
                _object({"voters": _COUNT, "across": _INTEGER, "up": _INTEGER, "spread": _COUNT})
            ),
            "statements": _list(
                _object(
                    {
                        "statement": _UUID,
                        "by_group": {
                            **_list(_list(_COUNT)),
                            "description": "How many agree, disagree and pass; empty where fewer than five of a group answered.",
                        },
                        "agreement": {**_TEXT, "description": "Group-aware consensus, a fraction n/d."},
                        "disagreement": _TEXT,
                        "divide": {
                            **_TEXT,
                            "description": "The largest difference of two groups' rates of agreement.",
                        },
                    },
                    "agreement",
                    "disagreement",
                    "divide",
                )
            ),
        },
        "at",
        "answers",
        "groups",
        "statements",
    ),
    "Similar": _object(
        {
            "at": _POSITION,
            "items": _list(
                _object(
                    {
                        "idea": _ref("Item"),
                        "likeness": {"type": "integer", "minimum": 0, "maximum": 1000},
                    }
                )
            ),
        }
    ),
    "Steps": _object({"at": _POSITION, "steps": _list({"type": "object", "required": ["step"]})}),
    "WhatIf": _object(
        {
            "at": _POSITION,
            "round": _UUID,
            "method": _TEXT,
            "instead_of": _TEXT,
            "reading": {**_TEXT, "description": "How the ballots were read for it."},
            "rules": {"type": "object"},
            "elected": _list(_UUID),
            "rows": _list({"type": "array", "items": {}}),
            "steps": _list({"type": "object", "required": ["step"]}),
            "certified": _object({"method": _TEXT, "at": _POSITION, "elected": _list(_UUID)}),
        }
    ),
    "JoinCode": _object({"workshop": _UUID, "code": {"type": "string", "pattern": "^[A-Z]{6}$"}}, "code"),
    "CodeAnswer": _object({"workshop": _UUID}),
    "Session": _object({"session": _FLAG, "host": _FLAG, "workshops": _list(_UUID)}),
    "Admission": _object({"host": _FLAG, "workshop": _UUID}, "workshop"),
    "Link": _object(_LINK),
    "Receipt": _object(_RECEIPT, *_OPTIONAL),
    "FacilitatorReceipt": _object({**_RECEIPT, "facilitator": _HEX_32, "link": _ref("Link")}, *_OPTIONAL),
    "BatchReceipt": _object({**_RECEIPT, "batch": _UUID}, *_OPTIONAL),
    "Catalogue": _object(
        {
            "items": _list(
                _object(
                    {
                        "workshop": _UUID,
                        "status": _TEXT,
                        "title": _ref("Text"),
                        "starts_at": _TIME,
                        "ends_at": _TIME,
                        "incomplete": _FLAG,
                    }
                )
            )
        }
    ),
    "Health": _object({"status": {"type": "string", "enum": ["alive", "ready"]}}),
}

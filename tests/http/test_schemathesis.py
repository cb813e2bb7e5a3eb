"""Schemathesis against a running server: thousands of requests made from the OpenAPI document, every check on."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from tests.http.house import House, opened_room

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
EXAMPLES = 4


@pytest.mark.slow
async def test_schemathesis_finds_nothing(house: House, tmp_path: Path) -> None:
    """No unexpected status, schema, header or crash, from valid and from broken requests, one by one and in sequences."""
    room = await opened_room(house)
    people = (room.facilitator, room.participant, room.scribe)
    cookies = [cookie.value for person in people for cookie in person.client.cookie_jar]
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "SCHEMATHESIS_HOOKS": "tests.http.schemathesis_hooks",
        "COCREATE_TEST_NAMES": json.dumps(room.names),
        "COCREATE_TEST_COOKIES": json.dumps(cookies),
    }
    command = ["-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run"]
    document = f"{house.url}/api/openapi.json"
    options = [
        "--checks",
        "all",
        "--max-examples",
        str(EXAMPLES),
        "--warnings",
        "off",
        "--continue-on-failure",
    ]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        document,
        *options,
        env=environment,
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()[-20_000:]
    told = output.decode()
    paths = (await room.anonymous.get("/api/openapi.json")).json["paths"]
    # The address of the document itself is left out of what it counts.
    total = sum(len({"get", "post", "delete"} & path.keys()) for path in paths.values()) - 1
    assert f"Selected: {total - 1}/{total}" in told, "all but the live stream" + told[-3_000:]
    assert "No issues found" in told or " passed" in told, told[-3_000:]

"""Every statement of docs/partiql.md, run by the AWS CLI on photos from the API, gives what the page shows.

UPDATE_PARTIQL_PAGE=1 writes the results into the page instead.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_cloud.backend.partiql.values import bytes_of
from local_world import ROOT, LocalCloud, sample, start_cloud
from partiql_page import (
    PAGE,
    Example,
    Placeholders,
    alike,
    examples,
    index_photos,
    placeholders,
    plain,
    with_results,
    written,
)
from shell_blocks import run
from terraform_world import unavailable

EXAMPLES = examples(PAGE.read_text())
READS = re.findall(r"^\*\*(Query|Scan)\b(?:(?!^#).)*?```sql\n(.*?)```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A cloud of the page's own: a scan sees every row."""
    if not shutil.which("aws"):
        unavailable("the AWS CLI is not on PATH")
    # The page shows the model version of 8 bits, whatever this processor would choose.
    running = start_cloud(tmp_path_factory.mktemp("partiql"), FACE_ENGINE_PRECISION="int8")
    index_photos(running)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def stable(cloud: LocalCloud) -> Placeholders:
    return placeholders(cloud)


def pages_of(cloud: LocalCloud, statement: str) -> int:
    """How many pages of one row each a statement takes."""
    client, request, pages = cloud.client("dynamodb"), {"Statement": statement, "Limit": 1}, 1
    while token := client.execute_statement(**request).get("NextToken"):
        request["NextToken"], pages = token, pages + 1
    return pages


@pytest.mark.parametrize(("kind", "statement"), READS, ids=[statement[:70] for _, statement in READS])
def test_the_page_says_whether_a_statement_scans(
    kind: str, statement: str, cloud: LocalCloud, stable: Placeholders
) -> None:
    (table,) = re.findall(r'FROM "([\w-]+)"', statement)
    rows = cloud.client("dynamodb").scan(TableName=table, Select="COUNT")["Count"]

    pages = pages_of(cloud, stable.reveal(statement))

    assert (pages > rows) == (kind == "Scan")


@pytest.fixture(scope="module")
def results(cloud: LocalCloud, stable: Placeholders, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Each example's result, in the page's order, since the last ones change rows."""
    folder = tmp_path_factory.mktemp("shell")
    found = [result(example, cloud, stable, folder) for example in EXAMPLES]
    if os.environ.get("UPDATE_PARTIQL_PAGE"):
        PAGE.write_text(with_results(PAGE.read_text(), found))
    return found


def result(example: Example, cloud: LocalCloud, stable: Placeholders, folder: Path) -> str:
    code = stable.reveal(example.code)
    if example.language == "bash":
        return written(json.loads(stable.hide(run(code, cloud, folder))))
    done = execute(code, cloud)
    if example.form == "text":
        return done.stderr.strip()
    assert done.returncode == 0, f"{code}\n{done.stderr}"
    items = [plain(item) for item in json.loads(stable.hide(done.stdout))["Items"]]
    return written(sorted(items, key=json.dumps))


def execute(statement: str, cloud: LocalCloud) -> subprocess.CompletedProcess[str]:
    command = ["aws", "dynamodb", "execute-statement", "--statement", statement, "--output", "json"]
    credentials = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
    return subprocess.run(
        [*command, "--endpoint-url", cloud.addresses["awsEndpoint"]],
        cwd=ROOT,
        env={**os.environ, **credentials},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=[f"{at}: {e.code[:70]}" for at, e in enumerate(EXAMPLES)])
def test_the_page_shows_what_the_statement_gives(number: int, results: list[str]) -> None:
    shown = examples(PAGE.read_text())[number]

    if shown.form == "text":
        assert shown.shown.strip() == results[number]
    else:
        assert alike(json.loads(shown.shown), json.loads(results[number])), results[number]


def test_searches_answer_the_corrected_name(results: list[str], cloud: LocalCloud) -> None:
    found = cloud.send("PUT", "/search", sample("grace-hopper")).json()

    assert found["matchedFaces"] == ["Rear Admiral Grace Hopper"]


def test_a_face_whose_row_was_deleted_is_an_orphan(results: list[str], cloud: LocalCloud, stable: Placeholders) -> None:
    face_id = stable.reveal("00000000-0000-0000-0000-000000000004")

    found = cloud.send("PUT", "/search", sample("eileen-collins")).json()["matches"]

    (match,) = [match for match in found if match["FaceId"] == face_id]
    assert (match["orphan"], match["name"], match["key"]) == (True, None, None)


@pytest.mark.parametrize(("table", "kilobytes"), [("rekognition", 0.8), ("rekognition-images", 0.4)])
def test_rows_weigh_what_the_page_says(table: str, kilobytes: float, cloud: LocalCloud, stable: Placeholders) -> None:
    rows = cloud.client("dynamodb").execute_statement(Statement=f'SELECT * FROM "{table}"')["Items"]

    weights = [bytes_of(row) for row in rows if row.get("FaceCount") or "Confidence" in row]

    assert sum(weights) / len(weights) == pytest.approx(kilobytes * 1000, rel=0.1)
    assert f"{kilobytes} KB" in PAGE.read_text()


def test_the_page_has_statements_enough() -> None:
    assert sum(example.language == "sql" for example in EXAMPLES) >= 18
    assert len(READS) >= 15

"""The dashboard, the page of operations and the functions speak of the same metrics."""

import re
from pathlib import Path

from faceprint.model.metrics import CALL_LATENCIES, METRICS

ROOT = Path(__file__).resolve().parents[2]


def graphs() -> list[tuple[str, list[str]]]:
    """The second dimension and the metrics of each graph of our own."""
    text = (ROOT / "terraform/dashboard.tf").read_text()
    own = text[text.index("own_graphs = [") : text.index("own_metrics")]
    return [
        (dimension, re.findall(r'"(\w+)"', names))
        for dimension, names in re.findall(r'by = "(\w*)", names = \[(.*?)\]', own)
    ]


def test_the_dashboard_shows_every_metric_by_its_dimension_and_no_other() -> None:
    shown = {name: dimension for dimension, names in graphs() for name in names}

    assert shown == {name: dimension for name, (_, dimension) in METRICS.items()}


def test_every_metric_is_measured_somewhere() -> None:
    handlers = "".join(path.read_text() for path in (ROOT / "lambdas/faceprint/handlers").glob("*.py"))

    measured = {name for name in METRICS if f'"{name}"' in handlers} | set(CALL_LATENCIES.values())

    assert measured == METRICS.keys()


def test_operations_lists_every_metric_with_its_dimension() -> None:
    page = (ROOT / "docs/operations.md").read_text()

    rows = re.findall(r"^\| (Route|Reason|Outcome|-) \| `(\w+)` \|", page, flags=re.MULTILINE)

    assert {name: dimension for dimension, name in rows} == {
        name: dimension or "-" for name, (_, dimension) in METRICS.items()
    }

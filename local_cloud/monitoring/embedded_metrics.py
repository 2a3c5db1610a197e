"""Metrics that functions write into their logs, as CloudWatch Logs takes them out (embedded metric format)."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local_cloud.log_files import LogFiles
from local_cloud.monitoring.metrics import Metric, Recorder

log = logging.getLogger(__name__)

_MARK = b'"_aws"'


class EmbeddedMetrics:
    """Those in the logs of one folder, from now on: what is there was recorded before."""

    def __init__(self, folder: Path, recorder: Recorder) -> None:
        self._files, self._recorder = LogFiles(folder), recorder

    def record_new_lines(self) -> None:
        """What was written since the last time; what is no metric, or a malformed one, is left alone."""
        for _, line in self._files.new_lines():
            if _MARK in line:
                self._record(line)

    def _record(self, line: bytes) -> None:
        try:
            found = list(read_values(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            log.warning("a line of metrics is malformed: %r", exc)
            return
        for metric, unit, value in found:
            self._recorder.record(metric, value, unit)


def read_values(line: dict[str, Any]) -> Iterator[tuple[Metric, str, float]]:
    """Metric, unit and value of everything in a line; several sets of dimensions are several metrics.

    Raises KeyError, TypeError or ValueError where the line is not of the format.
    """
    for directive in line["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = tuple(sorted((name, str(line[name])) for name in names))
            for described in directive["Metrics"]:
                metric = Metric(directive["Namespace"], described["Name"], dimensions)
                given = line[described["Name"]]
                for value in given if isinstance(given, list) else [given]:
                    yield metric, described.get("Unit", "None"), float(value)

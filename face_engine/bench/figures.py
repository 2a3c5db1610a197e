"""Times and memory as rows of a table."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

Row = tuple[str, str]
Result = TypeVar("Result")


def time_into(spent: list[float], work: Callable[..., Result], *given: Any, **named: Any) -> Result:
    """What `work` answers when it is called with what is given; its milliseconds are appended to `spent`."""
    started = time.perf_counter()
    result = work(*given, **named)
    spent.append(1000 * (time.perf_counter() - started))
    return result


def show_percentiles(milliseconds: Sequence[float]) -> str:
    low, high, highest = np.percentile(milliseconds, [50, 95, 99])
    return f"p50 {low:.1f} ms, p95 {high:.1f}, p99 {highest:.1f}"


def show_rates(rates: Sequence[float]) -> str:
    """The median of rates per second, and each of them."""
    return f"{np.median(rates):.2f} images/s ({', '.join(f'{rate:.2f}' for rate in rates)})"


def read_memory(process_id: int) -> tuple[float, float]:
    """Resident megabytes (10^6 bytes) of a process now, and the most it ever had. Raises `OSError` where not Linux."""
    status = Path(f"/proc/{process_id}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    now, most = (int(fields[name].split()[0]) * 1024 / 1e6 for name in ("VmRSS", "VmHWM"))
    return now, most

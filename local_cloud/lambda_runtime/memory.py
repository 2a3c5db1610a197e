"""How much memory a process has used at most, by Linux's /proc. Elsewhere nothing tells, and nothing is limited."""

import re
from pathlib import Path

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def peak_memory(pid: int) -> int | None:
    """The most physical memory in MB, rounded up, since the process was started; None where it is not known.

    Since its start, and not since the invocation began: of invocations that share an execution environment Lambda,
    too, reports the maximum of all. Children of the process are not counted.
    """
    try:
        found = _PEAK.search(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return None
    return -(-int(found[1]) // 1024) if found else None

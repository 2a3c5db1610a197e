"""The closing table of a soak."""

from rich.table import Table

from soak.closing import Closing
from soak.run import Soak


def closing_table(soak: Soak, closing: Closing) -> Table:
    """Every figure, with what it must be where it must be something."""
    table = Table("figure", "value", "must be", title="Soak", title_justify="left")
    for name, value, wanted in _rows(soak, closing):
        table.add_row(name, value, wanted)
    return table


def _rows(soak: Soak, closing: Closing) -> list[tuple[str, str, str]]:
    workload, world = soak.workload, soak.world
    struck = world.struck
    memory = [" / ".join(f"{each[at]:.0f}" for each in soak.memory) + " MB" for at in (0, 1)]
    kills = (
        f"{world.kills['worker']} + {struck.get('kill', 0)} at a call, {world.kills['engine']}, {world.kills['cloud']}"
    )
    return [
        ("uploads", f"{workload.uploads:,}", ""),
        ("of them with a name used before", f"{workload.count('repeat') + workload.count('replace'):,}", ""),
        ("replaced by other contents", f"{workload.count('replace'):,}", ""),
        ("deleted", f"{workload.count('delete'):,}", ""),
        ("corrupt", f"{workload.count('corrupt'):,}", ""),
        ("ended as", ", ".join(f"{name} {count:,}" for name, count in sorted(closing.statuses.items())), ""),
        ("events of S3", f"{struck.get('events', 0):,}", ""),
        ("duplicates, outdated, test events", " ".join(f"{struck.get(name, 0):,}" for name in _EXTRA), ""),
        ("late, in another order", " ".join(f"{struck.get(name, 0):,}" for name in ("delay", "reorder")), ""),
        ("kills of workers, engine, cloud", kills, ""),
        ("throttled calls", f"{struck.get('throttle', 0):,}", ""),
        ("lost", str(len(closing.lost)), "0"),
        ("deleted but still there", str(len(closing.undeleted)), "0"),
        ("doubled", str(len(closing.doubled)), "0"),
        ("disagreements", str(len(closing.disagreements)), "0"),
        ("dead letters", str(len(closing.dead_letters)), str(len(workload.poison))),
        ("memory of the cloud: start / middle / end", memory[0], "flat"),
        ("memory of the engine", memory[1], "flat" if soak.is_flat else "flat, and it is not"),
        ("uploads per second", f"{workload.uploads / soak.seconds:.1f}", ""),
        ("all settled after", f"{soak.drained_seconds:.0f} s", ""),
    ]


_EXTRA = ("duplicate", "stale", "test_event")

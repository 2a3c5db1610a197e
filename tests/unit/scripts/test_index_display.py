"""What a run shows: a bar on a terminal, lines elsewhere, and at the end what failed."""

import io
from collections import Counter
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from indexing.display import Bar, Lines
from indexing.plan import PhotoFile, Plan
from indexing.summary import Summary, describe_plan, print_plan, print_summary


def screen(*, terminal: bool = False) -> tuple[Console, io.StringIO]:
    shown = io.StringIO()
    return Console(file=shown, force_terminal=terminal, color_system=None, width=120), shown


def photo(file: str, **changes: object) -> PhotoFile:
    return replace(PhotoFile(Path(file), file, file, name="", bytes=1_000_000, mtime_ns=0), **changes)


def test_lines_come_every_few_seconds_and_at_the_end() -> None:
    console, shown = screen()
    moments = iter([0.0, 1.0, 5.0, 6.0, 8.0])
    with Lines(40, console, clock=lambda: next(moments)) as lines:
        for done in (5, 20, 21, 40):
            lines.show(Counter(INDEXED=done - 1, FAILED=1))

    assert shown.getvalue().splitlines() == [
        "20/40 photos, 4.0/s, 1 failed, 0:00:05 left",
        "40/40 photos, 5.0/s, 1 failed, 0:00:00 left",
    ]


def test_the_bar_shows_count_rate_times_and_failures() -> None:
    console, shown = screen(terminal=True)
    with Bar(40, console) as bar:
        bar.show(Counter(INDEXED=18, FAILED=2))

    line = shown.getvalue().rpartition("Indexing")[2]
    assert "20/40" in line
    assert "/s elapsed 0:00:00 left" in line
    assert "2 failed" in line


def test_the_summary_names_what_failed_and_why_as_it_is_written() -> None:
    console, shown = screen()
    summary = Summary(photos=5, indexed=3, failed=1, left=1, seconds=2.0, images_per_second=1.5, estimated_usd=0.003)
    summary.failures = [{"file": "[red]a.jpg", "reason": "It is empty."}]
    summary.throttled = 7

    print_summary(summary, console)

    assert "[red]a.jpg\tIt is empty." in shown.getvalue()
    assert "5 photos: 3 indexed, 1 failed, 1 not begun\n" in shown.getvalue()
    assert "2.0 s, 1.5 images/s, about $0.003, slowed down by 7 answers 429\n" in shown.getvalue()


def test_the_plan_counts_sizes_names_and_the_price() -> None:
    plan = Plan(
        new=[photo("Ada/1.jpg", name="Ada"), photo("Ada/2.jpg", name="Ada", bytes=5_000_000), photo("b.jpg")],
        present=[photo("c.jpg")],
        impossible=[photo("d.jpg", problem="It is empty.")],
    )
    console, shown = screen()

    print_plan(plan, ignored=Counter(hidden=2), usd=0.003, names_from="the folder", console=console)
    told = describe_plan(plan, ignored=Counter(hidden=2), usd=0.003)

    text = shown.getvalue()
    for said in (
        "3 photos, 7.0 MB, about $0.003",
        "by presigned upload  1",
        "there already    1",
        "the folder",
        "2 hidden",
    ):
        assert said in text
    assert "Ada\t2\tAda/2.jpg" in text
    assert (told["new"], told["bytes"], told["large"], told["present"]) == (3, 7_000_000, 1, 1)
    assert told["names"] == {"Ada": 2, "": 1}
    assert told["failures"] == [{"file": "d.jpg", "reason": "It is empty."}]

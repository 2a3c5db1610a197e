"""A short soak; `make soak` is the long one."""

from pathlib import Path

from soak.run import Options, Soak


def test_nothing_is_lost_or_doubled_under_throttling_kills_and_noisy_events(tmp_path: Path) -> None:
    soak = Soak(
        Options(uploads=100, kills=3, cloud_kills=1, drain_seconds=300, visibility_seconds=10), tmp_path / "data"
    )

    closing = soak.run()

    assert (closing.lost, closing.undeleted, closing.doubled, closing.disagreements) == ((), (), (), ())
    assert sorted(closing.dead_letters) == sorted(soak.workload.poison)
    assert soak.world.kills["cloud"] == 1
    assert soak.world.struck["throttle"] > soak.options.uploads / 2
    assert closing.statuses["INDEXED"] > len(soak.workload.expected) * 0.7

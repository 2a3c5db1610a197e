"""The group picture is what its script makes of the single portraits."""

import pytest
import yaml
from PIL import Image, ImageChops, ImageStat

from scripts import compose_group

LARGEST_MEAN_DIFFERENCE = 3.0  # of 255: what JPEG compression costs


def test_committed_group_is_what_the_script_composes() -> None:
    composed = compose_group.compose_group()

    with Image.open(compose_group.SAMPLES / "group.jpg") as committed:
        difference = ImageStat.Stat(ImageChops.difference(composed, committed.convert("RGB")))
    assert max(difference.mean) < LARGEST_MEAN_DIFFERENCE


def test_manifest_names_the_group_from_left_to_right() -> None:
    manifest = yaml.safe_load((compose_group.SAMPLES / "samples.yaml").read_text())
    portraits = sorted(compose_group.GROUP, key=lambda portrait: portrait.place)

    shown = [portrait.file.rsplit(".")[0].rstrip("-0123456789").replace("-", " ").title() for portrait in portraits]

    indexed = {entry["name"] for entry in manifest["index"]}
    assert manifest["group"]["names"] == [name if name in indexed else None for name in shown]


@pytest.mark.parametrize("portrait", compose_group.GROUP, ids=lambda portrait: portrait.file)
def test_portraits_stand_whole_on_the_canvas(portrait: compose_group.Portrait) -> None:
    width, height = portrait.render(compose_group.SAMPLES).size

    left, top = portrait.place
    assert left >= 0
    assert top >= 0
    assert left + width <= compose_group.CANVAS[0]
    assert top + height <= compose_group.CANVAS[1]

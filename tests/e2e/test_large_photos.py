"""Photos as large as the contract takes them, through every route, in the memory and sizes that AWS allows."""

import base64
import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from PIL import Image

from big_photos import CLOSE_UP, coarse_png, crowd, encode, enlarged, noisy_jpeg, sample_image
from local_world import LocalCloud, sample, start_cloud, wait_until

pytestmark = pytest.mark.e2e

FORMS = {"json": ("", {}), "annotated": ("?annotate=true", {}), "picture": ("", {"Accept": "image/jpeg"})}
PICTURE_BYTES = 6_291_556 * 3 // 4


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """Of its own: its functions' memory is read from its log."""
    running = start_cloud(tmp_path_factory.mktemp("large"))
    running.put("library/obama.jpg", sample("barack-obama-1"), "Barack Obama")
    running.put("library/hopper.jpg", sample("grace-hopper"), "Grace Hopper")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def slow_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """Rekognition takes one request of each operation a second."""
    running = start_cloud(tmp_path_factory.mktemp("slow"), "--tps", "1")
    running.put("library/obama.jpg", sample("barack-obama-1"), "Barack Obama")
    yield running
    running.stop()


def noisy_group(megapixels: float) -> bytes:
    return noisy_jpeg(sample_image("group"), megapixels)


def hundred_megapixels() -> bytes:
    """97 megapixels, of which no side has more than 10,000, as Rekognition has it."""
    portrait = sample_image("barack-obama-2")
    side = min(portrait.size)
    return encode(enlarged(portrait.crop((0, 0, side, side)), 97), quality=60)


@pytest.mark.parametrize(
    ("photo", "names"),
    [
        pytest.param(lambda: noisy_group(12), ["Barack Obama", "Grace Hopper"], id="12 MP"),
        pytest.param(lambda: noisy_group(20), ["Barack Obama", "Grace Hopper"], id="20 MP"),
        pytest.param(lambda: noisy_group(29), ["Barack Obama", "Grace Hopper"], id="29 MP"),
        pytest.param(lambda: noisy_jpeg(sample_image(*CLOSE_UP), 29), ["Barack Obama"], id="29 MP close-up"),
        pytest.param(lambda: coarse_png(sample_image("group"), 12), ["Barack Obama", "Grace Hopper"], id="12 MP PNG"),
        pytest.param(lambda: coarse_png(sample_image(*CLOSE_UP), 20), ["Barack Obama"], id="20 MP PNG close-up"),
        pytest.param(hundred_megapixels, ["Barack Obama"], id="97 MP"),
    ],
)
def test_a_large_photo_is_identified_in_every_form(
    photo: Callable[[], bytes], names: list[str], cloud: LocalCloud
) -> None:
    data = photo()
    assert len(data) <= 4_400_000

    answers = {
        form: cloud.send("POST", f"/identify{query}", data, headers=headers) for form, (query, headers) in FORMS.items()
    }

    assert {form: answer.status_code for form, answer in answers.items()} == dict.fromkeys(FORMS, 200)
    assert answers["json"].json()["matchedFaces"] == answers["annotated"].json()["matchedFaces"] == names
    for picture in (base64.b64decode(answers["annotated"].json()["annotated"]), answers["picture"].content):
        assert len(picture) <= PICTURE_BYTES
        with Image.open(io.BytesIO(picture)) as image:
            image.load()
            assert image.width * image.height > 3_000_000


def test_a_photo_of_97_megapixels_goes_through_every_route(cloud: LocalCloud) -> None:
    data = hundred_megapixels()
    large = data + bytes(14_900_000 - len(data))
    text = base64.b64encode(data).decode()

    stored = cloud.put("huge/photo.jpg", data, "Huge")
    uploaded = cloud.send("POST", "/uploads", json={"filename": "huge/large.jpg", "bytes": len(large)}).json()
    assert requests.put(uploaded["url"], large, headers=uploaded["headers"], timeout=60).status_code == 200
    found = {
        "search": cloud.send("POST", "/search", data),
        "search by JSON": cloud.send("POST", "/search", f'{{"image": "{text}"}}'),
        "detect": cloud.send("POST", "/detect?attributes=ALL", data),
        "compare": cloud.send("POST", "/compare", f'{{"source": "{text}", "target": {{"key": "library/obama.jpg"}}}}'),
    }

    assert (stored["image"]["status"], stored["image"]["faces"]) == ("INDEXED", 1)
    assert {route: answer.status_code for route, answer in found.items()} == dict.fromkeys(found, 200)
    assert found["search"].json()["outcome"] == found["compare"].json()["outcome"] == "match"
    large_image = wait_until(lambda: _settled(cloud, "huge/large.jpg"))
    assert (large_image["status"], large_image["bytes"]) == ("INDEXED", len(large))
    log = (cloud.data / "logs" / "rekognition_search.log").read_text(errors="replace")
    used = [int(megabytes) for megabytes in re.findall(r"Max Memory Used: (\d+) MB", log)]
    assert used
    assert max(used) < 512


def _settled(cloud: LocalCloud, key: str) -> dict[str, Any] | None:
    answer = cloud.send("GET", f"/index/{key}")
    image = answer.json()["image"] if answer.status_code == 200 else {"status": "PENDING"}
    return None if image["status"] == "PENDING" else image


def test_what_a_small_quota_leaves_no_time_for_is_told_and_the_others_are_found(slow_cloud: LocalCloud) -> None:
    short, long = (slow_cloud.send("POST", f"/identify?maxSearch={faces}", crowd(40)) for faces in (8, 40))

    assert (short.status_code, long.status_code) == (200, 200), (short.text, long.text)
    assert short.json()["notSearched"] == 40 - 8
    assert all(face.get("reason", "MaxSearch").startswith("MaxSearch") for face in short.json()["faces"])
    left = [face["reason"] for face in long.json()["faces"] if face["outcome"] == "not_searched"]
    assert 10 < len(left) == long.json()["notSearched"] < 35
    assert all(reason.startswith("Throttled: ") for reason in left)
    assert long.elapsed.total_seconds() < 29
    searches = long.json()["usage"]["calls"]["SearchFacesByImage"]
    assert searches == 40 - len(left)

"""Searching, identifying and comparing."""

import base64
import io
import threading
from typing import ClassVar

import pytest
from PIL import Image

from faceprint.model.errors import NoFaceError, NotFoundError, ThrottledError, UnavailableError, UpstreamError
from faceprint.use_cases import identify_faces
from faceprint.use_cases.pictures import Picture
from faceprint.use_cases.ports import Means
from fakes.faces import FakeFaceCollection, Seen
from fakes.pictures import make_image
from fakes.world import World

MEANS = Means(seconds=29, memory=1536)


@pytest.fixture
def world() -> World:
    world = World()
    for seed, person in ((1, "ana"), (2, "bea"), (3, "cia")):
        world.put(f"{person}.jpg", world.collection.show(make_image(seed), person), name=person.title())
    return world


def search(world: World, data: bytes, *, quality_filter: str = "NONE") -> dict:
    return world.search_faces.search(data, threshold=80, max_faces=10, quality_filter=quality_filter)


def test_a_known_person_is_found_on_another_photo(world: World) -> None:
    answer = search(world, world.collection.show(make_image(11), "bea"))

    assert answer["outcome"] == "match"
    assert answer["matchedFaces"] == ["Bea"]
    assert [(match["name"], match["key"], match["Similarity"]) for match in answer["matches"]] == [
        ("Bea", "bea.jpg", 99.0)
    ]
    assert answer["matches"][0]["imageUrl"].endswith("/bea.jpg")
    assert answer["faces"]["FaceMatches"][0]["Face"]["FaceId"] == answer["matches"][0]["FaceId"]


def test_check_08_a_stranger_is_unknown(world: World) -> None:
    answer = search(world, world.collection.show(make_image(11), "zoe"))

    assert answer["outcome"] == "unknown"
    assert answer["matchedFaces"] == []


def test_check_02_no_face_is_an_answer(world: World) -> None:
    assert search(world, make_image(11))["outcome"] == "no_face"


def test_a_face_that_the_quality_filter_refuses_is_low_quality(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = world.collection.show(make_image(11), "ana")
    monkeypatch.setattr(FakeFaceCollection, "search_by_image", _no_face)

    assert search(world, photo, quality_filter="HIGH")["outcome"] == "low_quality"


def test_a_match_without_a_row_stays_and_is_marked(world: World) -> None:
    world.records.faces.clear()

    answer = search(world, world.collection.show(make_image(11), "ana"))

    assert answer["outcome"] == "match"
    assert answer["matches"][0]["orphan"] is True
    assert answer["matchedFaces"] == []


def test_several_photos_of_a_person_give_one_name(world: World) -> None:
    world.put("ana2.jpg", world.collection.show(make_image(4), "ana"), name="Ana")

    answer = search(world, world.collection.show(make_image(11), "ana"))

    assert len(answer["matches"]) == 2
    assert answer["matchedFaces"] == ["Ana"]


def test_an_indexed_face_finds_the_others_of_the_same_person(world: World) -> None:
    world.put("ana2.jpg", world.collection.show(make_image(4), "ana"), name="Ana")
    face_id = next(face for face, row in world.records.faces.items() if row["key"] == "ana.jpg")

    answer = world.search_faces.search_by_face(face_id, threshold=80, max_faces=10)

    assert [match["key"] for match in answer["matches"]] == ["ana2.jpg"]
    with pytest.raises(NotFoundError):
        world.search_faces.search_by_face("0" * 8, threshold=80, max_faces=10)


def test_a_face_that_the_collection_has_lost_is_not_found(world: World) -> None:
    face_id = next(iter(world.records.faces))
    del world.collection.faces[face_id]

    with pytest.raises(NotFoundError, match=face_id):
        world.search_faces.search_by_face(face_id, threshold=80, max_faces=10)


class Crops:
    """Shows each crop of a group photo as the person whose colour is in its middle."""

    COLOURS: ClassVar = {"ana": (250, 0, 0), "bea": (0, 250, 0), "cia": (0, 0, 250), "zoe": (250, 250, 0)}

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.collection = world.collection
        self.crops: list[bytes] = []
        self._search = world.collection.search_by_image
        monkeypatch.setattr(world.collection, "search_by_image", self.search)

    def group(self, *people: str) -> bytes:
        image = Image.new("RGB", (900, 300), (10, 10, 10))
        seen = [Seen(person, 0.02 + 0.2 * place, 0.15) for place, person in enumerate(people)]
        for face in seen:
            left, top = int(face.left * 900), int(0.2 * 300)
            image.paste(self.COLOURS[face.person], (left, top, left + 135, top + 54))
        stream = io.BytesIO()
        image.save(stream, "PNG")
        return self.collection.show(stream.getvalue(), *reversed(seen))

    def search(self, data: bytes, **options: object) -> dict:
        with Image.open(io.BytesIO(data)) as crop:
            assert min(crop.size) >= 80
            count = {
                person: sum(
                    all(abs(a - b) < 60 for a, b in zip(crop.getpixel((x, y)), colour, strict=True))
                    for x in range(0, crop.width, 4)
                    for y in range(0, crop.height, 4)
                )
                for person, colour in self.COLOURS.items()
            }
        self.crops.append(data)
        self.collection.show(data, *[person for person, pixels in count.items() if pixels > 20])
        assert len(self.collection.shown[data]) == 1, "a crop shows one person; the neighbours are blanked"
        return self._search(data, **options)


def identify(world: World, data: bytes, *, max_search: int = 20, annotate: bool = False) -> dict:
    return world.identify_faces.identify(data, threshold=80, max_search=max_search, annotate=annotate, means=MEANS)


def test_check_07_everybody_on_a_group_photo_is_named_left_to_right(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = Crops(world, monkeypatch).group("cia", "zoe", "ana", "bea")
    world.collection.calls.clear()

    answer = identify(world, group)

    assert [face["name"] for face in answer["faces"]] == ["Cia", None, "Ana", "Bea"]
    assert [face["outcome"] for face in answer["faces"]] == ["match", "unknown", "match", "match"]
    assert answer["matchedFaces"] == ["Cia", "Ana", "Bea"]
    assert sorted(world.collection.calls) == ["DetectFaces"] + ["SearchFacesByImage"] * 4


def test_check_07_a_name_goes_to_one_face_at_most(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.collection.likeness[("zoe", "ana")] = 90.0
    group = Crops(world, monkeypatch).group("zoe", "ana")

    answer = identify(world, group)

    assert [face["name"] for face in answer["faces"]] == [None, "Ana"]


def test_the_second_best_name_counts_when_the_best_is_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.collection.likeness |= {("zoe", "ana"): 90.0, ("zoe", "bea"): 85.0}
    group = Crops(world, monkeypatch).group("zoe", "ana")

    answer = identify(world, group)

    assert [face["name"] for face in answer["faces"]] == ["Bea", "Ana"]


def test_only_the_largest_faces_are_searched(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    crops = Crops(world, monkeypatch)

    answer = identify(world, crops.group("ana", "bea", "cia"), max_search=2)

    assert len(crops.crops) == 2
    (left,) = [face for face in answer["faces"] if face["outcome"] == "not_searched"]
    assert left["reason"].startswith("MaxSearch: only the 2 largest faces were searched")
    assert answer["notSearched"] == 1


class Refusing:
    """Fails each search for these people as often as is said."""

    def __init__(self, crops: Crops, monkeypatch: pytest.MonkeyPatch, **failures: list[Exception]) -> None:
        self.failures, self._search = failures, crops.search
        monkeypatch.setattr(crops.collection, "search_by_image", self.search)

    def search(self, data: bytes, **options: object) -> dict:
        with Image.open(io.BytesIO(data)) as crop:
            middle = crop.getpixel((crop.width // 2, crop.height // 2))
        person = min(
            Crops.COLOURS, key=lambda name: sum(abs(a - b) for a, b in zip(Crops.COLOURS[name], middle, strict=True))
        )
        if self.failures.get(person):
            raise self.failures[person].pop()
        return self._search(data, **options)


def test_a_throttled_search_is_repeated_within_the_time_of_the_request(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    crops = Crops(world, monkeypatch)
    Refusing(crops, monkeypatch, ana=[ThrottledError("wait") for _ in range(12)])
    began = world.clock.now()

    answer = identify(world, crops.group("ana", "bea"))

    assert answer["matchedFaces"] == ["Ana", "Bea"]
    assert answer["notSearched"] == 0
    assert 1 < world.clock.now() - began < 23


def test_what_stays_throttled_is_not_searched_and_the_others_are_named(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    crops = Crops(world, monkeypatch)
    Refusing(crops, monkeypatch, zoe=[ThrottledError("AWS is throttling.") for _ in range(1000)])
    began = world.clock.now()

    answer = identify(world, crops.group("ana", "zoe", "bea"), annotate=True)

    assert [face["outcome"] for face in answer["faces"]] == ["match", "not_searched", "match"]
    assert answer["faces"][1]["reason"] == "Throttled: AWS is throttling."
    assert answer["notSearched"] == 1
    assert world.clock.now() - began < 23


@pytest.mark.parametrize("failure", [UpstreamError, UnavailableError])
def test_a_search_that_aws_fails_is_repeated_three_times(
    failure: type[Exception], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    crops = Crops(world, monkeypatch)
    Refusing(crops, monkeypatch, ana=[failure("no") for _ in range(3)], bea=[failure("no") for _ in range(4)])

    answer = identify(world, crops.group("ana", "bea"))

    assert [face["outcome"] for face in answer["faces"]] == ["match", "not_searched"]
    assert answer["faces"][1]["reason"] == "Upstream: no"


def test_when_no_face_at_all_could_be_searched_the_failure_is_the_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    crops = Crops(world, monkeypatch)
    always = {person: [ThrottledError("wait") for _ in range(1000)] for person in ("ana", "bea")}
    Refusing(crops, monkeypatch, **always)

    with pytest.raises(ThrottledError):
        identify(world, crops.group("ana", "bea"))


def test_a_throttled_detection_is_repeated_too(world: World) -> None:
    photo = world.collection.show(make_image(11))
    world.collection.failures += [ThrottledError("wait") for _ in range(5)]

    assert identify(world, photo)["faces"] == []


def test_no_search_begins_when_the_time_is_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    group = Crops(world, monkeypatch).group("ana")
    world.collection.calls.clear()

    with pytest.raises(ThrottledError):
        world.identify_faces.identify(group, threshold=80, max_search=1, annotate=False, means=Means(5, 1536))
    assert world.collection.calls == ["DetectFaces"]


def test_a_search_that_hangs_does_not_hold_the_answer_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    crops, hung = Crops(world, monkeypatch), threading.Event()
    group = crops.group("ana", "bea")
    monkeypatch.setattr(identify_faces, "_LAST_CALL_SECONDS", 0.0)
    lock = threading.Lock()

    def search(data: bytes, **options: object) -> dict:
        if lock.acquire(blocking=False):
            hung.wait(60)
        return crops.search(data, **options)

    monkeypatch.setattr(world.collection, "search_by_image", search)
    try:
        answer = world.identify_faces.identify(
            group, threshold=80, max_search=20, annotate=False, means=Means(seconds=7, memory=1536)
        )
    finally:
        hung.set()

    assert sorted(face["outcome"] for face in answer["faces"]) == ["match", "not_searched"]


def test_the_annotated_picture_has_boxes_where_the_faces_are(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    group = Crops(world, monkeypatch).group("ana", "zoe")

    answer = identify(world, group, annotate=True)

    with Image.open(io.BytesIO(base64.b64decode(answer["annotated"]))) as picture:
        assert picture.size == (900, 300)
        known, unknown = picture.getpixel((18, 70)), picture.getpixel((198, 70))
    assert known[1] > 150 > known[0]
    assert unknown[0] > 200


def test_check_06_crops_and_boxes_follow_the_exif_turn() -> None:
    upright = Picture.open(make_image(1, size=(200, 100), orientation=6))

    assert upright.image.size == (100, 200)


def test_a_photo_without_faces_identifies_nobody(world: World) -> None:
    assert identify(world, make_image(11)) == {"faces": [], "matchedFaces": [], "notSearched": 0}


def test_comparing_tells_whether_it_is_the_same_person(world: World) -> None:
    one, two = (world.collection.show(make_image(seed), person) for seed, person in ((11, "ana"), (12, "zoe")))
    options = {"threshold": 80.0, "quality_filter": "NONE"}

    assert world.compare_faces.compare_with_image(one, "ana.jpg", **options)["outcome"] == "match"
    assert world.compare_faces.compare(one, two, **options)["outcome"] == "no_match"
    with pytest.raises(NoFaceError):
        world.compare_faces.compare(one, make_image(13), **options)


def test_comparing_with_one_face_ignores_the_others_on_its_photo(world: World) -> None:
    world.put("pair.jpg", world.collection.show(make_image(5), Seen("zoe", 0.1, 0.2), Seen("eva", 0.6, 0.15)))
    face_ids = {entry["person"]: face for face, entry in world.collection.faces.items()}
    photo = world.collection.show(make_image(11), "eva")
    options = {"threshold": 80.0, "quality_filter": "NONE"}

    assert world.compare_faces.compare_with_face(photo, face_ids["eva"], **options)["outcome"] == "match"
    assert world.compare_faces.compare_with_face(photo, face_ids["zoe"], **options)["outcome"] == "no_match"


def _no_face(*_: object, **__: object) -> None:
    raise NoFaceError("There is no face.")

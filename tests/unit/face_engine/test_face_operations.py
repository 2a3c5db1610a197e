"""IndexFaces, ListFaces, DeleteFaces and the searches, as Rekognition documents them."""

from __future__ import annotations

from pathlib import Path

import pytest

from face_engine.errors import (
    FaceMissingError,
    InvalidPaginationTokenError,
    InvalidParameterError,
    ModelMismatchError,
    NoFacesError,
    NothingToCompareError,
    ResourceNotFoundError,
)
from fakes.engine_parts import EngineUnderTest
from fakes.fake_vision import FakeVision, make_face, make_photo

ANN, BOB, ANN_OLDER = 10, 20, 13
EMPTY, ONE, GROUP, OTHER = 0, 50, 100, 150
UNKNOWN_ID = "ffffffff-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def people(engine: EngineUnderTest) -> None:
    engine.vision.photos = {
        ONE: [make_face(ANN)],
        GROUP: [make_face(BOB, box=(0, 0, 30, 30)), make_face(ANN, box=(100, 0, 60, 60))],
        OTHER: [make_face(BOB)],
    }


def face_ids(answer: dict) -> list[str]:
    return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]


def test_indexed_face_is_found_on_another_photo(engine: EngineUnderTest) -> None:
    indexed = engine.index(make_photo(ONE), ExternalImageId="ann")

    found = engine.search(make_photo(GROUP))

    assert [match["Face"]["FaceId"] for match in found["FaceMatches"]] == face_ids(indexed)
    assert found["FaceMatches"][0]["Similarity"] > 99
    assert found["FaceMatches"][0]["Face"]["ExternalImageId"] == "ann"


def test_faces_of_one_photo_share_an_image_id_and_come_largest_first(engine: EngineUnderTest) -> None:
    records = engine.index(make_photo(GROUP))["FaceRecords"]

    assert len({record["Face"]["ImageId"] for record in records}) == 1
    assert [record["FaceDetail"]["BoundingBox"]["Width"] for record in records] == [0.3, 0.15]


def test_same_photo_and_external_id_is_not_saved_twice(engine: EngineUnderTest) -> None:
    first = engine.index(make_photo(GROUP), ExternalImageId="a")

    again = engine.index(make_photo(GROUP), ExternalImageId="a")

    assert again["FaceRecords"] == first["FaceRecords"]
    assert engine.call("DescribeCollection", CollectionId="people")["FaceCount"] == 2


def test_another_external_id_saves_the_faces_again(engine: EngineUnderTest) -> None:
    first = engine.index(make_photo(ONE), ExternalImageId="a")

    second = engine.index(make_photo(ONE), ExternalImageId="b")

    assert not set(face_ids(first)) & set(face_ids(second))


def test_deleted_face_of_a_known_photo_is_indexed_again(engine: EngineUnderTest) -> None:
    old = face_ids(engine.index(make_photo(ONE)))
    engine.call("DeleteFaces", CollectionId="people", FaceIds=old)

    new = face_ids(engine.index(make_photo(ONE)))

    assert new and new != old


def test_photo_without_faces_indexes_nothing(engine: EngineUnderTest) -> None:
    answer = engine.index(make_photo(EMPTY))

    assert (answer["FaceRecords"], answer["UnindexedFaces"]) == ([], [])


def test_max_faces_drops_the_poorest_first_and_says_so(engine: EngineUnderTest) -> None:
    blurred_giant = make_face(ANN, box=(0, 0, 90, 90), sharpness=20)
    engine.vision.photos[ONE] = [
        blurred_giant,
        make_face(BOB, box=(100, 0, 70, 70)),
        make_face(30, box=(180, 0, 65, 65)),
    ]

    answer = engine.index(make_photo(ONE), MaxFaces=1)

    assert answer["FaceRecords"][0]["FaceDetail"]["BoundingBox"]["Width"] == 0.35
    assert [face["Reasons"] for face in answer["UnindexedFaces"]] == [["EXCEEDS_MAX_FACES"]] * 2


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"box": (0, 0, 10, 12)}, "SMALL_BOUNDING_BOX"),
        ({"score": 0.51}, "LOW_CONFIDENCE"),
        ({"sharpness": 1}, "LOW_SHARPNESS"),
        ({"brightness": 3}, "LOW_BRIGHTNESS"),
        ({"yaw": 70}, "EXTREME_POSE"),
    ],
)
def test_quality_filter_refuses_with_its_reason(engine: EngineUnderTest, fault: dict, reason: str) -> None:
    engine.vision.photos[ONE] = [make_face(ANN, **fault)]

    filtered = engine.index(make_photo(ONE))
    unfiltered = engine.index(make_photo(ONE), QualityFilter="NONE")

    assert [face["Reasons"] for face in filtered["UnindexedFaces"]] == [[reason]]
    assert len(unfiltered["FaceRecords"]) == 1


def test_search_takes_the_largest_face_and_its_box(engine: EngineUnderTest) -> None:
    engine.index(make_photo(OTHER))

    found = engine.search(make_photo(GROUP))

    assert found["SearchedFaceBoundingBox"]["Left"] == 0.5
    assert found["FaceMatches"] == []


def test_search_without_a_face_is_an_error_with_rekognitions_words(engine: EngineUnderTest) -> None:
    with pytest.raises(NoFacesError, match=r"^There are no faces in the image. Should be at least 1.$"):
        engine.search(make_photo(EMPTY))


def test_threshold_and_max_faces_limit_the_matches(engine: EngineUnderTest) -> None:
    engine.vision.photos |= {60: [make_face(ANN_OLDER)], 61: [make_face(ANN + 8)]}
    for shade in (61, 60, ONE):
        engine.index(make_photo(shade))

    wide = engine.search(make_photo(ONE), FaceMatchThreshold=0)["FaceMatches"]
    strict = engine.search(make_photo(ONE))["FaceMatches"]
    single = engine.search(make_photo(ONE), MaxFaces=1, FaceMatchThreshold=0)["FaceMatches"]

    similarities = [match["Similarity"] for match in wide]
    assert similarities == sorted(similarities, reverse=True)
    assert (len(wide), len(strict), len(single)) == (3, 2, 1)


def test_equal_matches_keep_the_order_they_came_in(engine: EngineUnderTest) -> None:
    ids = [face_ids(engine.index(make_photo(ONE), ExternalImageId=str(number)))[0] for number in range(20)]

    matches = engine.search(make_photo(ONE))["FaceMatches"]

    assert [match["Face"]["FaceId"] for match in matches] == ids


def test_search_by_face_leaves_the_face_itself_out(engine: EngineUnderTest) -> None:
    first, second = (face_ids(engine.index(make_photo(ONE), ExternalImageId=name))[0] for name in "ab")

    answer = engine.call("SearchFaces", CollectionId="people", FaceId=first, MaxFaces=1)

    assert [match["Face"]["FaceId"] for match in answer["FaceMatches"]] == [second]


def test_search_by_unknown_face_is_not_found(engine: EngineUnderTest) -> None:
    with pytest.raises(FaceMissingError, match=r"^faceId was not found in the collection$"):
        engine.call("SearchFaces", CollectionId="people", FaceId=UNKNOWN_ID)


def test_deleted_face_cannot_be_found_at_once(engine: EngineUnderTest) -> None:
    ids = face_ids(engine.index(make_photo(GROUP)))
    assert engine.search(make_photo(ONE))["FaceMatches"]

    answer = engine.call("DeleteFaces", CollectionId="people", FaceIds=[ids[0], UNKNOWN_ID])

    assert answer["DeletedFaces"] == ids[:1]
    assert answer["UnsuccessfulFaceDeletions"] == [{"FaceId": UNKNOWN_ID, "Reasons": ["FACE_NOT_FOUND"]}]
    assert engine.search(make_photo(ONE))["FaceMatches"] == []


def test_deleted_face_takes_no_place_among_the_matches(engine: EngineUnderTest) -> None:
    older, newer = (face_ids(engine.index(make_photo(ONE), ExternalImageId=name))[0] for name in "ab")
    assert engine.search(make_photo(ONE), MaxFaces=1)["FaceMatches"][0]["Face"]["FaceId"] == older

    engine.call("DeleteFaces", CollectionId="people", FaceIds=[older])

    assert [match["Face"]["FaceId"] for match in engine.search(make_photo(ONE), MaxFaces=1)["FaceMatches"]] == [newer]


def test_list_faces_pages_through_all_once(engine: EngineUnderTest) -> None:
    ids = [face_ids(engine.index(make_photo(ONE), ExternalImageId=str(number)))[0] for number in range(5)]

    seen, token = [], None
    while True:
        more = {"NextToken": token} if token else {}
        page = engine.call("ListFaces", CollectionId="people", MaxResults=2, **more)
        seen += [face["FaceId"] for face in page["Faces"]]
        token = page.get("NextToken")
        if token is None:
            break

    assert seen == ids


def test_list_faces_keeps_to_the_ids_asked_for(engine: EngineUnderTest) -> None:
    ids = face_ids(engine.index(make_photo(GROUP)))

    page = engine.call("ListFaces", CollectionId="people", FaceIds=[ids[1], UNKNOWN_ID])

    assert [face["FaceId"] for face in page["Faces"]] == ids[1:]


def test_token_of_another_list_is_refused(engine: EngineUnderTest) -> None:
    engine.call("CreateCollection", CollectionId="second")
    engine.index(make_photo(GROUP))
    token = engine.call("ListFaces", CollectionId="people", MaxResults=1)["NextToken"]

    for wrong in (token[:-3] + "AAA", "x", "é", ""):
        with pytest.raises(InvalidPaginationTokenError):
            engine.call("ListFaces", CollectionId="people", NextToken=wrong)
    with pytest.raises(InvalidPaginationTokenError):
        engine.call("ListFaces", CollectionId="second", NextToken=token)


@pytest.mark.parametrize("operation", ["IndexFaces", "SearchFacesByImage"])
def test_missing_collection_is_named(engine: EngineUnderTest, operation: str) -> None:
    with pytest.raises(ResourceNotFoundError, match="The collection id: nobody does not exist"):
        engine.call(operation, CollectionId="nobody", Image={"Bytes": make_photo(ONE)})


def test_collection_of_another_model_is_never_compared(engine: EngineUnderTest) -> None:
    face_id = face_ids(engine.index(make_photo(ONE)))[0]
    engine.vision.version = "0.0.2"

    for attempt in (
        lambda: engine.index(make_photo(ONE)),
        lambda: engine.search(make_photo(ONE)),
        lambda: engine.call("SearchFaces", CollectionId="people", FaceId=face_id),
    ):
        with pytest.raises(ModelMismatchError, match=r"0\.0\.1.*0\.0\.2"):
            attempt()


def test_faces_survive_a_restart(tmp_path: Path) -> None:
    vision = FakeVision({ONE: [make_face(ANN)]})
    before = EngineUnderTest(tmp_path / "store", vision)
    before.call("CreateCollection", CollectionId="people")
    ids = face_ids(before.index(make_photo(ONE)))
    before.store.close()

    after = EngineUnderTest(tmp_path / "store", vision)
    found = after.search(make_photo(ONE))["FaceMatches"]
    after.store.close()

    assert [match["Face"]["FaceId"] for match in found] == ids


def test_compare_puts_each_target_face_in_one_list(engine: EngineUnderTest) -> None:
    answer = engine.call(
        "CompareFaces", SourceImage={"Bytes": make_photo(ONE)}, TargetImage={"Bytes": make_photo(GROUP)}
    )

    assert [match["Face"]["BoundingBox"]["Left"] for match in answer["FaceMatches"]] == [0.5]
    assert [face["BoundingBox"]["Left"] for face in answer["UnmatchedFaces"]] == [0.0]
    assert "FaceId" not in answer["FaceMatches"][0]["Face"]


@pytest.mark.parametrize(("threshold", "matches"), [({}, 0), ({"SimilarityThreshold": 30}, 1)])
def test_compare_threshold_decides_between_match_and_not(
    engine: EngineUnderTest, threshold: dict[str, float], matches: int
) -> None:
    engine.vision.photos[60] = [make_face(ANN + 8)]
    images = {"SourceImage": {"Bytes": make_photo(ONE)}, "TargetImage": {"Bytes": make_photo(60)}}

    answer = engine.call("CompareFaces", **images, **threshold)

    assert (len(answer["FaceMatches"]), len(answer["UnmatchedFaces"])) == (matches, 1 - matches)


@pytest.mark.parametrize(("source", "target"), [(EMPTY, ONE), (ONE, EMPTY)])
def test_compare_needs_a_face_on_both(engine: EngineUnderTest, source: int, target: int) -> None:
    with pytest.raises(NothingToCompareError, match=r"^Request has Invalid Parameters$"):
        engine.call(
            "CompareFaces", SourceImage={"Bytes": make_photo(source)}, TargetImage={"Bytes": make_photo(target)}
        )


def test_detect_answers_what_is_seen_and_nothing_else(engine: EngineUnderTest) -> None:
    details = engine.call("DetectFaces", Image={"Bytes": make_photo(GROUP)}, Attributes=["ALL"])["FaceDetails"]

    assert [detail["BoundingBox"]["Width"] for detail in details] == [0.3, 0.15]
    assert set(details[0]) == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
    assert details[0]["Landmarks"][0] == pytest.approx({"Type": "eyeLeft", "X": 0.59, "Y": 0.24}, abs=1e-6)


def test_detect_on_an_empty_photo_is_an_empty_list(engine: EngineUnderTest) -> None:
    assert engine.call("DetectFaces", Image={"Bytes": make_photo(EMPTY)}) == {"FaceDetails": []}


def test_image_comes_from_s3_or_inline_but_not_both(engine: EngineUnderTest) -> None:
    place = {"Bucket": "photos", "Name": "a.png"}
    engine.objects.content["photos", "a.png"] = make_photo(ONE)

    assert engine.call("DetectFaces", Image={"S3Object": place})["FaceDetails"]
    for image in ({}, {"S3Object": place, "Bytes": make_photo(ONE)}):
        with pytest.raises(InvalidParameterError, match="either Bytes or S3Object"):
            engine.call("DetectFaces", Image=image)


@pytest.mark.parametrize("operation", ["DetectFaces", "SearchFacesByImage"])
def test_crops_below_eighty_pixels_are_taken_where_aws_is_on_record_to_take_them(
    engine: EngineUnderTest, operation: str
) -> None:
    members = {"CollectionId": "people"} if operation == "SearchFacesByImage" else {}
    engine.index(make_photo(ONE))

    answer = engine.call(operation, Image={"Bytes": make_photo(ONE, columns=66, rows=40)}, **members)

    assert answer.get("FaceDetails") or answer["FaceMatches"]
    with pytest.raises(InvalidParameterError, match=r"^Request has invalid parameters.*39 x 80.*at least 40"):
        engine.call(operation, Image={"Bytes": make_photo(ONE, columns=39, rows=80)}, **members)


@pytest.mark.parametrize("operation", ["IndexFaces", "SearchUsersByImage", "CompareFaces"])
def test_other_operations_keep_the_documented_least_side(engine: EngineUnderTest, operation: str) -> None:
    small, large = {"Bytes": make_photo(ONE, columns=79)}, {"Bytes": make_photo(ONE)}
    members = {"SourceImage": large, "TargetImage": small}
    if operation != "CompareFaces":
        members = {"CollectionId": "people", "Image": small}

    with pytest.raises(InvalidParameterError, match=r"^Request has invalid parameters.*at least 80"):
        engine.call(operation, **members)


@pytest.mark.parametrize("operation", ["SearchFacesByImage", "SearchUsersByImage", "CompareFaces"])
def test_what_the_detector_is_not_sure_of_does_not_beat_a_real_face(engine: EngineUnderTest, operation: str) -> None:
    sleeve, real = make_face(BOB, box=(0, 0, 90, 90), score=0.575), make_face(ANN, box=(100, 0, 40, 50), score=0.8)
    engine.vision.photos |= {60: [sleeve, real], 70: [sleeve]}

    assert searched_left(engine, operation, 60) == 0.5
    assert searched_left(engine, operation, 70) == 0


def searched_left(engine: EngineUnderTest, operation: str, shade: int) -> float:
    """The left edge of the face that an operation looks for."""
    photo = {"Bytes": make_photo(shade)}
    if operation == "CompareFaces":
        answer = engine.call(operation, SourceImage=photo, TargetImage=photo)
        return answer["SourceImageFace"]["BoundingBox"]["Left"]
    answer = engine.call(operation, CollectionId="people", Image=photo)
    if operation == "SearchFacesByImage":
        return answer["SearchedFaceBoundingBox"]["Left"]
    return answer["SearchedFace"]["FaceDetail"]["BoundingBox"]["Left"]

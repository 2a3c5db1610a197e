"""The real models on real photos: dlib's own numbers, and the people of samples/."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
import yaml
from botocore.exceptions import ClientError
from PIL import Image

from engine_process import MODELS, REPOSITORY, running_engine
from face_engine.images import load_image
from face_engine.model_setup.build import set_up_models
from face_engine.model_setup.quantise import quantise
from face_engine.server import load_vision
from face_engine.vision.embedder import FaceEmbedder
from face_engine.vision.model_files import EMBEDDER_FILES, MODEL_VERSIONS, Precision

pytestmark = pytest.mark.e2e

SAMPLES = REPOSITORY / "samples"
PLAN = yaml.safe_load((SAMPLES / "samples.yaml").read_text())
CHIPS = REPOSITORY / "face_engine" / "model_setup" / "chips"
DLIB_FACEPRINTS = json.loads((Path(__file__).parents[1] / "data" / "dlib_faceprints.json").read_text())
MATCH = 80


def read_chip(name: str) -> np.ndarray:
    return np.asarray(cv2.imread(str(CHIPS / name), cv2.IMREAD_COLOR_RGB))


@pytest.fixture(scope="module", autouse=True)
def models() -> None:
    set_up_models(MODELS)


@pytest.fixture(scope="module")
def rekognition(models: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of an engine that knows the people to be indexed."""
    with running_engine(tmp_path_factory.mktemp("data")) as engine:
        client = engine.client()
        client.create_collection(CollectionId="people")
        for photo in PLAN["index"]:
            client.index_faces(
                CollectionId="people",
                Image={"Bytes": read_sample(photo["file"])},
                ExternalImageId=photo["name"].replace(" ", "_"),
            )
        yield client


def read_sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def name_of(answer: dict[str, Any]) -> str | None:
    names = [match["Face"]["ExternalImageId"].replace("_", " ") for match in answer["FaceMatches"]]
    return names[0] if names else None


@pytest.mark.parametrize("chip", sorted(DLIB_FACEPRINTS))
def test_converted_network_gives_dlibs_own_numbers(chip: str) -> None:
    embedder = FaceEmbedder(MODELS / EMBEDDER_FILES["fp32"])

    numbers = embedder.run(read_chip(chip).transpose(2, 0, 1)[None].astype(np.float32))[0]

    assert np.abs(numbers - DLIB_FACEPRINTS[chip]).max() < 1e-5


def test_eight_bits_move_faceprints_by_little() -> None:
    chips = [read_chip(name) for name in sorted(DLIB_FACEPRINTS)]

    exact, rounded = (FaceEmbedder(MODELS / EMBEDDER_FILES[name]).describe(chips) for name in ("fp32", "int8"))

    assert np.linalg.norm(exact - rounded, axis=1).max() < 0.08


def test_eight_bit_model_is_the_same_each_time_it_is_made(tmp_path: Path) -> None:
    exact = (MODELS / EMBEDDER_FILES["fp32"]).read_bytes()

    for name in ("first", "second"):
        quantise(onnx.load_from_string(exact), tmp_path / name)

    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_mirrored_face_has_the_same_faceprint() -> None:
    embedder = FaceEmbedder(MODELS / EMBEDDER_FILES["int8"])
    chip = read_chip("obama.png")

    plain, mirrored = embedder.describe([chip, np.ascontiguousarray(chip[:, ::-1])])

    assert np.linalg.norm(plain - mirrored) < 1e-4


@pytest.mark.parametrize("precision", ["int8", "fp32"])
def test_models_load_and_name_their_version(precision: Precision) -> None:
    vision = load_vision(MODELS, precision)

    [face] = vision.find_faces(load_image(read_sample("grace-hopper.jpg")).picture)

    assert face.detection.score > 0.6
    assert vision.version == MODEL_VERSIONS[precision]


def test_a_closer_look_finds_small_faces_in_a_group_and_no_parts_of_the_large_ones() -> None:
    vision = load_vision(MODELS, "int8")
    picture = np.full((1400, 1600, 3), 200, np.uint8)
    for left, name in ((0, "barack-obama-2.jpg"), (800, "joe-biden-1.jpg")):
        large = load_image(read_sample(name)).picture[:1000, :700]
        picture[: large.shape[0], left : left + large.shape[1]] = large
    small = load_image(read_sample("grace-hopper.jpg")).picture
    picture[1200:1290, 1400:1475] = cv2.resize(small, (75, 90), interpolation=cv2.INTER_AREA)

    assert len(vision.find_faces(picture, closer=False)) == 2
    closely = vision.find_faces(picture)

    assert len(closely) == 3
    assert closely[2].detection.box[0] > 1390


@pytest.mark.parametrize("photo", PLAN["search"], ids=lambda photo: photo["file"])
def test_people_are_found_on_other_photos_and_strangers_are_not(rekognition: Any, photo: dict[str, str]) -> None:
    members = {"CollectionId": "people", "Image": {"Bytes": read_sample(photo["file"])}, "FaceMatchThreshold": MATCH}

    if photo["expect"] == "no_face":
        with pytest.raises(ClientError, match="no faces in the image"):
            rekognition.search_faces_by_image(**members)
    else:
        assert name_of(rekognition.search_faces_by_image(**members)) == photo.get("name")


def test_everybody_of_the_group_is_named_from_left_to_right(rekognition: Any) -> None:
    picture = load_image(read_sample(PLAN["group"]["file"])).picture
    details = rekognition.detect_faces(Image={"Bytes": read_sample(PLAN["group"]["file"])})["FaceDetails"]
    boxes = [detail["BoundingBox"] for detail in details]

    names = []
    for box in sorted(boxes, key=lambda box: box["Left"]):
        crop = crop_around(picture, box)
        names.append(name_of(rekognition.search_faces_by_image(CollectionId="people", Image={"Bytes": crop})))

    assert names == PLAN["group"]["names"]


@pytest.mark.parametrize("width", [66, 72, 78])
def test_plain_crops_of_a_small_group_photo_are_all_answered(rekognition: Any, width: int) -> None:
    """As public notebooks do it: detect, crop the plain box with Pillow, search the crop; no margin, below 80 px."""
    group, names, sizes = Image.open(SAMPLES / PLAN["group"]["file"]), [], []
    for place, name in enumerate(PLAN["group"]["names"]):
        box = find_boxes(rekognition, group)[place]
        scale = width / (box["Width"] * group.width)
        photo = group.resize((round(group.width * scale), round(group.height * scale)))
        box = find_boxes(rekognition, photo)[place]
        left, top = int(box["Left"] * photo.width), int(box["Top"] * photo.height)
        right, bottom = left + int(box["Width"] * photo.width), top + int(box["Height"] * photo.height)
        crop = photo.crop((left, top, right, bottom))
        sizes.append(crop.width)
        answer = rekognition.search_faces_by_image(CollectionId="people", Image={"Bytes": to_jpeg(crop)})
        names.append((name_of(answer), name))

    assert all(found == expected for found, expected in names), names
    assert all(60 <= size < 84 for size in sizes), sizes


def find_boxes(rekognition: Any, photo: Image.Image) -> list[dict[str, float]]:
    """From left to right."""
    details = rekognition.detect_faces(Image={"Bytes": to_jpeg(photo)})["FaceDetails"]
    return sorted((detail["BoundingBox"] for detail in details), key=lambda box: box["Left"])


def to_jpeg(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG")
    return stream.getvalue()


@pytest.mark.parametrize("quality_filter", ["AUTO", "NONE"])
def test_an_indexed_photo_finds_itself(rekognition: Any, quality_filter: str) -> None:
    for photo in PLAN["index"]:
        image = {"Bytes": read_sample(photo["file"])}
        answer = rekognition.search_faces_by_image(CollectionId="people", Image=image, QualityFilter=quality_filter)
        assert name_of(answer) == photo["name"]


def crop_around(picture: np.ndarray, box: dict[str, float]) -> bytes:
    """The face with a margin of half its size, as JPEG."""
    rows, columns = picture.shape[:2]
    left, top = box["Left"] - box["Width"] / 2, box["Top"] - box["Height"] / 2
    right, bottom = left + 2 * box["Width"], top + 2 * box["Height"]
    edges = np.clip([top, bottom, left, right], 0, 1) * [rows, rows, columns, columns]
    low, high, start, end = edges.astype(int)
    return cv2.imencode(".jpg", picture[low:high, start:end, ::-1])[1].tobytes()


def test_turned_photo_gives_the_boxes_of_the_upright_one(rekognition: Any) -> None:
    upright = load_image(read_sample("grace-hopper.jpg")).picture[:, :, ::-1]
    stored = cv2.imencode(".jpg", np.rot90(upright))[1].tobytes()
    exif = (
        b"\xff\xe1\x00\x22Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00"
        + bytes(6)
    )

    [expected] = rekognition.detect_faces(Image={"Bytes": read_sample("grace-hopper.jpg")})["FaceDetails"]
    [found] = rekognition.detect_faces(Image={"Bytes": stored[:2] + exif + stored[2:]})["FaceDetails"]

    assert found["BoundingBox"] == pytest.approx(expected["BoundingBox"], abs=0.02)


def test_same_photo_indexed_again_keeps_its_faces(rekognition: Any) -> None:
    before = rekognition.describe_collection(CollectionId="people")["FaceCount"]
    photo = PLAN["index"][0]

    rekognition.index_faces(
        CollectionId="people",
        Image={"Bytes": read_sample(photo["file"])},
        ExternalImageId=photo["name"].replace(" ", "_"),
    )

    assert rekognition.describe_collection(CollectionId="people")["FaceCount"] == before

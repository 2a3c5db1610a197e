"""Parameters and names: the right ones come through, the wrong ones are named."""

import re

import pytest

from faceprint.model.errors import InvalidParameterError, MisconfiguredError
from faceprint.model.guessed_names import name_from_key
from faceprint.model.names import decode_metadata, encode_metadata, external_image_id
from faceprint.model.parameters import (
    check_face_id,
    read_attributes,
    read_choice,
    read_count,
    read_cursor,
    read_flag,
    read_percent,
    write_cursor,
)
from faceprint.settings import load_settings


@pytest.mark.parametrize(("given", "value"), [("80", 80.0), (0, 0.0), ("100", 100.0), (99.5, 99.5), (None, 12.0)])
def test_percentages(given: object, value: float) -> None:
    assert read_percent({"FaceMatchThreshold": given}, "threshold", "FaceMatchThreshold", default=12.0) == value


@pytest.mark.parametrize("given", ["-1", "101", "abc", "nan", "inf", True, [], {}])
def test_percentages_out_of_range_are_refused_by_name(given: object) -> None:
    with pytest.raises(InvalidParameterError, match="threshold"):
        read_percent({"threshold": given}, "threshold", default=80)


@pytest.mark.parametrize("given", ["0", "101", "1.5", "-3", "x", "\uff11", "9" * 5000])
def test_counts_out_of_range_are_refused(given: str) -> None:
    with pytest.raises(InvalidParameterError, match="maxFaces"):
        read_count({"maxFaces": given}, "maxFaces", default=10, most=100)


def test_choices_flags_and_attributes() -> None:
    assert read_choice({"q": "auto"}, "q", choices=("NONE", "AUTO"), default="NONE") == "AUTO"
    assert read_flag({"annotate": "TRUE"}, "annotate") is True
    assert read_flag({}, "annotate") is False
    assert read_attributes({"attributes": "default, all"}, default=()) == ("DEFAULT", "ALL")
    for name, value in (("q", "SOME"), ("annotate", "maybe"), ("attributes", "AGE")):
        with pytest.raises(InvalidParameterError, match=name):
            if name == "q":
                read_choice({name: value}, name, choices=("NONE",), default="NONE")
            elif name == "annotate":
                read_flag({name: value}, name)
            else:
                read_attributes({name: value}, default=())


def test_cursors_come_back_and_others_are_refused() -> None:
    assert read_cursor({"cursor": write_cursor("José/1.jpg")}) == "José/1.jpg"
    for cursor in ("%%%", "é", "A"):
        with pytest.raises(InvalidParameterError):
            read_cursor({"cursor": cursor})


def test_face_ids_have_rekognitions_form() -> None:
    assert check_face_id("2f4d8f4e-7c0e-4c1c-8f0a-0f6d1b6a9c11")
    for wrong in (None, "", "2F4D8F4E-7C0E-4C1C-8F0A-0F6D1B6A9C11", "x"):
        with pytest.raises(InvalidParameterError):
            check_face_id(wrong)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("Keanu-Reeves.jpg", "Keanu Reeves"),
        ("films/keanu_reeves.JPEG", "Keanu Reeves"),
        ("ana  maria.png", "Ana Maria"),
        ("Ewan McGregor.jpg", "Ewan McGregor"),
        ("élodie.jpg", "Élodie"),
        ("E\u0301lodie.jpg", "\u00c9lodie"),
        ("barack-obama-1.jpg", "Barack Obama"),
        ("lawrence2.jpg", "Lawrence"),
        ("Im Nayeon (2).jpg", "Im Nayeon"),
        ("j.r.r. o'tolkien.jpg", "J.R.R. O'tolkien"),
        ("billie holiday.jpg", "Billie Holiday"),
        ("김철수_01.jpg", "김철수"),
        ("अमिताभ बच्चन.jpg", "अमिताभ बच्चन"),
        ("สมชาย 3.jpg", "สมชาย"),
    ],
)
def test_names_from_file_names_keep_their_capitals(key: str, name: str) -> None:
    assert name_from_key(key) == name


@pytest.mark.parametrize(
    "key",
    [
        *("IMG_1234.jpg", "DSC_4711.JPG", "DSC00012.JPG", "P1010001.JPG", "PXL_20260101_120000123.jpg", "image0.jpeg"),
        *(
            "Screenshot 2026-01-01 at 10.00.00.png",
            "WhatsApp Image 2026-05-01 at 12.00.01.jpeg",
            "IMG-20260101-WA0001.jpg",
        ),
        *("2026-05-01.jpg", "20260501_120000.jpg", "may-2026.jpg", "007.jpg", "1.jpg", "x.jpg", "😀.jpg"),
        *(
            "550e8400-e29b-41d4-a716-446655440000.jpg",
            "d41d8cd98f00b204.jpg",
            "deadbeef.jpg",
            "kHjdGfTr.jpg",
            "a1b2.jpg",
        ),
        *("holiday.jpg", "Summer party.jpg", "group photo.jpg", "me and mum.jpg", "two_people.jpg", "no-face.jpg"),
    ],
)
def test_file_names_that_name_nobody_give_no_name(key: str) -> None:
    assert name_from_key(f"Twice/{key}") == ""


def test_external_image_ids_are_rekognitions_and_differ_where_keys_differ() -> None:
    keys = ["José María/1.jpeg", "Jose Maria/1.jpeg", "a b", "a_b", "x" * 1024, "😀"]

    ids = [external_image_id(key) for key in keys]

    assert len(set(ids)) == len(keys)
    assert all(re.fullmatch(r"[a-zA-Z0-9_.\-:]{1,255}", value) for value in ids)


def test_metadata_survives_s3s_ascii() -> None:
    metadata = {"name": "José María 😀", "note": "plain =?text?="}

    encoded = encode_metadata(metadata)

    assert all(value.isascii() and "\n" not in value for value in encoded.values())
    assert decode_metadata(encoded) == metadata
    with pytest.raises(InvalidParameterError):
        encode_metadata({"note": "x" * 2048})


def test_all_mistakes_of_the_environment_are_told_together() -> None:
    with pytest.raises(MisconfiguredError) as caught:
        load_settings(
            {
                "DEBUG_MODE": "perhaps",
                "AWS_REKOGNITION_FACE_DETECT_THRESHOLD": "102",
                "AWS_REKOGNITION_FACE_DETECT_QUALITY_FILTER": "TEST_AUTO",
                "AWS_REKOGNITION_FACE_DETECT_ATTRIBUTES": "SOME",
                "UPLOAD_WAIT_SECONDS": "soon",
                "LINK_EXPIRY_SECONDS": "3601",
            }
        )

    for name in ("DEBUG_MODE", "_THRESHOLD", "_QUALITY_FILTER", "_ATTRIBUTES", "UPLOAD_WAIT_SECONDS", "LINK_EXPIRY"):
        assert name in str(caught.value)

"""A photo goes in, its people are found: over HTTP, with real photos, real models and the real zip."""

import base64
import io
import json
import textwrap
from typing import Any

import boto3
import pytest
import requests
from botocore import UNSIGNED
from PIL import Image

from local_world import LocalCloud, sample, wait_until

pytestmark = pytest.mark.parametrize("way", ["address", "domain"], indirect=True, scope="session")


def test_a_person_is_found_on_another_photo(library: LocalCloud) -> None:
    answer = library.send("PUT", "/search", sample("barack-obama-2")).json()

    assert answer["outcome"] == "match"
    assert answer["matchedFaces"] == ["Barack Obama"]
    assert answer["matches"][0]["Similarity"] > 80
    assert answer["matches"][0]["key"] == "library/obama.jpg"


def test_check_08_a_stranger_is_unknown(library: LocalCloud) -> None:
    answer = library.send("POST", "/search", sample("eileen-collins")).json()

    assert (answer["outcome"], answer["matchedFaces"], answer["matches"]) == ("unknown", [], [])


def test_check_02_a_picture_without_a_face(library: LocalCloud) -> None:
    found = library.send("PUT", "/search/", sample("no-face"))
    stored = library.put("empty/no-face.jpg", sample("no-face"))

    assert (found.status_code, found.json()["outcome"]) == (200, "no_face")
    assert stored["image"]["status"] == "NO_FACE"
    assert stored["FaceRecords"] == []
    library.send("DELETE", "/index/empty/no-face.jpg")


def test_check_07_everybody_on_the_group_photo_is_named(library: LocalCloud) -> None:
    answer = library.send("POST", "/identify", sample("group")).json()

    assert [face["name"] for face in answer["faces"]] == [None, "Barack Obama", "Grace Hopper", "Joe Biden"]
    assert answer["usage"]["calls"] == {"DetectFaces": 1, "SearchFacesByImage": 4}


def test_the_annotated_picture_comes_as_jpeg_and_as_base64(library: LocalCloud) -> None:
    picture = library.send("POST", "/identify", sample("group"), headers={"Accept": "image/jpeg"})
    answer = library.send("POST", "/identify?annotate=true", sample("group")).json()

    assert picture.headers["Content-Type"] == "image/jpeg"
    assert picture.content == base64.b64decode(answer["annotated"])
    with Image.open(io.BytesIO(picture.content)) as image, Image.open(io.BytesIO(sample("group"))) as original:
        assert image.size == original.size


def test_check_04_every_form_of_the_same_photo_gives_the_same_answer(library: LocalCloud) -> None:
    photo = sample("barack-obama-3")
    plain = base64.b64encode(photo)
    forms: dict[str, dict[str, Any]] = {
        "raw": {"body": photo},
        "base64": {"body": plain, "headers": {"Content-Type": "text/plain"}},
        "wrapped": {"body": "\n".join(textwrap.wrap(plain.decode(), 76))},
        "data URI": {"body": b"data:image/jpeg;base64," + plain},
        "base64 of base64": {"body": base64.b64encode(plain)},
        "JSON": {"body": json.dumps({"image": plain.decode()}), "headers": {"Content-Type": "application/json"}},
        "multipart": {"files": {"file": ("photo.jpg", photo, "image/jpeg")}},
        "multipart image_file": {"files": {"image_file": ("photo.jpg", photo)}},
    }

    answers = {name: library.send("POST", "/search", **form) for name, form in forms.items()}

    assert {answer.status_code for answer in answers.values()} == {200}
    bodies = {name: _without_links(answer.json()) for name, answer in answers.items()}
    assert bodies["raw"]["matchedFaces"] == ["Barack Obama"]
    assert [name for name, body in bodies.items() if body != bodies["raw"]] == []


def _without_links(answer: dict[str, Any]) -> dict[str, Any]:
    """Links are signed as of the last five minutes, which may turn between two requests."""
    for match in answer["matches"]:
        assert match.pop("imageUrl").startswith("http")
    return answer


def test_the_row_stands_in_the_table_under_rekognitions_names(library: LocalCloud) -> None:
    face_id = library.send("GET", "/index/library/obama.jpg").json()["FaceRecords"][0]["Face"]["FaceId"]
    table = library.addresses["table"]

    for statement in (
        f'SELECT * FROM "{table}" WHERE "FaceId" = \'{face_id}\'',
        f"SELECT * FROM {table} WHERE FaceId='{face_id}'",
    ):
        (item,) = library.client("dynamodb").execute_statement(Statement=statement)["Items"]

        assert item["name"] == {"S": "Barack Obama"}
        assert item["key"] == {"S": "library/obama.jpg"}
        assert item["bucket"] == {"S": library.addresses["bucket"]}
        assert set(item["BoundingBox"]["M"]) == {"Width", "Height", "Left", "Top"}
        assert {"ImageId", "ExternalImageId", "Confidence", "FaceDetail", "CollectionId", "IndexedAt"} <= set(item)


def test_an_indexed_photo_can_be_downloaded_by_its_link_alone(library: LocalCloud) -> None:
    link = library.send("GET", "/index/library/obama.jpg").json()["image"]["link"]

    assert requests.get(link, timeout=10).content == sample("barack-obama-1")
    assert requests.get(link.replace("X-Amz-Signature=", "X-Amz-Signature=0"), timeout=10).status_code == 403
    assert requests.get(link.partition("?")[0], timeout=10).status_code == 403


def test_check_09_the_same_photo_twice_and_another_under_its_name(cloud: LocalCloud) -> None:
    first = cloud.put("nine.jpg", sample("barack-obama-1"), "Somebody")
    again = cloud.put("nine.jpg", sample("barack-obama-1"), "Somebody")
    other = cloud.put("nine.jpg", sample("grace-hopper"), "Somebody Else")

    assert (first["image"]["status"], again["image"]["status"], other["image"]["status"]) == (
        "INDEXED",
        "DUPLICATE",
        "INDEXED",
    )
    old, new = first["FaceRecords"][0]["Face"]["FaceId"], other["FaceRecords"][0]["Face"]["FaceId"]
    assert again["FaceRecords"] == first["FaceRecords"]
    assert cloud.send("GET", f"/faces/{old}").status_code == 404
    faces = cloud.client("rekognition").list_faces(CollectionId=cloud.addresses["collection"])["Faces"]
    assert {old, new} & {face["FaceId"] for face in faces} == {new}
    cloud.send("DELETE", "/index/nine.jpg")


@pytest.mark.parametrize(
    "name",
    [
        "check3/José María/1.jpeg",
        "check3/a b.JPG",
        "check3/%2e%2e",
        "check3/" + "x" * 300,
        "check3/😀.jpg",
        "check3/a+b&c=d;e'f\"g.jpg",
    ],
)
def test_check_03_odd_names_are_indexed_under_their_true_name(cloud: LocalCloud, name: str) -> None:
    path = requests.utils.quote(name)

    answer = cloud.put(path, sample("joe-biden-1"), "José María".encode().decode("latin-1"))

    assert answer["image"]["key"] == name
    assert answer["image"]["status"] == "INDEXED"
    assert answer["FaceRecords"][0]["Face"]["name"] == "José María"
    assert cloud.send("GET", f"/index/{path}").json()["image"]["key"] == name
    assert cloud.send("DELETE", f"/index/{path}").json()["deleted"]["versions"] == 1
    assert cloud.send("GET", f"/index/{path}").status_code == 404


def test_check_06_the_box_of_a_turned_photo_lies_on_the_face(library: LocalCloud) -> None:
    upright = library.send("POST", "/detect", sample("grace-hopper")).json()["FaceDetails"][0]["BoundingBox"]
    stream = io.BytesIO()
    with Image.open(io.BytesIO(sample("grace-hopper"))) as image:
        exif = Image.Exif()
        exif[0x0112] = 6
        image.rotate(90, expand=True).save(stream, "JPEG", exif=exif, quality=95)

    answer = library.send("POST", "/identify?annotate=true", stream.getvalue()).json()

    (face,) = answer["faces"]
    assert face["name"] == "Grace Hopper"
    assert all(abs(face["BoundingBox"][side] - upright[side]) < 0.03 for side in upright)
    with Image.open(io.BytesIO(base64.b64decode(answer["annotated"]))) as picture:
        assert picture.height > picture.width


def test_a_presigned_upload_takes_what_a_request_cannot(cloud: LocalCloud) -> None:
    photo = _jpeg_of_bytes(10_000_000)
    asked = cloud.send(
        "POST", "/uploads", json={"filename": "large photo.jpg", "bytes": len(photo), "name": "Grace Hopper"}
    )
    upload = asked.json()
    assert asked.status_code == 201, asked.text

    wrong_size = requests.put(
        upload["url"], photo + b"x", headers={**upload["headers"], "Content-Length": ""}, timeout=60
    )
    sent = requests.put(upload["url"], photo, headers=upload["headers"], timeout=60)

    assert wrong_size.status_code in (400, 403)
    assert sent.status_code == 200, sent.text
    stored = wait_until(lambda: _finished(cloud, "large%20photo.jpg"))
    assert stored["image"]["status"] == "INDEXED"
    assert stored["FaceRecords"][0]["Face"]["name"] == "Grace Hopper"
    cloud.send("DELETE", "/index/large%20photo.jpg")


def _finished(cloud: LocalCloud, path: str) -> dict[str, Any] | None:
    answer = cloud.send("GET", f"/index/{path}")
    body = answer.json()
    return body if answer.status_code == 200 and body["image"]["status"] != "PENDING" else None


def _jpeg_of_bytes(size: int) -> bytes:
    """A sample photo with comments until it has this size."""
    photo = sample("grace-hopper")
    comments = b""
    while len(photo) + len(comments) < size:
        length = min(65_000, size - len(photo) - len(comments) - 4)
        comments += b"\xff\xfe" + (length + 2).to_bytes(2, "big") + bytes(max(length, 0))
    return photo[:2] + comments + photo[2:]


def test_a_photo_that_comes_by_other_means_is_indexed_and_erased_too(cloud: LocalCloud) -> None:
    s3, bucket = cloud.client("s3"), cloud.addresses["bucket"]
    s3.put_object(
        Bucket=bucket, Key="by/s3.jpg", Body=sample("grace-hopper"), Metadata={"name": "Grace", "year": "1984"}
    )

    stored = wait_until(lambda: _finished(cloud, "by/s3.jpg"))
    assert stored["image"]["metadata"] == {"year": "1984"}
    assert stored["FaceRecords"][0]["Face"]["name"] == "Grace"

    for version in s3.list_object_versions(Bucket=bucket, Prefix="by/s3.jpg")["Versions"]:
        s3.delete_object(Bucket=bucket, Key="by/s3.jpg", VersionId=version["VersionId"])
    face_id = stored["FaceRecords"][0]["Face"]["FaceId"]
    wait_until(lambda: cloud.send("GET", f"/faces/{face_id}").status_code == 404)


def test_a_photo_need_not_be_waited_for(cloud: LocalCloud) -> None:
    answer = cloud.send("PUT", "/index/later.jpg", sample("joe-biden-1"), headers={"Prefer": "respond-async"})

    assert (answer.status_code, answer.json()["image"]["status"]) == (201, "PENDING")
    assert answer.headers["Location"] == "/v1/index/later.jpg"
    assert wait_until(lambda: _finished(cloud, "later.jpg"))["image"]["status"] == "INDEXED"
    cloud.send("DELETE", "/index/later.jpg")


def test_faces_are_read_searched_compared_and_removed(library: LocalCloud) -> None:
    library.put("second.jpg", sample("barack-obama-3"), "Barack Obama")
    face_id = library.send("GET", "/index/second.jpg").json()["FaceRecords"][0]["Face"]["FaceId"]

    alike = library.send("GET", f"/search?faceId={face_id}").json()
    assert alike["matches"][0]["key"] == "library/obama.jpg"
    for target in ({"faceId": face_id}, {"key": "second.jpg"}, base64.b64encode(sample("barack-obama-3")).decode()):
        body = {"source": base64.b64encode(sample("barack-obama-2")).decode(), "target": target}
        assert library.send("POST", "/compare", json=body).json()["outcome"] == "match"
    parts = {"source": sample("barack-obama-2"), "target": sample("grace-hopper")}
    assert library.send("POST", "/compare", files=parts).json()["outcome"] == "no_match"

    assert library.send("DELETE", f"/faces/{face_id}").json()["deleted"]["FaceIds"] == [face_id]
    assert library.send("GET", f"/faces/{face_id}").status_code == 404
    assert library.send("GET", "/index/second.jpg").json()["image"]["faces"] == 0
    library.send("DELETE", "/index/second.jpg")


def test_a_search_makes_two_aws_calls_and_an_index_record_at_most_five(library: LocalCloud, way: str) -> None:
    key = f"calls/by-{way}.jpg"
    library.send("PUT", "/search", sample("barack-obama-2"))
    library.put(key, sample("group"))
    library.put(key, sample("joe-biden-1"))
    library.send("DELETE", f"/index/{key}")

    searched = [
        line for line in library.log("search") if line["message"] == "served" and line["operation"] == "PUT /search"
    ]
    assert searched[-1]["calls"] == {"rekognition.SearchFacesByImage": 1, "dynamodb.BatchGetItem": 1}
    indexed = [line for line in library.log("index") if line.get("key") == key and "status" in line]
    assert len(indexed) == 2
    assert all(sum(line["calls"].values()) <= 5 for line in indexed)


def test_a_key_is_needed_and_health_needs_none(cloud: LocalCloud) -> None:
    assert cloud.send("GET", "/health", key="").json() == {"status": "ok"}
    for key in ("", "wrong"):
        answer = cloud.send("GET", "/info", key=key)
        assert (answer.status_code, answer.json()["error"]) == (403, "Forbidden")
    assert cloud.send("POST", "/info").json()["aws"]["s3"]["bucket_name"] == cloud.addresses["bucket"]


def test_an_aws_client_without_credentials_gets_nothing_from_the_bucket(cloud: LocalCloud) -> None:
    from botocore.config import Config
    from botocore.exceptions import ClientError

    s3 = boto3.client(
        "s3",
        endpoint_url=cloud.addresses["awsEndpoint"],
        region_name="us-east-1",
        config=Config(signature_version=UNSIGNED),
    )
    with pytest.raises(ClientError, match=r"403|AccessDenied|Forbidden"):
        s3.list_objects_v2(Bucket=cloud.addresses["bucket"])

"""The whole local cloud as somebody meets it who means no good."""

import base64
import socket
import stat
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import yaml

from local_world import ROOT, LocalCloud, sample

CONTRACT = yaml.safe_load((ROOT / "api/openapi.yaml").read_text())
OVER_HTTP = {name: value for name, value in CONTRACT["x-security-headers"].items() if "Strict" not in name}
SECRETS = ("planted-key", "planted-signature", "planted-token", "planted-cookie", "Planted Person", "planted-metadata")


BOTO3 = pytest.mark.parametrize("world", ["boto3"], indirect=True)
"""What is the same however it was provisioned."""


def assert_secured(answer: requests.Response) -> None:
    policy = answer.headers["Content-Security-Policy"].replace(" 'none'", "")
    assert {**answer.headers, "Content-Security-Policy": policy}.items() >= OVER_HTTP.items(), answer.headers
    assert "Strict-Transport-Security" not in answer.headers


ROUTES = [
    (method, path.format(filename="no.jpg", faceId="2f4d8f4e-7c0e-4c1c-8f0a-0f6d1b6a9c11"))
    for path, item in CONTRACT["paths"].items()
    for method in (*item, "patch")
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_and_every_refusal_has_the_security_headers(cloud: LocalCloud, method: str, path: str) -> None:
    assert_secured(cloud.send(method.upper(), path))
    assert_secured(cloud.send(method.upper(), path, key="wrong"))


def test_what_no_route_answers_has_the_security_headers(cloud: LocalCloud) -> None:
    for method, path in (("GET", "/nowhere"), ("OPTIONS", "/info"), ("PUT", "/index/large.jpg")):
        assert_secured(cloud.send(method, path, bytes(11_000_000) if method == "PUT" else None))


def test_door_and_engine_have_the_security_headers(cloud: LocalCloud) -> None:
    door, engine = cloud.addresses["awsEndpoint"], cloud.addresses["rekognitionEndpoint"]

    for url in (f"{door}/_local/health", f"{engine}/health", f"{engine}/nowhere"):
        answer = requests.get(url, timeout=10)

        assert {"X-Content-Type-Options", "Content-Security-Policy", "Cache-Control"} <= answer.headers.keys(), url


def test_a_photo_that_a_browser_shows_is_no_page(cloud: LocalCloud) -> None:
    url = f"{cloud.addresses['awsEndpoint']}/bucket/key"
    shown = requests.get(url, headers={"Accept": "text/html", "Sec-Fetch-Site": "none"}, timeout=10)

    assert {"X-Content-Type-Options", "Content-Security-Policy"} <= shown.headers.keys()
    assert "Content-Security-Policy" not in requests.get(url, timeout=10).headers


def test_the_page_has_a_policy_of_its_own(cloud: LocalCloud) -> None:
    answer = requests.get(cloud.addresses["url"].removesuffix("v1"), timeout=10)

    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert (answer.headers["X-Content-Type-Options"], answer.headers["X-Frame-Options"]) == ("nosniff", "DENY")


@pytest.mark.parametrize("name", ["url", "awsEndpoint", "rekognitionEndpoint"])
def test_it_listens_on_loopback_alone(cloud: LocalCloud, name: str) -> None:
    port = urlsplit(cloud.addresses[name]).port
    wanted = f"{port:04X}"

    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if " 0A " in line]

    assert [place for place in listening if place.endswith(f":{wanted}")] == [f"0100007F:{wanted}"]


@pytest.mark.parametrize("name", ["url", "awsEndpoint", "rekognitionEndpoint"])
def test_a_rebound_name_reaches_nothing(cloud: LocalCloud, name: str) -> None:
    url = cloud.addresses[name]
    host = {"Host": f"evil.example:{urlsplit(url).port}"}

    answer = requests.post(f"{url}/openapi.json", headers=host, timeout=10)

    assert answer.status_code in (400, 403)
    assert "evil.example" not in answer.text
    assert any(code in answer.text for code in ("Forbidden", "AccessDenied"))
    assert name != "url" or answer.json().keys() == {"error", "description", "requestId"}


@BOTO3
def test_a_form_of_a_web_page_empties_no_queue(cloud: LocalCloud) -> None:
    page = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    sqs = cloud.client("sqs")
    queue = sqs.create_queue(QueueName="of-the-victim")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="precious")
    query = "X-Amz-Credential=x/20260101/us-east-1/sqs/aws4_request&X-Amz-Signature=0"
    form = {"Action": "PurgeQueue", "QueueUrl": queue, "Version": "2012-11-05"}

    answer = requests.post(f"{cloud.addresses['awsEndpoint']}/?{query}", data=form, headers=page, timeout=10)

    kept = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    sqs.delete_queue(QueueUrl=queue)
    assert (answer.status_code, kept["ApproximateNumberOfMessages"]) == (403, "1")


@BOTO3
@pytest.mark.parametrize(
    "changed", [{"Content-Type": "text/html"}, {"Content-Length": "7"}, {"x-amz-meta-name": "Somebody Else"}]
)
def test_an_upload_link_takes_its_type_its_length_and_its_name_alone(
    cloud: LocalCloud, changed: dict[str, str]
) -> None:
    photo = sample("grace-hopper")
    wanted = {"filename": "links/a.jpg", "bytes": len(photo), "name": "Grace Hopper"}
    link = cloud.send("POST", "/uploads", None, json=wanted).json()
    body = photo[: int(changed.get("Content-Length", len(photo)))]

    refused = requests.put(link["url"], data=body, headers={**link["headers"], **changed}, timeout=30)

    assert (link["expiresIn"], refused.status_code) == (900, 403)
    assert cloud.send("GET", "/index/links/a.jpg").status_code == 404


@BOTO3
def test_no_secret_gets_into_a_log(cloud: LocalCloud) -> None:
    photo = sample("grace-hopper")
    planted = {
        "Authorization": "Bearer planted-token",
        "Cookie": "session=planted-cookie",
        "x-amz-meta-name": "Planted Person",
        "x-amz-meta-note": "planted-metadata",
        "Referer": "http://127.0.0.1/?X-Amz-Signature=planted-signature",
    }
    query = "?name=Planted+Person&X-Amz-Signature=planted-signature&x-api-key=planted-key"

    cloud.send("PUT", f"/index/planted.jpg{query}", photo, headers=planted)
    for method, path in (("POST", "/search"), ("POST", "/identify"), ("GET", "/index/planted.jpg"), ("GET", "/no")):
        cloud.send(method, path + query, photo, headers=planted)
        cloud.send(method, path + query, photo, key="planted-key", headers=planted)
    cloud.send("POST", "/uploads", None, json={"filename": "x.jpg", "bytes": 9, "name": "Planted Person"})
    requests.get(f"{cloud.addresses['awsEndpoint']}/bucket/key{query}", headers=planted, timeout=10)
    requests.post(cloud.addresses["rekognitionEndpoint"] + "/" + query, data=photo, headers=planted, timeout=10)
    cloud.send("DELETE", "/index/planted.jpg")

    logs = {path.name: path.read_text(errors="replace") for path in (cloud.data / "logs").iterdir()}
    found = [
        (name, secret)
        for name, text in logs.items()
        for secret in (*SECRETS, cloud.addresses["apiKey"])
        if secret in text
    ]
    assert found == []
    assert base64.b64encode(photo).decode()[100:140] not in "".join(logs.values())
    assert '"level":"DEBUG"' in "".join(logs.values())


@BOTO3
def test_the_data_directory_is_its_owners_alone(cloud: LocalCloud) -> None:
    open_to_others = [
        str(path.relative_to(cloud.data))
        for path in (cloud.data, *cloud.data.rglob("*"))
        if not path.is_symlink() and not stat.S_ISSOCK(path.stat().st_mode) and path.stat().st_mode & 0o077
    ]

    assert open_to_others == []


@BOTO3
@pytest.mark.parametrize(
    "value", ["/etc/passwd", "file:" + "///etc/passwd", "http://127.0.0.1:{port}/x", "../../etc/passwd"]
)
@pytest.mark.parametrize("member", ["image", "source", "target"])
def test_no_address_and_no_path_is_followed_as_an_image(cloud: LocalCloud, member: str, value: str) -> None:
    route = "/search" if member == "image" else "/compare"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        address = value.format(port=listener.getsockname()[1])
        body = {"source": base64.b64encode(sample("grace-hopper")).decode(), member: address}

        answer = cloud.send("POST", route, None, json=body)

        with pytest.raises(TimeoutError):
            listener.accept()
    assert answer.status_code in (400, 415)
    assert "root:" not in answer.text


@BOTO3
@pytest.mark.parametrize("place", [{"Bucket": "../..", "Name": "etc/passwd"}, {"Bucket": "http://x/", "Name": "a"}])
def test_the_engine_takes_no_path_and_no_address_for_a_bucket(cloud: LocalCloud, place: dict[str, str]) -> None:
    rekognition = cloud.client("rekognition")

    with pytest.raises(rekognition.exceptions.ClientError, match=r"ValidationException|InvalidS3Object"):
        rekognition.detect_faces(Image={"S3Object": place})

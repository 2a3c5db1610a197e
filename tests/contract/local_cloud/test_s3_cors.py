"""Web pages and the bucket: preflights and answers follow the CORS configuration that the boto3 provisioner makes."""

import pytest
import requests

from local_cloud.provision.storage import _ensure_cors
from tests.contract.local_cloud.conftest import World

BUCKET, PAGE = "photos", "https://photos.example.com"


@pytest.fixture(autouse=True)
def bucket(world: World) -> None:
    world.s3.create_bucket(Bucket=BUCKET)
    _ensure_cors(world.s3, BUCKET, [PAGE])


def preflight(
    world: World, origin: str = PAGE, method: str = "PUT", bucket: str = BUCKET, **headers: str
) -> requests.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method, **headers}
    return requests.options(f"{world.aws.endpoint}/{bucket}/a.jpg", headers=asked, timeout=5)


def code(answer: requests.Response) -> str:
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]


def link(world: World, operation: str) -> str:
    url: str = world.s3.generate_presigned_url(operation, Params={"Bucket": BUCKET, "Key": "a.jpg"})
    return url


def test_a_preflight_of_an_allowed_page_is_answered(world: World) -> None:
    wanted = {"Access-Control-Request-Headers": "Content-Type, x-amz-meta-name"}

    answer = preflight(world, **wanted)

    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, PAGE)
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, PUT"
    assert answer.headers["Access-Control-Allow-Headers"] == "content-type, x-amz-meta-name"
    assert (answer.headers["Access-Control-Max-Age"], answer.headers["Access-Control-Expose-Headers"]) == (
        "3600",
        "ETag",
    )
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("origin", "method", "bucket", "status", "said"),
    [
        ("https://evil.example", "PUT", BUCKET, 403, "AccessForbidden"),
        (f"{PAGE}.evil.example", "PUT", BUCKET, 403, "AccessForbidden"),
        (PAGE, "DELETE", BUCKET, 403, "AccessForbidden"),
        (PAGE, "PUT", "another", 403, "AccessForbidden"),
        ("", "PUT", BUCKET, 400, "BadRequest"),
        (PAGE, "", BUCKET, 400, "BadRequest"),
    ],
)
def test_a_preflight_is_refused_as_s3_refuses_it(
    world: World, origin: str, method: str, bucket: str, status: int, said: str
) -> None:
    answer = preflight(world, origin, method, bucket)

    assert (answer.status_code, code(answer), answer.headers["Content-Type"]) == (status, said, "application/xml")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_headers_that_no_rule_allows_are_refused(world: World) -> None:
    rule = {"AllowedOrigins": ["https://*.example.com"], "AllowedMethods": ["PUT"], "AllowedHeaders": ["x-amz-meta-*"]}
    world.s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [rule]})

    asked = [
        preflight(world, **{"Access-Control-Request-Headers": names}).status_code
        for names in ("x-amz-meta-name", "X-Amz-Meta-Name,x-amz-meta-b", "x-amz-meta-name,content-type")
    ]

    assert asked == [200, 200, 403]


def test_an_upload_and_a_download_of_a_page_say_that_it_may_read_them(world: World) -> None:
    put = requests.put(link(world, "put_object"), data=b"abc", headers={"Origin": PAGE}, timeout=5)
    answers = [
        put,
        requests.get(link(world, "get_object"), headers={"Origin": PAGE}, timeout=5),
        requests.get(link(world, "get_object") + "0", headers={"Origin": PAGE}, timeout=5),
        requests.get(link(world, "get_object"), headers={"Origin": "https://evil.example"}, timeout=5),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 403, 200]
    assert [answer.headers.get("Access-Control-Allow-Origin") for answer in answers] == [PAGE, PAGE, PAGE, None]


def test_any_page_may_read_what_anybody_may(world: World) -> None:
    _ensure_cors(world.s3, BUCKET, ["*"])

    assert preflight(world).headers["Access-Control-Allow-Origin"] == "*"


def test_without_origins_there_is_no_configuration(world: World) -> None:
    _ensure_cors(world.s3, BUCKET, [])

    answer = preflight(world)

    assert (answer.status_code, code(answer)) == (403, "AccessForbidden")
    assert "CORS is not enabled" in answer.text


def test_a_page_gets_nothing_by_a_made_up_key_unless_it_is_trusted(world: World) -> None:
    world.s3.put_object(Bucket=BUCKET, Key="a.jpg", Body=b"abc")
    url = link(world, "get_object").replace("AKIALOCAL", "AKIAOTHER")
    headers = [{}, {"Origin": PAGE}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]

    answers = [requests.get(url, headers=each, timeout=5) for each in headers]

    assert [answer.status_code for answer in answers] == [200, 200, 403, 403]
    assert code(answers[2]) == "InvalidAccessKeyId"

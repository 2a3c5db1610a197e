"""A web page of an allowed origin uploads by a presigned link, in the world that boto3 has provisioned."""

import json
from pathlib import Path

import pytest
import requests

from local_world import sample, start_cloud

pytestmark = pytest.mark.e2e

PAGE = "https://photos.example.com"


def test_a_page_uploads_by_link_where_its_origin_is_allowed(tmp_path: Path) -> None:
    photo = sample("grace-hopper")
    cloud = start_cloud(tmp_path, CORS_ALLOWED_ORIGINS=PAGE)
    try:
        asked = {"filename": "a.jpg", "bytes": len(photo), "contentType": "image/jpeg", "name": "Grace Hopper"}
        upload = cloud.send("POST", "/uploads", json.dumps(asked), headers={"Content-Type": "application/json"}).json()
        wanted = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": ",".join(upload["headers"])}
        preflight, refused = (
            requests.options(upload["url"], headers={"Origin": origin, **wanted}, timeout=30)
            for origin in (PAGE, "https://evil.example")
        )
        sent = requests.put(
            upload["url"],
            data=photo,
            headers={**upload["headers"], "Origin": PAGE, "Sec-Fetch-Site": "cross-site"},
            timeout=30,
        )
    finally:
        cloud.stop()

    assert (preflight.status_code, refused.status_code, sent.status_code) == (200, 403, 200)
    assert "<Code>AccessForbidden</Code>" in refused.text
    for answer in (preflight, sent):
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE
        assert answer.headers["Access-Control-Expose-Headers"] == "ETag"

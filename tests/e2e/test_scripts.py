"""The scripts do what they say, run as people run them, against the real thing with real photos."""

import base64
import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageEnhance

from local_world import ROOT, SAMPLES, LocalCloud, indexing_held_up, sample, start_cloud, wait_until
from stores import settled

PEOPLE = {"Barack_Obama": "barack-obama-1", "Joe_Biden": "joe-biden-1", "Grace_Hopper": "grace-hopper"}
JOURNAL = ".faceprint-index.jsonl"
LARGE = 4_500_000


def command(script: str, *arguments: str | Path) -> list[str]:
    return [sys.executable, str(ROOT / "scripts" / f"{script}.py"), *map(str, arguments)]


def environment(cloud: LocalCloud) -> dict[str, str]:
    given = {"FACEPRINT_URL": cloud.addresses["url"], "FACEPRINT_API_KEY": cloud.addresses["apiKey"]}
    return {**os.environ, **given}


def run(cloud: LocalCloud, script: str, *arguments: str | Path, typed: str = "") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command(script, *arguments),
        cwd=ROOT,
        env=environment(cloud),
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert cloud.addresses["apiKey"] not in done.stdout + done.stderr
    return done


def start(cloud: LocalCloud, *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command("index_folder", *arguments),
        env=environment(cloud),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def index(cloud: LocalCloud, folder: Path, *arguments: str) -> dict[str, Any]:
    """The summary of a run that has to end well."""
    done = run(cloud, "index_folder", folder, "--json", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def make_photos(folder: Path, count: int) -> list[str]:
    """Photos of three people in folders of their names, each a little different; their paths."""
    paths = []
    for number in range(count):
        person, file = list(PEOPLE.items())[number % len(PEOPLE)]
        path = folder / person / f"{number:02}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(SAMPLES / f"{file}.jpg") as photo:
            shown = photo.convert("RGB").crop((number, number, photo.width - number, photo.height))
            ImageEnhance.Brightness(shown).enhance(0.9 + number / 100).save(path, quality=88)
        paths.append(f"{person}/{path.name}")
    return sorted(paths)


def images(cloud: LocalCloud, prefix: str) -> dict[str, dict[str, Any]]:
    listed = cloud.send("GET", f"/index?prefix={prefix}").json()["images"]
    return {image["key"].removeprefix(prefix): image for image in listed}


def indexed_times(cloud: LocalCloud, prefix: str) -> Counter[str]:
    """How many faces the collection holds of each photo: more than one of a portrait means that it came twice."""
    client, collection = cloud.client("rekognition"), cloud.addresses["collection"]
    pages = client.get_paginator("list_faces").paginate(CollectionId=collection)
    names = [face["ExternalImageId"] for page in pages for face in page["Faces"]]
    safe = prefix.replace("/", "_")
    return Counter(name.partition(":")[0].removeprefix(safe) for name in names if name.startswith(safe))


def lines_of(journal: Path) -> int:
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def test_a_folder_is_indexed_under_its_peoples_names_and_never_twice(cloud: LocalCloud, tmp_path: Path) -> None:
    paths = make_photos(tmp_path, 4)
    (tmp_path / "notes.txt").write_text("not a photo")
    (tmp_path / "Barack_Obama/.DS_Store").touch()

    first = index(cloud, tmp_path, "--prefix", "folder/")
    again = index(cloud, tmp_path, "--prefix", "folder/")
    (tmp_path / JOURNAL).unlink()
    without_journal = index(cloud, tmp_path, "--prefix", "folder/")

    assert (first["photos"], first["indexed"], first["estimated_usd"]) == (4, 4, 0.004)
    assert first["ignored"] == {"hidden": 1, "neither JPEG nor PNG (.txt)": 1}
    assert (again["present"], again["indexed"], without_journal["present"]) == (4, 0, 4)
    stored = images(cloud, "folder/")
    assert list(stored) == paths
    assert {path: image["name"].replace(" ", "_") for path, image in stored.items()} == {
        path: path.partition("/")[0] for path in paths
    }


def test_a_dry_run_tells_what_there_is_to_do_and_does_none_of_it(cloud: LocalCloud, tmp_path: Path) -> None:
    make_photos(tmp_path, 3)
    cloud.put("dry/Grace_Hopper/02.jpg", (tmp_path / "Grace_Hopper/02.jpg").read_bytes(), "Grace Hopper")

    told = run(cloud, "index_folder", tmp_path, "--prefix", "dry/", "--dry-run")
    counted = index(cloud, tmp_path, "--prefix", "dry/", "--dry-run")
    dearer = index(cloud, tmp_path, "--prefix", "dry/", "--dry-run", "--price", "0.01")

    assert "to index         2 photos" in told.stdout
    assert "about $0.002" in told.stdout
    assert (counted["new"], counted["present"]) == (2, 1)
    assert (counted["estimated_usd"], dearer["estimated_usd"]) == (0.002, 0.02)
    assert counted["names"] == {"Barack Obama": 1, "Joe Biden": 1}
    assert list(images(cloud, "dry/")) == ["Grace_Hopper/02.jpg"]
    assert not (tmp_path / JOURNAL).exists()


def test_a_killed_run_goes_on_where_it_stopped(cloud: LocalCloud, tmp_path: Path) -> None:
    paths = make_photos(tmp_path, 9)
    process = start(cloud, tmp_path, "--prefix", "killed/", "--workers", "2")
    wait_until(lambda: lines_of(tmp_path / JOURNAL) >= 2, seconds=30)

    process.kill()
    process.communicate()
    done_before = lines_of(tmp_path / JOURNAL)
    summary = index(cloud, tmp_path, "--prefix", "killed/")

    assert 2 <= done_before < 9
    assert summary["present"] >= done_before
    assert summary["present"] + summary["indexed"] + summary["duplicate"] == 9
    assert list(images(cloud, "killed/")) == paths
    assert indexed_times(cloud, "killed/") == {path.replace("/", "_"): 1 for path in paths}


def test_ctrl_c_finishes_what_is_in_flight_and_says_how_to_go_on(cloud: LocalCloud, tmp_path: Path) -> None:
    make_photos(tmp_path, 9)
    process = start(cloud, tmp_path, "--prefix", "ctrl-c/", "--workers", "1", "--json")
    wait_until(lambda: lines_of(tmp_path / JOURNAL) >= 2, seconds=30)

    process.send_signal(signal.SIGINT)
    said, told = process.communicate(timeout=30)

    summary = json.loads(said)
    assert process.returncode == 130
    assert "Run the same command again to go on." in told
    assert "Traceback" not in told
    assert summary["left"] > 0
    assert summary["failed"] == 0
    assert summary["indexed"] == 9 - summary["left"] == lines_of(tmp_path / JOURNAL) == len(images(cloud, "ctrl-c/"))
    assert index(cloud, tmp_path, "--prefix", "ctrl-c/")["indexed"] == summary["left"]


def test_large_photos_go_by_presigned_upload_and_what_cannot_be_sent_is_told(cloud: LocalCloud, tmp_path: Path) -> None:
    make_photos(tmp_path, 1)
    with Image.open(SAMPLES / "joe-biden-1.jpg") as photo:
        large = Image.blend(photo.resize((3000, 3600)), Image.effect_noise((3000, 3600), 80).convert("RGB"), 0.2)
    large.save(tmp_path / "Joe Biden_1.jpg", quality=95)
    (tmp_path / "damaged.jpg").write_bytes(b"%PDF-1.7 no photo at all")
    with (tmp_path / "huge.jpg").open("wb") as file:
        file.truncate(15 * 2**20 + 1)

    done = run(cloud, "index_folder", tmp_path, "--prefix", "large/", "--json")

    summary = json.loads(done.stdout)
    assert done.returncode == 1
    assert LARGE < (tmp_path / "Joe Biden_1.jpg").stat().st_size < 15 * 2**20
    assert (summary["indexed"], summary["failed"]) == (2, 2)
    reasons = {failure["file"]: failure["reason"] for failure in summary["failures"]}
    assert "PDF" in reasons["damaged.jpg"]
    assert "larger than 15 MB" in reasons["huge.jpg"]
    stored = images(cloud, "large/")["Joe Biden_1.jpg"]
    assert (stored["status"], stored["name"], stored["faces"]) == ("INDEXED", "Joe Biden", 1)


@pytest.fixture(scope="module")
def throttled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    limits = {"THROTTLE_SETTINGS_RATE_LIMIT": "2", "THROTTLE_SETTINGS_BURST_LIMIT": "2"}
    cloud = start_cloud(tmp_path_factory.mktemp("throttled"), **limits)
    yield cloud
    cloud.stop()


def test_a_gateway_that_takes_two_requests_a_second_fails_no_photo(throttled: LocalCloud, tmp_path: Path) -> None:
    paths = make_photos(tmp_path, 7)

    summary = index(throttled, tmp_path, "--workers", "8")

    assert (summary["indexed"], summary["failed"], summary["left"]) == (7, 0, 0)
    assert summary["throttled"] > 0
    # Its own pace is back to what the gateway takes: few requests were refused.
    assert summary["throttled"] < 3 * len(paths)


@pytest.fixture(scope="module")
def new_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A cloud of an account with very little concurrency."""
    cloud = start_cloud(tmp_path_factory.mktemp("account"), "--concurrency", "4", UPLOAD_WAIT_SECONDS="3")
    yield cloud
    cloud.stop()


def test_an_account_of_little_concurrency_loses_no_photo(new_account: LocalCloud, tmp_path: Path) -> None:
    paths = make_photos(tmp_path, 24)

    summary = index(new_account, tmp_path, "--workers", "8", "--prefix", "few/")

    assert (summary["indexed"], summary["pending"], summary["failed"], summary["left"]) == (len(paths), 0, 0, 0)
    assert summary["throttled"] > 0
    assert {image["status"] for image in images(new_account, "few/").values()} == {"INDEXED"}
    assert settled(new_account, seconds=30) == []


def test_a_call_beyond_the_concurrency_is_503_and_says_when_to_come_back(new_account: LocalCloud) -> None:
    with indexing_held_up(new_account), ThreadPoolExecutor(12) as clients:
        uploads = [
            clients.submit(new_account.send, "PUT", f"/index/at-once/{n}.jpg", sample("no-face")) for n in range(12)
        ]
        answers = [upload.result() for upload in uploads]

    refused = [answer for answer in answers if answer.status_code != 201]
    assert 1 <= len(refused) <= 8
    assert {(answer.status_code, answer.json()["error"], answer.headers["Retry-After"]) for answer in refused} == {
        (503, "Upstream", "1")
    }


def test_a_wrong_key_stops_a_run_at_once(cloud: LocalCloud, tmp_path: Path) -> None:
    make_photos(tmp_path, 3)

    done = run(cloud, "index_folder", tmp_path, "--api-key", "wrong")

    assert done.returncode == 1
    assert "send the key of this deployment" in done.stderr


def test_search_prints_who_is_on_photos(library: LocalCloud) -> None:
    photos = [SAMPLES / f"{name}.jpg" for name in ("barack-obama-2", "eileen-collins", "no-face")]

    plain = run(library, "search", *photos)
    as_json = run(library, "search", photos[0], "--json", "--max-faces", "5")

    rows = [line.split("\t") for line in plain.stdout.splitlines()]
    assert [row[1] for row in rows] == ["match", "unknown", "no_face"]
    assert rows[0][0] == str(photos[0])
    assert rows[0][2] == "Barack Obama"
    assert float(rows[0][3]) > 80
    found = [json.loads(line) for line in as_json.stdout.splitlines()]
    assert {row["name"] for row in found} == {"Barack Obama"}
    by_face = run(library, "search", "--face-id", found[0]["FaceId"], "--threshold", "0", "--json")
    assert json.loads(by_face.stdout)["outcome"] == "match"
    assert run(library, "search", "--threshold", "100", photos[0]).stdout.split("\t")[1] == "unknown"


def test_search_goes_on_after_a_photo_that_fails(library: LocalCloud, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"GIF89a\x01\x00\x01\x00\x80")
    (tmp_path / "b.jpg").write_bytes(sample("no-face"))

    done = run(library, "search", tmp_path)

    assert done.returncode == 1
    assert [line.split("\t")[1] for line in done.stdout.splitlines()] == ["error", "no_face"]
    assert "GIF" in done.stderr


def test_identify_writes_the_picture_beside_the_photo_and_never_over_it(library: LocalCloud, tmp_path: Path) -> None:
    photo = tmp_path / "group.jpg"
    photo.write_bytes(sample("group"))

    done = run(library, "identify", tmp_path)
    again = run(library, "identify", tmp_path)
    replaced = run(library, "identify", tmp_path, "--overwrite", "--json")

    names = [line.split("\t")[3] for line in done.stdout.splitlines()]
    assert names == ["-", "Barack Obama", "Grace Hopper", "Joe Biden"]
    assert photo.read_bytes() == sample("group")
    with Image.open(tmp_path / "group-named.jpg") as picture, Image.open(photo) as original:
        picture.load()
        assert (picture.format, picture.size) == ("JPEG", original.size)
    assert again.returncode == 2
    assert "--overwrite" in again.stderr
    assert [json.loads(line)["name"] for line in replaced.stdout.splitlines()][1:] == names[1:]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["group-named.jpg", "group.jpg"]


def test_identify_writes_what_the_api_answers(library: LocalCloud, tmp_path: Path) -> None:
    answer = library.send("POST", "/identify?annotate=true", sample("group")).json()

    run(library, "identify", SAMPLES / "group.jpg", "--out", tmp_path / "named")

    assert (tmp_path / "named/group-named.jpg").read_bytes() == base64.b64decode(answer["annotated"])


def test_compare_tells_by_its_exit_code(library: LocalCloud) -> None:
    obama, other, nobody = (SAMPLES / f"{name}.jpg" for name in ("barack-obama-2", "eileen-collins", "no-face"))
    face = library.send("GET", "/index/library/obama.jpg").json()["FaceRecords"][0]["Face"]["FaceId"]

    codes = {
        "photo": run(library, "compare", obama, SAMPLES / "group.jpg").returncode,
        "key": run(library, "compare", obama, "--target-key", "library/obama.jpg").returncode,
        "face": run(library, "compare", obama, "--target-face-id", face).returncode,
        "another person": run(library, "compare", obama, other).returncode,
        "no face": run(library, "compare", nobody, obama).returncode,
        "unknown key": run(library, "compare", obama, "--target-key", "nowhere.jpg").returncode,
    }

    assert codes == {"photo": 0, "key": 0, "face": 0, "another person": 1, "no face": 3, "unknown key": 3}
    assert json.loads(run(library, "compare", obama, other, "--json").stdout)["outcome"] == "no_match"


def test_export_writes_what_the_api_says_in_both_formats(library: LocalCloud, tmp_path: Path) -> None:
    keys = [image["key"] for image in images(library, "").values() if image["key"].startswith("library/")]
    said = {key: library.send("GET", f"/index/{key}").json() for key in keys}
    for answer in said.values():
        del answer["image"]["link"]

    run(library, "export", "--prefix", "library/", "--output", tmp_path / "faces.jsonl")
    printed = run(library, "export", "--prefix", "library/", "--format", "csv").stdout

    lines = [json.loads(line) for line in (tmp_path / "faces.jsonl").read_text().splitlines()]
    assert [line["image"]["key"] for line in lines] == keys
    assert lines == list(said.values())
    rows = list(csv.DictReader(io.StringIO(printed)))
    faces = [(answer["image"], record["Face"]) for answer in said.values() for record in answer["FaceRecords"]]
    assert [(row["key"], row["name"], row["FaceId"], row["face_name"]) for row in rows] == [
        (image["key"], image["name"], face["FaceId"], face["name"]) for image, face in faces
    ]
    assert [float(row["Left"]) for row in rows] == [face["BoundingBox"]["Left"] for _, face in faces]
    assert [path.name for path in tmp_path.iterdir()] == ["faces.jsonl"]


def test_erase_asks_first_and_tells_what_was_removed(cloud: LocalCloud) -> None:
    face = cloud.put("erase/a.jpg", sample("grace-hopper"))["FaceRecords"][0]["Face"]["FaceId"]
    other = cloud.put("erase/b.jpg", sample("joe-biden-1"))["FaceRecords"][0]["Face"]["FaceId"]

    unasked = run(cloud, "erase", "erase/a.jpg", typed="y\n")
    still_there = cloud.send("GET", "/index/erase/a.jpg").status_code
    single = run(cloud, "erase", "--face", other, "--yes", "--json")
    done = run(cloud, "erase", "erase/a.jpg", "erase/nowhere.jpg", "--yes")
    rest = run(cloud, "erase", "--prefix", "erase/", "--yes")

    assert (unasked.returncode, still_there) == (2, 200)
    assert "--yes" in unasked.stderr
    assert json.loads(single.stdout)["FaceIds"] == [other]
    assert done.returncode == 1
    assert done.stdout == f"erased\terase/a.jpg\t{face}\n"
    assert "erase/nowhere.jpg: not found" in done.stderr
    assert (rest.returncode, rest.stdout) == (0, "erased\terase/b.jpg\tno face\n")
    assert images(cloud, "erase/") == {}


def test_erase_asks_on_a_terminal(cloud: LocalCloud) -> None:
    cloud.put("ask/a.jpg", sample("grace-hopper"))

    declined = answer_on_a_terminal(cloud, "n", "erase", "ask/a.jpg")
    still_there = cloud.send("GET", "/index/ask/a.jpg").status_code
    agreed = answer_on_a_terminal(cloud, "y", "erase", "ask/a.jpg")

    assert (declined[0], still_there) == (1, 200)
    assert "ask/a.jpg" in declined[1]
    assert agreed[0] == 0
    assert images(cloud, "ask/") == {}


def answer_on_a_terminal(cloud: LocalCloud, answer: str, script: str, *arguments: str) -> tuple[int, str]:
    """Exit code and screen of a script on a pseudo-terminal, whose question is answered."""
    person, terminal = os.openpty()
    process = subprocess.Popen(
        command(script, *arguments),
        env=environment(cloud) | {"TERM": "xterm", "COLUMNS": "120"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    screen = ""
    with os.fdopen(person, "rb+", buffering=0) as end:
        try:
            while text := end.read(1024):
                screen += text.decode(errors="replace")
                if "[y/n]" in screen and answer:
                    end.write(answer.encode() + b"\n")
                    answer = ""
        except OSError:
            pass  # the terminal is closed: the script has ended
    return process.wait(30), screen


def test_watch_shows_what_failed_and_why(cloud: LocalCloud) -> None:
    cloud.client("s3").put_object(Bucket=cloud.addresses["bucket"], Key="watch/broken.jpg", Body=b"%PDF-1.7 no photo")
    cloud.put("watch/fine.jpg", sample("grace-hopper"))
    wait_until(lambda: images(cloud, "watch/")["broken.jpg"]["status"] == "FAILED", seconds=30)

    plain = run(cloud, "watch_index", "--once", "--prefix", "watch/")
    (row,) = map(json.loads, run(cloud, "watch_index", "--json", "--prefix", "watch/").stdout.splitlines())

    key, status, age, reason = plain.stdout.rstrip("\n").split("\t")
    assert (key, status, row["status"]) == ("watch/broken.jpg", "FAILED", "FAILED")
    assert "PDF" in reason == row["reason"]
    assert age.endswith("s")

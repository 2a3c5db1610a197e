"""How a folder is read, named and compared with the library before anything is sent."""

import hashlib
import json
import os
import threading
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from command_line import UsageError
from faceprint_client import ApiError, ThrottledError
from indexing.journal import Entry, Journal
from indexing.naming import choose_naming, read_names
from indexing.plan import Plan, Scan, make_plan, scan_folder
from shared_pace import SharedPace, StoppedError

JPEG = b"\xff\xd8\xff\xe0 a photo "
URL = "http://127.0.0.1:8000/v1"
ENTRY = Entry("a.jpg", bytes=3, mtime_ns=7, name="Ada", status="INDEXED", etag="e-1")


def named(choice: str, path: str, *, root: str = "Twice") -> str:
    return choose_naming(choice, root=Path(root))(PurePosixPath(path))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("Im_Nayeon/7.jpg", "Im Nayeon"),
        ("2026/Im Nayeon/IMG_0001.jpg", "Im Nayeon"),
        ("Nayeon_01.jpg", "Nayeon"),
        ("Im_Nayeon_01.jpg", "Im Nayeon"),
        ("Im Nayeon (2).jpg", "Im Nayeon"),
        ("Jean-Luc Godard-3.jpg", "Jean-Luc Godard"),
        ("IMG_0001.jpg", ""),
        ("DSC_4711.JPG", ""),
        ("PXL_20260101.jpg", ""),
        ("WhatsApp Image 3.jpg", ""),
        ("holiday.jpg", ""),
        ("007.jpg", ""),
        ("Imogen_1.jpg", "Imogen"),
        ("Jose\u0301_1.jpg", "Jos\u00e9"),
    ],
)
def test_auto_takes_the_folder_or_what_a_number_follows(path: str, name: str) -> None:
    assert named("auto", path) == name


def test_names_come_from_where_they_are_asked_for() -> None:
    assert named("folder", "a/Im_Nayeon/7.jpg") == "Im Nayeon"
    assert named("folder", "7.jpg", root="photos/Im_Nayeon") == "Im Nayeon"
    assert named("file", "folder/Im_Nayeon_7.jpg") == "Im Nayeon"
    assert named("file", "folder/Im_Nayeon.jpg") == "Im Nayeon"
    assert named("none", "Im_Nayeon/Im_Nayeon_7.jpg") == ""


def test_names_come_from_a_csv_file(tmp_path: Path) -> None:
    table = tmp_path / "names.csv"
    table.write_text('\ufefffile,name\n./a/1.jpg,"Lovelace, Ada"\n\na\\2.jpg,Bob\n', encoding="utf-8")

    naming = choose_naming("auto", root=tmp_path, names=read_names(table))

    assert [naming(PurePosixPath(path)) for path in ("a/1.jpg", "a/2.jpg", "a/3.jpg")] == ["Lovelace, Ada", "Bob", ""]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("photo,person\na.jpg,Ada\n", "line 1: the heading"),
        ("", "line 1: the heading"),
        ("file,name\na.jpg,Ada\n,Bob\n", "line 3: the file is missing"),
        ("file,name\na.jpg,Ada\na.jpg,Bob\n", "line 3: a.jpg has two names"),
        (f"file,name\na.jpg,{'x' * 257}\n", "line 2: a name has at most 256"),
        ('file,name\na.jpg,"Ada\n', "line 2: unexpected end"),
    ],
)
def test_a_wrong_csv_file_is_told_by_its_line(tmp_path: Path, text: str, said: str) -> None:
    table = tmp_path / "names.csv"
    table.write_text(text)

    with pytest.raises(UsageError, match=f"names.csv, {said}"):
        read_names(table)


def test_a_csv_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes("file,name\na.jpg,José\n".encode("latin-1"))

    with pytest.raises(UsageError, match="not UTF-8"):
        read_names(tmp_path / "latin.csv")
    with pytest.raises(UsageError, match="cannot be read"):
        read_names(tmp_path / "missing.csv")


def scan(folder: Path, *, prefix: str = "", choice: str = "auto") -> Scan:
    return scan_folder(folder, prefix=prefix, naming=choose_naming(choice, root=folder))


def test_photos_are_found_at_any_depth_and_keyed_by_their_path(tmp_path: Path) -> None:
    for name in ("b/Ada/1.PNG", "a.jpeg", "no-suffix", "b/2.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(JPEG)

    found = scan(tmp_path, prefix="2026/")

    assert [photo.key for photo in found.photos] == [
        "2026/a.jpeg",
        "2026/b/2.jpg",
        "2026/b/Ada/1.PNG",
        "2026/no-suffix",
    ]
    assert [photo.name for photo in found.photos] == ["", "b", "Ada", ""]
    assert {photo.bytes for photo in found.photos} == {len(JPEG)}


def test_what_is_no_photo_is_counted_and_passed_over(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / ".hidden").mkdir()
    for name in (".DS_Store", ".hidden/a.jpg", "notes.txt", "sub/movie.mp4", ".faceprint-index.jsonl"):
        (tmp_path / name).write_bytes(JPEG if name.endswith(".jpg") else b"text")
    (tmp_path / "sub/loop").symlink_to(tmp_path)
    (tmp_path / "broken.jpg").symlink_to(tmp_path / "nowhere.jpg")

    found = scan(tmp_path)

    assert found.photos == []
    assert found.ignored == {
        "hidden": 2,
        "neither JPEG nor PNG (.txt)": 1,
        "neither JPEG nor PNG (.mp4)": 1,
        "a folder again, by a symbolic link": 1,
        "a broken link or no file": 1,
    }


def test_what_cannot_be_sent_has_a_reason_before_it_is(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "line\nbreak.jpg").write_bytes(JPEG)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/latin-\xe9.jpg")).write_bytes(JPEG)
    with (tmp_path / "large.jpg").open("wb") as file:
        file.truncate(15 * 2**20 + 1)
    deep = tmp_path.joinpath(*["d" * 200] * 6)
    deep.mkdir(parents=True)
    (deep / "a.jpg").write_bytes(JPEG)

    problems = {photo.path.name: photo.problem for photo in scan(tmp_path).photos}

    assert problems["empty.jpg"] == "It is empty."
    assert problems["large.jpg"].startswith("It is larger than 15 MB")
    assert problems["a.jpg"].startswith("Its path is longer than 1024 bytes")
    assert [problem for problem in problems.values() if problem.startswith("Its name holds control")] != []
    assert "" not in problems.values()


def plan(folder: Path, journal: Path, *, library: dict[str, dict[str, object]] | None = None) -> Plan:
    return make_plan(scan(folder).photos, library=library or {}, journal=Journal(journal, url=URL))


def stored(folder: Path, file: str, /, **changes: object) -> dict[str, dict[str, object]]:
    content = (folder / file).read_bytes()
    image = {"key": file, "status": "INDEXED", "bytes": len(content), "etag": hashlib.md5(content).hexdigest()}
    return {file: image | changes}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "present"),
        ({"name": "Ada"}, "present"),
        ({"status": "NO_FACE"}, "present"),
        ({"status": "PENDING"}, "waiting"),
        ({"status": "FAILED"}, "new"),
        ({"etag": "another"}, "new"),
        ({"bytes": 1}, "new"),
    ],
)
def test_only_what_the_library_has_not_is_sent(tmp_path: Path, changes: dict[str, object], kind: str) -> None:
    (tmp_path / "a.jpg").write_bytes(JPEG)

    made = plan(tmp_path, tmp_path / "journal", library=stored(tmp_path, "a.jpg", **changes))

    assert [photo.key for photo in getattr(made, kind)] == ["a.jpg"]
    assert len(made.new) + len(made.present) + len(made.waiting) + len(made.impossible) == 1


def test_a_photo_with_another_name_than_in_the_library_is_sent_again(tmp_path: Path) -> None:
    (tmp_path / "Ada_1.jpg").write_bytes(JPEG)

    same = plan(tmp_path, tmp_path / "journal", library=stored(tmp_path, "Ada_1.jpg", name="Ada"))
    other = plan(tmp_path, tmp_path / "journal", library=stored(tmp_path, "Ada_1.jpg", name="Bob"))

    assert (len(same.present), len(other.new)) == (1, 1)


def test_the_journal_knows_an_etag_that_is_no_md5_until_the_file_changes(tmp_path: Path) -> None:
    photo, journal = tmp_path / "a.jpg", tmp_path / "journal"
    photo.write_bytes(JPEG)
    library = stored(tmp_path, "a.jpg", etag="of-kms")
    (found,) = scan(tmp_path).photos
    with Journal(journal, url=URL) as kept:
        kept.write(Entry(found.key, found.bytes, found.mtime_ns, "", "INDEXED", etag="of-kms"))

    unchanged = plan(tmp_path, journal, library=library)
    os.utime(photo, ns=(found.mtime_ns + 1, found.mtime_ns + 1))
    touched = plan(tmp_path, journal, library=library)

    assert (len(unchanged.present), len(touched.new)) == (1, 1)


def test_the_journal_remembers_the_last_entry_of_an_unchanged_file(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal", url=URL) as journal:
        journal.write(replace(ENTRY, status="FAILED"))
        journal.write(ENTRY)

    read = Journal(tmp_path / "journal", url=URL)

    assert read.find("a.jpg", size=3, mtime_ns=7) == ENTRY
    assert read.find("a.jpg", size=4, mtime_ns=7) is None
    assert read.find("a.jpg", size=3, mtime_ns=8) is None
    assert Journal(tmp_path / "journal", url="http://other/v1").find("a.jpg", size=3, mtime_ns=7) is None


def test_every_entry_is_on_disk_at_once(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal", url=URL) as journal:
        journal.write(ENTRY)

        assert Journal(tmp_path / "journal", url=URL).find("a.jpg", size=3, mtime_ns=7) == ENTRY


def test_a_torn_line_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal(path, url=URL) as journal:
        journal.write(ENTRY)
        journal.write(replace(ENTRY, key="b.jpg"))
    path.write_bytes(path.read_bytes()[:-20])
    with Journal(path, url=URL) as journal:
        journal.write(replace(ENTRY, key="c.jpg"))

    read = Journal(path, url=URL)

    known = [key for key in ("a.jpg", "b.jpg", "c.jpg") if read.find(key, size=3, mtime_ns=7)]
    assert known == ["a.jpg", "c.jpg"]


@pytest.mark.parametrize("line", [b"null", b"[1]", b"{}", b'{"url": 1}', b"\xff\xfe", b"7"])
def test_lines_that_are_no_entries_are_passed_over(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "journal"
    with Journal(path, url=URL) as journal:
        journal.write(ENTRY)
    path.write_bytes(line + b"\n" + path.read_bytes())

    assert Journal(path, url=URL).find("a.jpg", size=3, mtime_ns=7) == ENTRY


def test_threads_write_whole_lines(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal", url=URL) as journal:
        threads = [
            threading.Thread(
                target=lambda start=start: [journal.write(replace(ENTRY, key=f"{start + i}")) for i in range(50)]
            )
            for start in (0, 50, 100, 150)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    keys = {json.loads(line)["key"] for line in (tmp_path / "journal").read_text().splitlines()}
    assert keys == {str(number) for number in range(200)}


class Time:
    """Passes where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> bool:
        self.now += seconds
        return False


def pace_at(time: Time, stop: threading.Event | None = None) -> SharedPace:
    return SharedPace(stop or threading.Event(), clock=time.clock, sleep=time.sleep)


def refused(retry_after: float = 1.0) -> ApiError:
    return ThrottledError(429, code="Throttled", description="", request_id="", retry_after=retry_after)


def test_nothing_is_slowed_that_nobody_refused() -> None:
    time = Time()
    pace = pace_at(time)

    for _ in range(100):
        pace.start()
        pace.learn(None)

    assert time.now == 100.0


def test_one_refusal_holds_all_for_its_retry_after_and_slows_them() -> None:
    time = Time()
    pace = pace_at(time)
    pace.start()
    pace.learn(refused(3.0))

    starts = []
    for _ in range(3):
        pace.start()
        starts.append(round(time.now - 100, 6))

    assert starts == [3.0, 3.1, 3.2]
    assert pace.throttled == 1


def test_refusals_of_one_moment_slow_once() -> None:
    time = Time()
    pace = pace_at(time)
    for _ in range(8):
        pace.start()
    time.now += 0.1

    for _ in range(8):
        pace.learn(refused())

    assert pace.rate == 10.0
    assert pace.throttled == 8


def test_the_pace_settles_below_the_rate_of_a_gateway_and_recovers_without_it() -> None:
    time, refusals, tokens, filled = Time(), 0, 2.0, 100.0
    pace = pace_at(time)
    for _ in range(300):
        pace.start()
        tokens, filled = min(2.0, tokens + (time.now - filled) * 2), time.now
        if tokens >= 1:
            tokens -= 1
            pace.learn(None)
        else:
            refusals += 1
            pace.learn(refused())
    elapsed = time.now - 100

    for _ in range(600):
        pace.start()
        pace.learn(None)

    assert refusals < 30
    assert elapsed < 300 / 2 * 1.5
    assert pace.rate is None


def test_a_quota_that_is_used_up_does_not_hold_everybody_for_an_hour() -> None:
    time = Time()
    pace = pace_at(time)
    pace.start()
    pace.learn(refused(3600))

    pace.start()

    assert time.now <= 130.0


def test_who_waits_for_a_turn_stops_with_the_run() -> None:
    time, stop = Time(), threading.Event()
    pace = pace_at(time, stop)
    pace.start()
    pace.learn(refused())
    stop.set()

    with pytest.raises(StoppedError):
        pace.start()
    with pytest.raises(StoppedError):
        pace.sleep(1)

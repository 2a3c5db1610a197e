"""What the scripts share: where the service is, how they end, how they print and write."""

import argparse
import base64
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from rich.console import Console

from command_line import UsageError, connect, find_photos, print_rows_on, replace_file, show
from indexing.summary import Summary, print_summary
from local_world import wait_until
from tiny_http_server import Reply, tiny_server

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = ("index_folder", "search", "identify", "compare", "export", "erase", "watch_index")
NONE = argparse.Namespace(url=None, api_key=None)
INFO = {"settings": {"aws_rekognition": {"aws_rekognition_price_per_image": 0.001}}}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder below one with a .env, and an environment without an address."""
    for name in ("FACEPRINT_URL", "FACEPRINT_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    return tmp_path / ".env"


def run(script: str, *arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FACEPRINT_")}
    command = [sys.executable, str(ROOT / "scripts" / f"{script}.py"), *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env=kept | environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )


def test_options_win_over_the_environment_and_that_over_the_nearest_env_file(
    settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.write_text("FACEPRINT_URL=http://file/v1\nFACEPRINT_API_KEY=key-of-file\n")

    by_file = connect(NONE).url
    monkeypatch.setenv("FACEPRINT_URL", "http://environment/v1")
    by_environment = connect(NONE).url
    by_option = connect(argparse.Namespace(url="http://option/v1", api_key=None)).url

    assert (by_file, by_environment, by_option) == ("http://file/v1", "http://environment/v1", "http://option/v1")


def test_what_is_missing_is_named(settings: Path) -> None:
    with pytest.raises(UsageError, match="Set FACEPRINT_URL and FACEPRINT_API_KEY in"):
        connect(NONE)

    settings.write_text("FACEPRINT_URL=http://file/v1\n")

    with pytest.raises(UsageError, match="Set FACEPRINT_API_KEY in"):
        connect(NONE)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_explains_itself_with_examples(script: str, tmp_path: Path) -> None:
    done = run(script, "--help", folder=tmp_path)

    assert done.returncode == 0
    assert f"examples:\n\n  {script}.py" in done.stdout
    assert "FACEPRINT_URL" in done.stdout


@pytest.mark.parametrize(
    ("script", "arguments", "code"),
    [
        ("index_folder", ["."], 2),
        ("index_folder", ["nowhere", "--url", "http://x/v1", "--api-key", "k"], 2),
        ("index_folder", [".", "--workers", "0"], 2),
        ("search", [], 2),
        ("search", ["a.jpg", "--face-id", "f"], 2),
        ("identify", ["nowhere.jpg", "--url", "http://x/v1", "--api-key", "k"], 2),
        ("compare", ["a.jpg"], 2),
        ("compare", ["a.jpg", "b.jpg"], 2),
        ("export", ["--format", "xml"], 2),
        ("erase", ["a.jpg"], 2),
        ("erase", ["--yes"], 2),
        ("watch_index", ["--once"], 2),
        ("watch_index", ["--once", "--url", "nonsense", "--api-key", "k"], 2),
    ],
)
def test_a_wrong_call_is_told_in_one_line(script: str, arguments: list[str], code: int, tmp_path: Path) -> None:
    done = run(script, *arguments, folder=tmp_path)

    assert (done.returncode, done.stdout) == (code, "")
    assert "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if not line.startswith(("usage:", " "))]) == 1


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        ("search", ["a.jpg"]),
        ("identify", ["a.jpg"]),
        ("compare", ["a.jpg", "a.jpg"]),
        ("export", ["--output", "out.jsonl"]),
        ("erase", ["a.jpg", "--yes"]),
        ("watch_index", ["--once"]),
        ("index_folder", ["."]),
    ],
)
def test_ctrl_c_ends_a_script_at_once_and_leaves_nothing(script: str, arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.settimeout(30)
        address = {"FACEPRINT_URL": f"http://127.0.0.1:{deaf.getsockname()[1]}", "FACEPRINT_API_KEY": "k"}
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "scripts" / f"{script}.py"), *arguments],
            cwd=tmp_path,
            env={**os.environ, **address},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        waiting, _ = deaf.accept()
        with waiting:
            process.send_signal(signal.SIGINT)
            said, told = process.communicate(timeout=10)

    assert (process.returncode, said, told) == (130, "", "Interrupted.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]


def test_ctrl_c_in_the_middle_of_an_export_leaves_the_file_of_before(tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_text("before")
    images = Reply({"images": [{"key": "a.jpg"}, {"key": "b.jpg"}]})
    answer = threading.Event()
    with tiny_server(images, Reply({"image": {"key": "a.jpg"}}), Reply(status=0, held=answer)) as server:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "scripts/export.py"), "--output", "out.jsonl"],
            cwd=tmp_path,
            env={**os.environ, "FACEPRINT_URL": server.url, "FACEPRINT_API_KEY": "k"},
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until(lambda: len(server.received) == 3 and len(list(tmp_path.iterdir())) == 2, seconds=30)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=10)
        answer.set()

    assert (process.returncode, told) == (130, "Interrupted.\n")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("out.jsonl", "before")]


def test_faces_that_could_not_be_searched_in_time_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    faces = [
        {"outcome": "not_searched", "name": None, "reason": reason}
        for reason in ("Throttled: AWS is throttling.", "MaxSearch: only the 20 largest faces were searched.")
    ]
    with tiny_server(Reply({"faces": faces, "annotated": "", "notSearched": 2})) as server:
        service = {"FACEPRINT_URL": server.url, "FACEPRINT_API_KEY": "k"}
        done = run("identify", "a.jpg", "--json", folder=tmp_path, **service)

    assert done.returncode == 1
    assert done.stderr.splitlines()[1:] == ["a.jpg: face 1 was not searched. Throttled: AWS is throttling."]
    assert (tmp_path / "a-named.jpg").exists()


def test_names_for_photos_that_are_not_there_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "names.csv").write_text("file,name\na.jpg,Ada\nb.jpg,Bob\n")
    with tiny_server(Reply({"images": []}), Reply(INFO)) as server:
        service = {"FACEPRINT_URL": server.url, "FACEPRINT_API_KEY": "k"}
        done = run("index_folder", ".", "--names", "names.csv", "--dry-run", "--json", folder=tmp_path, **service)

    assert (done.returncode, done.stderr) == (0, "names.csv: there is no photo b.jpg\n")
    assert json.loads(done.stdout)["names"] == {"Ada": 1}


def test_the_second_ctrl_c_does_not_wait_for_photos_in_flight(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    answer = threading.Event()
    with tiny_server(Reply({"images": []}), Reply(INFO), Reply(status=0, held=answer)) as server:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "scripts/index_folder.py"), str(tmp_path)],
            env={**os.environ, "FACEPRINT_URL": server.url, "FACEPRINT_API_KEY": "k"},
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until(lambda: len(server.received) == 3, seconds=30)
        process.send_signal(signal.SIGINT)
        first = next(line for line in process.stderr if line.strip())
        running = process.poll()
        process.send_signal(signal.SIGINT)
        with process:
            code = process.wait(10)
        answer.set()

    assert first == "Finishing the photos in flight; Ctrl-C again ends at once.\n"
    assert (running, code) == (None, 130)


@pytest.mark.parametrize("script", [*SCRIPTS, "verify"])
def test_every_script_has_its_place_in_the_documents(script: str) -> None:
    assert f"`{script}.py" in (ROOT / "README.md").read_text()
    assert f"\n## {script}.py\n" in (ROOT / "docs/scripts.md").read_text()


def test_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    images = [{"key": f"{number}.jpg", "status": "FAILED", "reason": "x" * 1000} for number in range(500)]
    with tiny_server(Reply({"images": images})) as server:
        script = ROOT / "scripts/watch_index.py"
        done = subprocess.run(
            ["bash", "-c", f"'{sys.executable}' '{script}' --once | head -n 1"],
            env={**os.environ, "FACEPRINT_URL": server.url, "FACEPRINT_API_KEY": "k"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )

    assert done.stdout.startswith("0.jpg\tFAILED")
    assert done.stderr == ""


def test_photos_of_folders_are_found_by_name_and_single_ones_as_given(tmp_path: Path) -> None:
    for name in ("b.jpg", "a/c.PNG", ".hidden.jpg", ".h/d.jpg", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    found = find_photos([tmp_path, tmp_path / "notes.txt"])

    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["a/c.PNG", "b.jpg", "notes.txt"]


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        find_photos([tmp_path / "nowhere"])
    with pytest.raises(UsageError, match="no photo"):
        find_photos([tmp_path])


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("before")

    with pytest.raises(KeyboardInterrupt), replace_file(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    interrupted = path.read_text()
    with replace_file(path) as file:
        file.write(b"after")

    assert (interrupted, path.read_text()) == ("before", "after")
    assert list(tmp_path.iterdir()) == [path]


def test_names_cannot_play_with_the_terminal() -> None:
    assert show("a\x1b[31m\tb\n") == "a�[31m�b�"
    assert show(97.56) == "97.6"
    assert show(None) == "-"


ROWS = [{"file": "a.jpg", "outcome": "match", "reason": "Send a JPEG. (415 UnsupportedFormat, request 7d1f-5a52)"}]


def printed(*, on_a_terminal: bool) -> str:
    console = Console(file=io.StringIO(), force_terminal=on_a_terminal, color_system="standard", width=100)
    print_rows_on(console, ROWS, columns=("file", "outcome", "reason"))
    return console.file.getvalue()


def test_rows_are_tab_separated_where_no_person_looks() -> None:
    assert printed(on_a_terminal=False) == f"a.jpg\tmatch\t{ROWS[0]['reason']}\n"


def test_a_terminal_shows_colours_and_short_reasons() -> None:
    shown = printed(on_a_terminal=True)

    assert "\x1b[32mmatch" in shown
    assert "Send a JPEG." in shown and "UnsupportedFormat" not in shown


def test_the_plan_and_the_summary_of_a_folder_hold_no_table_in_a_pipe() -> None:
    console = Console(file=io.StringIO(), force_terminal=False)
    print_summary(Summary(photos=1, failed=1, failures=[{"file": "scan.jpg", "reason": "Send a JPEG."}]), console)

    assert console.file.getvalue() == "scan.jpg\tSend a JPEG.\n1 photos: 1 failed\n"


def test_a_setting_that_is_nearly_written_right_is_pointed_out(settings: Path) -> None:
    settings.write_text("FACEPRINT_URL=http://file/v1\nFACEPRINT_KEY=key\n")

    with pytest.raises(UsageError, match="There is FACEPRINT_KEY; FACEPRINT_API_KEY is meant"):
        connect(NONE)


def test_identify_says_where_its_pictures_are_and_keeps_standard_output_for_rows(tmp_path: Path) -> None:
    face = {"outcome": "match", "name": "Ada", "match": {"Similarity": 99.0}}
    answer = Reply({"faces": [face], "annotated": base64.b64encode(b"a picture").decode()})
    (tmp_path / "group.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "other.jpg").write_bytes(b"\xff\xd8\xff")
    with tiny_server(answer) as server:
        options = ["--url", f"{server.url}/v1", "--api-key", "key"]
        one = run("identify", "group.jpg", *options, folder=tmp_path)
        many = run("identify", ".", "--out", "named", "--json", *options, folder=tmp_path)

    assert (one.returncode, one.stdout) == (0, "group.jpg\t1\tmatch\tAda\t99.0\n")
    assert one.stderr == "The picture with boxes and names: group-named.jpg\n"
    assert many.stderr == "2 pictures with boxes and names (*-named.jpg) are in named\n"
    assert [json.loads(line)["picture"] for line in many.stdout.splitlines()] == [
        "named/group-named.jpg",
        "named/other-named.jpg",
    ]


def test_erase_finds_the_photos_that_bear_a_name_in_any_case(tmp_path: Path) -> None:
    images = [{"key": "a.jpg", "name": "Ada Lovelace", "faces": 1}, {"key": "b.jpg", "name": "Bob"}, {"key": "c.jpg"}]
    with tiny_server(Reply({"images": images}), Reply({"deleted": {"FaceIds": ["f1"], "versions": 1}})) as server:
        options = ["--url", f"{server.url}/v1", "--api-key", "key", "--yes"]
        found = run("erase", "--name", "ada lovelace", *options, folder=tmp_path)
    with tiny_server(Reply({"images": images})) as server:
        options = ["--url", f"{server.url}/v1", "--api-key", "key", "--yes"]
        nobody = run("erase", "--name", "Grace", *options, folder=tmp_path)

    assert (found.returncode, found.stdout) == (0, "erased\ta.jpg\tf1\n")
    assert (nobody.returncode, nobody.stderr) == (1, "Grace: not found\nThere is nothing to erase.\n")

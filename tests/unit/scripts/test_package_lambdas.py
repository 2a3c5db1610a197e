"""The packages that Lambda runs are the same bytes on every machine and hold nothing but what functions need."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from scripts import package_lambdas

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def lambdas(tmp_path: Path) -> Path:
    """A small source folder with what must stay outside of the zip beside what belongs into it."""
    folder = tmp_path / "lambdas"
    for name in ("faceprint/__init__.py", "faceprint/model/image.py", "faceprint/handlers/index.py"):
        write(folder / name, f"# {name}\n")
    write(folder / "faceprint/__pycache__/image.cpython-313.pyc", "bytecode")
    write(folder / "faceprint/notes.txt", "not Python")
    write(folder / "faceprint/openapi.json", "{}\n")
    write(folder / "tests/test_image.py", "# a test\n")
    write(folder / "requirements.txt", "a-package==1\n")
    return folder


@pytest.fixture
def loose_umask() -> Iterator[None]:
    previous = os.umask(0)
    yield
    os.umask(previous)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def fake_install(lock: Path, target: Path, options: Sequence[str]) -> None:
    """Leaves what pip leaves, with the traces of the machine and folder it ran on."""
    write(target / "somelib/__init__.py", f"lock = {lock.name!r}\nnames = {{'a', 'b'}}\n")
    write(target / "somelib/__init__.pyi", "lock: str\n")
    write(target / "somelib/native.cpython-313-aarch64-linux-gnu.so", "machine code")
    write(target / "somelib/__pycache__/stray.pyc", f"{target}")
    write(target / "PIL/Image.py", "size = 1\n" * 100)
    write(target / "somelib-1.dist-info/METADATA", "Name: somelib\n")
    for record in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json"):
        write(target / "somelib-1.dist-info" / record, f"{target} {options}")
    write(target / "bin/tool", f"#!{sys.executable}\n")


def build_layer(out: Path, python: str = "3.13") -> bytes:
    package_lambdas.build_layer(out, python=python, architecture="arm64", install=fake_install)
    return out.read_bytes()


def checkout(folder: Path) -> Path:
    """What building needs of the repository, elsewhere."""
    shutil.copytree(ROOT / "lambdas", folder / "lambdas", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/package_lambdas.py", folder / "scripts")
    return folder


def run_builder(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-I", "-S", "scripts/package_lambdas.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def names(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as opened:
        return opened.namelist()


def test_code_zip_holds_the_package_and_nothing_else(lambdas: Path, tmp_path: Path) -> None:
    package_lambdas.build_code(tmp_path / "code.zip", lambdas)

    assert names(tmp_path / "code.zip") == [
        "faceprint/__init__.py",
        "faceprint/handlers/index.py",
        "faceprint/model/image.py",
        "faceprint/openapi.json",
    ]


def test_code_zip_is_the_same_from_another_folder_date_and_umask(
    lambdas: Path, tmp_path: Path, loose_umask: None
) -> None:
    copy = tmp_path / "elsewhere" / "copy"
    shutil.copytree(lambdas, copy)
    for path in copy.rglob("*.py"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
        path.chmod(0o777)

    package_lambdas.build_code(tmp_path / "one.zip", lambdas)
    package_lambdas.build_code(tmp_path / "two.zip", copy)

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_code_zip_does_not_depend_on_the_order_of_the_file_system(
    lambdas: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package_lambdas.build_code(tmp_path / "one.zip", lambdas)
    in_order = Path.rglob
    monkeypatch.setattr(Path, "rglob", lambda path, pattern: sorted(in_order(path, pattern), reverse=True))

    package_lambdas.build_code(tmp_path / "two.zip", lambdas)

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_command_line_builds_the_same_code_from_two_checkouts(tmp_path: Path) -> None:
    printed = [run_builder(checkout(tmp_path / name), "code", "build/code.zip") for name in ("one", "two/deeper")]
    archives = [(tmp_path / name / "build/code.zip").read_bytes() for name in ("one", "two/deeper")]

    digests = [re.findall(r"sha256 (\w{64})$", line, flags=re.MULTILINE) for line in printed]

    assert archives[0] == archives[1]
    assert digests == [[hashlib.sha256(archives[0]).hexdigest()]] * 2


def test_two_builds_of_one_archive_at_once_do_not_disturb_each_other(lambdas: Path, tmp_path: Path) -> None:
    out = tmp_path / "build" / "code.zip"

    def files_while_another_build_runs() -> Iterator[Path]:
        yield lambdas / "faceprint/__init__.py"
        package_lambdas.build_code(out, lambdas)
        yield lambdas / "faceprint/model/image.py"
        yield lambdas / "faceprint/handlers/index.py"
        yield lambdas / "faceprint/openapi.json"

    package_lambdas.write_zip(out, lambdas, files_while_another_build_runs())
    alone = tmp_path / "alone.zip"
    package_lambdas.build_code(alone, lambdas)

    assert out.read_bytes() == alone.read_bytes()
    assert [path.name for path in out.parent.iterdir()] == ["code.zip"]


def test_failed_build_leaves_the_old_archive_and_no_rubbish(lambdas: Path, tmp_path: Path) -> None:
    out = tmp_path / "build" / "code.zip"
    package_lambdas.build_code(out, lambdas)
    before = out.read_bytes()

    with pytest.raises(FileNotFoundError):
        package_lambdas.write_zip(out, lambdas, [lambdas / "faceprint/vanished.py"])

    assert out.read_bytes() == before
    assert [path.name for path in out.parent.iterdir()] == ["code.zip"]


def test_code_zip_changes_with_the_sources(lambdas: Path, tmp_path: Path) -> None:
    package_lambdas.build_code(tmp_path / "one.zip", lambdas)
    write(lambdas / "faceprint/model/image.py", "changed = True\n")

    package_lambdas.build_code(tmp_path / "two.zip", lambdas)

    assert (tmp_path / "one.zip").read_bytes() != (tmp_path / "two.zip").read_bytes()


def test_zip_entries_are_dated_1980_with_fixed_modes(tmp_path: Path) -> None:
    build_layer(tmp_path / "layer.zip", python="3.12")

    with zipfile.ZipFile(tmp_path / "layer.zip") as archive:
        modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in archive.infolist()}
        dates = {entry.date_time for entry in archive.infolist()}
    assert dates == {(1980, 1, 1, 0, 0, 0)}
    assert modes["python/somelib/native.cpython-313-aarch64-linux-gnu.so"] == 0o755
    assert modes["python/somelib/__init__.py"] == 0o644


def test_real_code_zip_stays_below_100_kb(tmp_path: Path) -> None:
    package_lambdas.build_code(tmp_path / "code.zip")

    assert (tmp_path / "code.zip").stat().st_size <= 100_000
    assert all(re.fullmatch(r"faceprint/[\w/]+\.(?:py|json)", name) for name in names(tmp_path / "code.zip"))


def test_layer_is_the_same_twice_although_each_build_has_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package_lambdas, "running_python", lambda: "3.13")

    assert build_layer(tmp_path / "one.zip") == build_layer(tmp_path / "two.zip")


def test_layer_leaves_out_records_of_the_installing_machine(tmp_path: Path) -> None:
    build_layer(tmp_path / "layer.zip", python="3.12")

    assert names(tmp_path / "layer.zip") == [
        "python/PIL/Image.py",
        "python/somelib-1.dist-info/METADATA",
        "python/somelib/__init__.py",
        "python/somelib/native.cpython-313-aarch64-linux-gnu.so",
    ]


def test_layer_carries_bytecode_when_the_builder_is_the_python_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package_lambdas, "running_python", lambda: "3.13")

    precompiled = package_lambdas.build_layer(
        tmp_path / "layer.zip", python="3.13", architecture="arm64", install=fake_install
    )

    with zipfile.ZipFile(tmp_path / "layer.zip") as archive:
        cached = [name for name in archive.namelist() if name.endswith(".pyc")]
        flags = {archive.read(name)[4:8] for name in cached}
    assert precompiled
    assert [Path(name).parent.as_posix() for name in cached] == [
        "python/PIL/__pycache__",
        "python/somelib/__pycache__",
    ]
    assert flags == {b"\x01\x00\x00\x00"}, "every file is an unchecked-hash pyc (PEP 552)"


def test_layer_carries_no_bytecode_of_another_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_lambdas, "running_python", lambda: "3.11")

    precompiled = package_lambdas.build_layer(
        tmp_path / "layer.zip", python="3.13", architecture="arm64", install=fake_install
    )

    assert not precompiled
    assert not any(name.endswith(".pyc") for name in names(tmp_path / "layer.zip"))


def test_layer_asks_pip_for_the_wheels_of_the_function() -> None:
    options = package_lambdas.wheel_options("3.13", "arm64")

    assert "--only-binary=:all:" in options
    assert options[options.index("--python-version") + 1] == "3.13"
    assert {"manylinux2014_aarch64", "manylinux_2_28_aarch64"} <= set(options)


def test_description_tells_the_size_without_pillow(tmp_path: Path) -> None:
    build_layer(tmp_path / "layer.zip", python="3.12")

    assert re.search(r"[\d.]+ kB, [\d.]+ kB without Pillow, 4 files", package_lambdas.describe(tmp_path / "layer.zip"))


def test_local_packages_are_built_once(tmp_path: Path) -> None:
    folder = tmp_path / "build" / "lambda"

    first = package_lambdas.build_local(folder, install=fake_install)
    second = package_lambdas.build_local(folder, install=refuse_install)

    assert (first, second) == (True, False)
    assert (folder / "layer/somelib/__init__.py").read_text().startswith("lock = 'requirements.txt'")
    assert (folder / "runtime/somelib/__init__.py").read_text().startswith("lock = 'runtime-requirements.txt'")
    assert list((folder / "layer/somelib/__pycache__").glob("__init__.*.pyc"))


def test_local_packages_are_rebuilt_when_a_lock_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "lambda"
    package_lambdas.build_local(folder, install=fake_install)
    write(folder / "layer/stale.py", "")
    write(tmp_path / "requirements.txt", "another==2\n")
    monkeypatch.setattr(package_lambdas, "LAYER_LOCK", tmp_path / "requirements.txt")

    rebuilt = package_lambdas.build_local(folder, install=fake_install)

    assert rebuilt
    assert not (folder / "layer/stale.py").exists()


def test_failed_local_build_leaves_the_old_packages_and_no_rubbish(tmp_path: Path) -> None:
    folder = tmp_path / "build" / "lambda"
    package_lambdas.build_local(folder, install=fake_install)
    (folder / "stamp").write_text("older")

    with pytest.raises(SystemExit):
        package_lambdas.build_local(folder, install=refuse_install)

    assert (folder / "layer/somelib/__init__.py").exists()
    assert [path.name for path in folder.parent.iterdir()] == ["lambda"]


def refuse_install(lock: Path, target: Path, options: Sequence[str]) -> None:
    raise SystemExit(f"must not install {lock} into {target} with {options}")


def pinned(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize("lock", ["requirements.txt", "runtime-requirements.txt"])
def test_lambda_locks_pin_the_versions_the_tests_run_with(lock: str) -> None:
    everything = pinned(ROOT / "requirements.txt")

    assert pinned(ROOT / "lambdas" / lock).items() <= everything.items()


def test_help_works_without_any_installed_package() -> None:
    command = [sys.executable, "-I", "-S", str(ROOT / "scripts/package_lambdas.py"), "--help"]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert "{code,layer,local}" in done.stdout

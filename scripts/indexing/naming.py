"""The person's name for a photo: from its folder, from its file's name, or from a CSV file."""

import csv
import re
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from command_line import UsageError

MAX_NAME_CHARACTERS = 256
"""The service's limit."""

Naming = Callable[[PurePosixPath], str]
"""The name for a path relative to the folder that is indexed; empty where there is none."""

CHOICES = {
    "auto": "the folder; beside all folders Name of Name_01.jpg",
    "folder": "the folder",
    "file": "the file",
    "none": "nothing",
}
"""The values of --name-from, and where the name then comes from."""

_NUMBERED = re.compile(r"(?P<name>.*\D)[\s_\-]+\d+|(?P<copy>.*\D)\s*\(\d+\)")
_CAMERAS = re.compile(
    r"(?:img|dsc[nf]?|pxl|dcim|mvi|vid|gopr|photo|image|picture|scan|screenshot|whatsapp image)\b", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def name_from_folder(path: PurePosixPath, *, root: str = "") -> str:
    """The folder that the photo lies in: `Twice/Im_Nayeon/7.jpg` is "Im Nayeon". Beside all folders it is `root`."""
    return _spaced(path.parent.name or root)


def name_from_file(path: PurePosixPath) -> str:
    """The file's name without its number: `Im_Nayeon_07.jpg` is "Im Nayeon", and so is `Im_Nayeon.jpg`."""
    return _without_number(path.stem) or _spaced(path.stem)


def name_from_either(path: PurePosixPath) -> str:
    """The folder where there is one; otherwise what a number follows, unless cameras write that (`IMG_0001.jpg`)."""
    if path.parent.name:
        return name_from_folder(path)
    name = _without_number(path.stem)
    return "" if _CAMERAS.match(name) else name


def name_from_nothing(path: PurePosixPath) -> str:  # noqa: ARG001  # a Naming like the others
    """None is sent; the service then takes the file's name for the only face of a photo."""
    return ""


def choose_naming(choice: str, *, root: Path, names: Mapping[str, str] | None = None) -> Naming:
    """The naming for one of CHOICES, or by `names` as `read_names` has them."""
    if names is not None:
        return lambda path: names.get(unicodedata.normalize("NFC", path.as_posix()), "")
    if choice == "folder":
        return lambda path: name_from_folder(path, root=root.resolve().name)
    return {"auto": name_from_either, "file": name_from_file, "none": name_from_nothing}[choice]


def read_names(table: Path) -> Mapping[str, str]:
    """Names by path from a CSV file with the columns file and name. Raises UsageError with the line's number."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            return _read_rows(csv.reader(file, strict=True), str(table))
    except OSError as exc:
        raise UsageError(f"{table} cannot be read: {exc.strerror}.") from exc
    except UnicodeDecodeError as exc:
        raise UsageError(f"{table} is not UTF-8; save it as CSV UTF-8.") from exc


def _read_rows(reader: Any, table: str) -> dict[str, str]:
    names: dict[str, str] = {}
    try:
        heading = [cell.strip().lower() for cell in next(reader, [])]
        if not {"file", "name"} <= set(heading):
            raise UsageError(f"{table}, line 1: the heading must name the columns file and name, as: file,name")
        for row in reader:
            if any(cell.strip() for cell in row):
                _add_row(names, dict(zip(heading, row, strict=False)), f"{table}, line {reader.line_num}")
    except csv.Error as exc:
        raise UsageError(f"{table}, line {reader.line_num}: {exc}.") from exc
    return names


def _add_row(names: dict[str, str], row: Mapping[str, str], where: str) -> None:
    file = unicodedata.normalize("NFC", row.get("file", "").strip().replace("\\", "/").removeprefix("./"))
    name = unicodedata.normalize("NFC", row.get("name", "").strip())
    if not file:
        raise UsageError(f"{where}: the file is missing.")
    if len(name) > MAX_NAME_CHARACTERS or _CONTROL.search(name):
        raise UsageError(f"{where}: a name has at most {MAX_NAME_CHARACTERS} characters and no control characters.")
    if names.get(file, name) != name:
        raise UsageError(f"{where}: {file} has two names, {names[file]!r} and {name!r}.")
    names[file] = name


def _without_number(stem: str) -> str:
    """What stands before the number at the end; empty where there is no number."""
    found = _NUMBERED.fullmatch(unicodedata.normalize("NFC", stem))
    return _spaced(found["name"] or found["copy"]) if found else ""


def _spaced(text: str) -> str:
    """Underscores separate words; hyphens belong to names."""
    return " ".join(_CONTROL.sub(" ", unicodedata.normalize("NFC", text)).replace("_", " ").split()).strip("- ")

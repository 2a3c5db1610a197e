"""What the scripts share: where the service is, how a script ends, what it reads and how it prints.

Exit codes: 0 done, 1 something failed, 2 called wrongly, 130 Ctrl-C.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any, NoReturn, TypeVar

from dotenv import dotenv_values, find_dotenv
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from faceprint_client import FaceprintClient, FaceprintError
from shared_pace import SharedPace

FAILED, USAGE, INTERRUPTED = 1, 2, 130
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png")
_COLOURS = {"match": "green", "unknown": "yellow", "no_match": "yellow", "no_face": "yellow", "low_quality": "yellow"}
_COLOURS |= {"error": "red", "FAILED": "red", "PENDING": "yellow"}
_FOR_PROGRAMS = re.compile(r" \(\d{3} \w+(?:, request [\w-]+)?\)$")
Item = TypeVar("Item")
Result = TypeVar("Result")
Row = dict[str, Any]
_BROKEN_PIPE = 141  # what a shell shows for a process that SIGPIPE ended


class UsageError(Exception):
    """The script was called wrongly; the text is one line that says what to do."""


def make_parser(description: str, *, examples: str) -> argparse.ArgumentParser:
    """A parser with --url and --api-key; `examples` end its help."""
    parser = argparse.ArgumentParser(
        description=description,
        epilog=f"examples:\n{examples.rstrip()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    service = parser.add_argument_group("the service (also in the environment or in the nearest .env upward)")
    service.add_argument("--url", help="address with its stage, as http://127.0.0.1:8000/v1 (FACEPRINT_URL)")
    service.add_argument("--api-key", help="its key; others can see options, so better FACEPRINT_API_KEY")
    return parser


def connect(arguments: argparse.Namespace, **options: Any) -> FaceprintClient:
    """The client that options, environment or .env name, in this order; `options` are the client's own.

    Raises UsageError for what is missing.
    """
    options.setdefault("pace", SharedPace(threading.Event()))
    settings = {**dotenv_values(find_dotenv(usecwd=True)), **os.environ}
    url = arguments.url or settings.get("FACEPRINT_URL")
    api_key = arguments.api_key or settings.get("FACEPRINT_API_KEY")
    given = {"FACEPRINT_URL": url, "FACEPRINT_API_KEY": api_key}
    missing = [name for name, value in given.items() if not value]
    if not url or not api_key:
        raise UsageError(
            f"Set {' and '.join(missing)} in the environment or in .env, or give --url and --api-key."
            + _misspelt(missing, settings)
        )
    try:
        return FaceprintClient(url, api_key, **options)
    except FaceprintError as error:
        raise UsageError(str(error)) from error


def _misspelt(missing: Sequence[str], settings: Iterable[str]) -> str:
    """What there is instead of a name, where it looks like it."""
    found = [(close[0], name) for name in missing if (close := get_close_matches(name, settings, n=1, cutoff=0.75))]
    return "".join(f" There is {written}; {name} is meant?" for written, name in found)


def run_script(main: Callable[[], int], *, failed: int = FAILED) -> NoReturn:
    """Runs `main` and exits with what it returns; every error becomes one line and its exit code."""
    try:
        code = main()
        sys.stdout.flush()
    except UsageError as error:
        code = _complain(str(error), USAGE)
    except FaceprintError as error:
        code = _complain(str(error), failed)
    except BrokenPipeError:
        # Nobody reads any more, as in `| head`; nor could the interpreter flush at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = _BROKEN_PIPE
    except OSError as error:
        code = _complain(f"{error.filename or 'A file'}: {error.strerror or error}", failed)
    except KeyboardInterrupt:
        code = _complain("Interrupted.", INTERRUPTED)
    if code == INTERRUPTED:
        _leave_now(code)
    sys.exit(code)


def _leave_now(code: int) -> NoReturn:
    """Without waiting for threads that still have a request under way, as the interpreter would."""
    with suppress(OSError):
        sys.stdout.flush()
    os._exit(code)


def _complain(text: str, code: int) -> int:
    print(text, file=sys.stderr)
    return code


def find_photos(paths: Iterable[Path]) -> list[Path]:
    """Files as they are given, and all photos below folders, by name. Raises UsageError for what is not there."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            below = (file for file in path.rglob("*") if file.suffix.lower() in PHOTO_SUFFIXES and file.is_file())
            found += sorted(file for file in below if not _is_hidden(file.relative_to(path)))
        elif path.is_file():
            found.append(path)
        else:
            raise UsageError(f"{path} is neither a file nor a folder.")
    if not found:
        raise UsageError("There is no photo (.jpg, .jpeg or .png) in what was named.")
    return found


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def in_parallel(work: Callable[[Item], Result], items: Sequence[Item], *, workers: int) -> Iterator[Result]:
    """Results in the order of the items. Where the caller stops, what has not begun never does."""
    pool = ThreadPoolExecutor(workers)
    try:
        yield from pool.map(work, items)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def or_error(work: Callable[[Item], Result]) -> Callable[[Item], Result | FaceprintError]:
    """The same work, whose failure is a result, so that one photo does not end the others."""

    def attempt(item: Item) -> Result | FaceprintError:
        try:
            return work(item)
        except FaceprintError as error:
            return error

    return attempt


def tell_errors(errors: Sequence[str]) -> int:
    """Each on a line of standard error, red and short on a terminal; the exit code of a script that met them."""
    console = Console(stderr=True)
    for error in errors:
        if console.is_terminal:
            console.print(Text(short_reason(error), style="red"))
        else:
            print(error, file=sys.stderr)
    return FAILED if errors else 0


def short_reason(text: str) -> str:
    """Without status, code and request id, which logs and programs need and people who look on do not."""
    return _FOR_PROGRAMS.sub("", text)


def with_progress(results: Iterable[Result], *, total: int, what: str) -> Iterator[Result]:
    """The results, with a bar on standard error where that is a terminal."""
    console = Console(stderr=True)
    with Progress(
        *Progress.get_default_columns(), console=console, transient=True, disable=not _is_shown(total)
    ) as bar:
        yield from bar.track(results, total=total, description=what)


def _is_shown(total: int) -> bool:
    return total > 1 and sys.stderr.isatty()


def print_rows(rows: Iterable[Row], *, columns: Sequence[str], as_json: bool = False) -> None:
    """A table on a terminal, otherwise tab-separated lines without a heading; JSON Lines when asked for."""
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
    else:
        print_rows_on(Console(), rows, columns=columns)


def print_rows_on(console: Console, rows: Iterable[Row], *, columns: Sequence[str]) -> None:
    """A table where the console is a terminal, tab-separated lines elsewhere."""
    if console.is_terminal:
        console.print(make_table(rows, columns=columns))
        return
    for row in rows:
        print("\t".join(show(row.get(column)) for column in columns), file=console.file)


def make_table(rows: Iterable[Row], *, columns: Sequence[str]) -> Table:
    """A rich table; what is in the cells is never read as markup."""
    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(column, row.get(column)) for column in columns))
    return table


def _cell(column: str, value: Any) -> Text:
    text = show(value)
    return Text(short_reason(text) if column == "reason" else text, style=_COLOURS.get(text, ""))


def show(value: Any) -> str:
    """One line without control characters, which names of files and people may hold."""
    text = "-" if value is None or value == "" else f"{value:.1f}" if isinstance(value, float) else str(value)
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


@contextmanager
def replace_file(path: Path) -> Iterator[IO[bytes]]:
    """Writes beside `path` and takes its place at the end; what fails or is interrupted leaves nothing behind."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            yield file
            file.flush()
            Path(file.name).chmod(0o666 & ~_umask())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _umask() -> int:
    """There is no way to ask for it but to set it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask

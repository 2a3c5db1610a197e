"""The law of the rooms: imports point one way, the environment is read once, importing does nothing.

Change it only with a decision in docs/decisions.md.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "faceprint": ROOT / "lambdas/faceprint",
    "face_engine": ROOT / "face_engine",
    "local_cloud": ROOT / "local_cloud",
}
ENTRANCES = {"faceprint": "wiring.py", "face_engine": "__main__.py", "local_cloud": "__main__.py"}
ROOMS = {
    "faceprint": ["handlers", "use_cases", "model", "aws", "settings.py"],
    "face_engine": ["vision", "operations", "matching.py", "protocol.py", "server.py", "settings.py"],
    "local_cloud": ["backend", "gateway", "iam", "monitoring", "partiql", "settings.py"],
}
MAY_IMPORT = {  # room of lambdas/faceprint -> the other rooms it may import
    "handlers": {"use_cases", "model", "wiring", "http_api", "settings", "observability"},
    "use_cases": {"model"},
    "model": set(),
    "aws": {"model"},
    "http_api": {"model", "use_cases", "observability", "settings", "image_bodies"},
    "image_bodies": {"model"},
    "settings": {"model"},
    "observability": {"model", "settings"},
    "wiring": {"use_cases", "model", "aws", "settings", "observability"},
}
WIRE = {"protocol", "operations", "server"}  # rooms of face_engine that the arrays must not know


def modules(folder: Path) -> list[Path]:
    """All modules below `folder`; none while it does not exist."""
    return sorted(folder.rglob("*.py"))


def room_of(path: Path) -> str:
    """The room of a module of one of the three packages: its folder or its own name."""
    package = next(folder for folder in PACKAGES.values() if path.is_relative_to(folder))
    return path.relative_to(package).parts[0].removesuffix(".py")


@cache
def syntax(path: Path) -> ast.Module:
    """The module as Python parses it."""
    return ast.parse(path.read_text())


@cache
def nodes(path: Path) -> list[ast.AST]:
    """All of it, once for all tests."""
    return list(ast.walk(syntax(path)))


def imports(path: Path) -> Iterator[str]:
    """Every dotted name the module imports, at its top or inside a function, relative ones resolved."""
    root = ROOT / "lambdas" if path.is_relative_to(ROOT / "lambdas") else ROOT
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = path.relative_to(root).parts[: -node.level] if node.level else ()
            origin = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that Python evaluates while it imports the module: all but the bodies of functions."""
    children = ast.iter_child_nodes(node)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        children = iter([*node.decorator_list, node.args])
    elif isinstance(node, ast.Lambda):
        children = iter([node.args])
    for child in children:
        yield child
        yield from run_at_import(child)


@pytest.mark.parametrize("package", ROOMS)
def test_every_room_exists(package: str) -> None:
    entered = (PACKAGES[package] / ENTRANCES[package]).exists()

    missing = [room for room in ROOMS[package] if entered and not (PACKAGES[package] / room).exists()]

    assert missing == []


def test_the_bounds_of_servers_know_no_server() -> None:
    used = {name.split(".")[0] for path in modules(ROOT / "http_limits") for name in imports(path)}

    assert used & {*PACKAGES, "moto", "boto3"} == set()


def test_arrows_of_the_lambdas_point_one_way() -> None:
    arrows = {
        (room_of(path), name.split(".")[1])
        for path in modules(PACKAGES["faceprint"])
        for name in imports(path)
        if name.startswith("faceprint.") and name != "faceprint.__version__"
    }

    against = {(room, other) for room, other in arrows if other != room and other not in MAY_IMPORT.get(room, set())}

    assert against == set()


def test_only_aws_knows_the_sdk() -> None:
    elsewhere = [path for path in modules(PACKAGES["faceprint"]) if room_of(path) != "aws"]

    assert [p.name for p in elsewhere if any(name.split(".")[0] in {"boto3", "botocore"} for name in imports(p))] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_know_nothing_of_one_another(package: str) -> None:
    others = PACKAGES.keys() - {package}

    used = {name.split(".")[0] for path in modules(PACKAGES[package]) for name in imports(path)}

    assert used & others == set()


def test_arrays_know_nothing_of_the_wire() -> None:
    engine = PACKAGES["face_engine"]
    inner = [*modules(engine / "vision"), *(engine / name for name in ("matching.py", "scan.py", "faceprint_block.py"))]

    used = {name.split(".")[1] for path in inner for name in imports(path) if name.startswith("face_engine.")}

    assert used & WIRE == set()


@pytest.mark.parametrize("room", ["monitoring", "lambda_runtime", "gateway"])
def test_who_is_measured_does_not_know_who_measures(room: str) -> None:
    others = {"monitoring", "backend", "cloud"} | ({"lambda_runtime", "gateway", "events"} - {room})
    known = {("gateway", "lambda_runtime")}  # it invokes functions

    used = {
        (room, name.split(".")[1])
        for path in modules(PACKAGES["local_cloud"] / room)
        for name in imports(path)
        if name.startswith("local_cloud.")
    }

    assert {arrow for arrow in used if arrow[1] in others - {room}} <= known


def test_the_language_of_statements_knows_no_tables() -> None:
    used = {name for path in modules(PACKAGES["local_cloud"] / "partiql") for name in imports(path)}

    assert {name for name in used if name.startswith(("local_cloud.", "moto"))} == {
        name for name in used if name.startswith("local_cloud.partiql.")
    }


def reads_environment(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "os" and bool({alias.name for alias in node.names} & {"environ", "getenv"})
    return isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv"}


def test_environment_is_read_in_the_settings_alone() -> None:
    readers = {
        path.relative_to(folder).as_posix()
        for folder in PACKAGES.values()
        for path in modules(folder)
        if any(reads_environment(node) for node in nodes(path))
    }

    assert readers <= {"settings.py"}


def test_importing_a_module_makes_no_client() -> None:
    eager = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in PACKAGES.values()
        for path in modules(folder)
        for node in run_at_import(syntax(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("boto3.", "botocore."))
    ]

    assert eager == []

"""(wire) The engine's protocol: every operation's members by botocore's model, of right, wrong and monstrous values."""

from __future__ import annotations

import json
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape
from hypothesis import strategies as st

from face_engine.operations import OPERATIONS
from fuzz.tally import FoundError, Tally, explore
from fuzz.world import SIGNED_FOR_ENGINE, World, exchange, post

MONSTERS: list[Any] = [None, True, -1, 2**31, 2**63, 10**400, 1e308, -0.0, "", "\ud800", "\0", "x" * 5000, [], {}, [[]]]
RAW = [
    b"",
    b"null",
    b"[]",
    b"0",
    b"\xff",
    b"{" * 100_000,
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"NaN",
    b'{"a":1e999}',
    b'{"CollectionId":"a","CollectionId":1}',
    b'"\\ud800"',
    b"1" * 10_000,
    b"\xef\xbb\xbf{}",
    b"{}\0",
]
TARGETS = [
    "",
    "RekognitionService.",
    "RekognitionService",
    "rekognitionservice.ListFaces",
    "X.ListCollections",
    "RekognitionService.ListCollections.",
    "RekognitionService.__class__",
    "RekognitionService.DetectLabels",
]
SIGNATURES = [
    "",
    "Bearer x",
    "AWS4-HMAC-SHA256",
    SIGNED_FOR_ENGINE[:60],
    "AWS4-HMAC-SHA256 " + " ," * 7000,
    "AWS4-HMAC-SHA256 " + " " * 15_000,
    "AWS4-HMAC-SHA256 Credential=" + "/" * 9000,
]
IDS = ["rekognition-collection", "none", "4ea7a1cc-32af-4700-afa6-f73abd5f8dc6"]


def members(shape: Shape, depth: int = 0) -> st.SearchStrategy[Any]:
    """JSON values for a member: mostly of its type, else anything."""
    if isinstance(shape, StructureShape):
        kept = {name: members(member, depth + 1) for name, member in shape.members.items()}
        right: st.SearchStrategy[Any] = st.fixed_dictionaries({}, optional=kept)
    elif isinstance(shape, ListShape):
        right = st.lists(members(shape.member, depth + 1), max_size=4)
    elif isinstance(shape, MapShape):
        right = st.dictionaries(st.text(max_size=8), members(shape.value, depth + 1), max_size=4)
    else:
        right = _leaf(shape)
    return st.one_of(right, right, right, st.sampled_from(MONSTERS)) if depth else right


def _leaf(shape: Shape) -> st.SearchStrategy[Any]:
    if shape.type_name in ("integer", "float"):
        return st.integers(-2, 5000) | st.floats(allow_nan=False) | st.integers()
    if shape.type_name == "blob":
        return st.text("AB+/=-_ \n", max_size=12) | st.binary(max_size=12).map(lambda data: data.decode("latin-1"))
    words = st.sampled_from([*IDS, *shape.metadata.get("enum", [])])
    return words | st.text(max_size=12) | st.from_regex(r"[a-zA-Z0-9_.\-:]{1,12}", fullmatch=True)


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, str, bytes]:
    """Target, signature and body."""
    model = ServiceModel(Loader().load_service_model("rekognition", "service-2"), "rekognition")
    operation = draw(st.sampled_from([name for name in OPERATIONS if name != "DeleteCollection"]))
    shape = model.operation_model(operation).input_shape
    target = draw(st.just(f"RekognitionService.{operation}") | st.sampled_from(TARGETS))
    signature = draw(st.just(SIGNED_FOR_ENGINE) | st.sampled_from(SIGNATURES))
    body = draw(members(shape).map(lambda value: json.dumps(value).encode()) | st.sampled_from(RAW))
    return target, signature, body


def fuzz_wire(world: World, tally: Tally) -> None:
    """Straight at the engine; a refusal has AWS's form."""
    strategy = calls()

    def call(case: tuple[str, str, bytes]) -> None:
        target, signature, body = case
        headers = {"X_Amz_Target": target, "Content_Type": "application/x-amz-json-1.1"}
        request = post(world.engine, "/", body, **headers, **({"Authorization": signature} if signature else {}))
        answer = exchange(world.engine, request)
        tally.took(answer.seconds, case)
        tally.answered(answer.status, case)
        if answer.status == 200:
            return
        if answer.status != 400 or "__type" not in json.loads(answer.body):
            raise FoundError(f"a refusal {answer.status} has not AWS's form", case)

    explore(strategy, call, tally)

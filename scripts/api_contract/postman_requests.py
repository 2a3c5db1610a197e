"""Steps of the walk as requests of a Postman collection, format 2.1."""

import json
import uuid
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from api_contract.examples import Example
from api_contract.openapi import Contract, Operation
from api_contract.placeholders import API_URL
from api_contract.postman_scripts import ZEROS_VARIABLE, prepare_script, test_script
from api_contract.readable_json import readable_json
from api_contract.walk import Body, Photo, Step, Way

BASE64_VARIABLES = {
    "samples/small/barack-obama-1.jpg": "library_photo_base64",
    "samples/small/barack-obama-2.jpg": "photo_base64",
}
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "faceprint/postman")


def stable_id(name: str) -> str:
    """The same for the same name, at every making."""
    return str(uuid.uuid5(_NAMESPACE, name))


def folder(way: Way, number: int, contract: Contract, examples: dict[str, Example]) -> dict[str, Any]:
    """A way as a folder that can be run alone."""
    items = [_item(step, way, contract, examples[step.step_id]) for step in way.steps]
    return {
        "name": f"{number} {way.title}",
        "id": stable_id(way.name),
        "description": way.description,
        "item": items,
    }


def _item(step: Step, way: Way, contract: Contract, example: Example) -> dict[str, Any]:
    scripts = {"prerequest": prepare_script(step, way), "test": test_script(step, contract, example.answer.body)}
    return {
        "name": step.name,
        "id": stable_id(step.step_id),
        "event": [
            {"listen": listen, "script": {"type": "text/javascript", "exec": lines}}
            for listen, lines in scripts.items()
            if lines
        ],
        "request": _request(step, contract.operations.get(step.operation_id)),
        "response": [_saved_answer(step, example)],
    }


def _request(step: Step, operation: Operation | None) -> dict[str, Any]:
    made: dict[str, Any] = {"method": step.method, "url": _url(step, operation)}
    if not step.needs_key:
        made["auth"] = {"type": "noauth"}
    made["header"] = [{"key": name, "value": value} for name, value in step.headers.items()]
    if step.body.kind != "none":
        made["body"] = _body(step.body)
    made["description"] = _description(step, operation)
    return made


def _url(step: Step, operation: Operation | None) -> dict[str, Any]:
    if step.route.startswith("{{"):
        return {"raw": step.route, "host": [step.route]}
    said = {parameter["name"]: parameter.get("description", "").strip() for parameter in _parameters(operation)}
    route = step.route
    for name in step.path:
        route = route.replace(f"{{{name}}}", f":{name}")
    url: dict[str, Any] = {"host": ["{{base_url}}"], "path": route.strip("/").split("/")}
    raw = "{{base_url}}" + route
    if step.query:
        raw += "?" + "&".join(f"{name}={value}" for name, value in step.query.items())
        url["query"] = [_described(name, value, said) for name, value in step.query.items()]
    if step.path:
        url["variable"] = [_described(name, quote(value, safe="/{}"), said) for name, value in step.path.items()]
    return {"raw": raw, **url}


def _described(name: str, value: str, said: dict[str, str]) -> dict[str, str]:
    return {"key": name, "value": value} | ({"description": said[name]} if said.get(name) else {})


def _parameters(operation: Operation | None) -> tuple[Any, ...]:
    return operation.parameters if operation else ()


def _body(body: Body) -> dict[str, Any]:
    if body.kind == "file":
        return {"mode": "file", "file": {"src": body.photo}}
    if body.kind == "form":
        parts = ((name, part) for name, part in body.members.items() if isinstance(part, Photo))
        return {
            "mode": "formdata",
            "formdata": [{"key": name, "type": "file", "src": part.path} for name, part in parts],
        }
    language = "json" if body.kind == "json" else "text"
    return {"mode": "raw", "raw": _raw(body), "options": {"raw": {"language": language}}}


def _raw(body: Body) -> str:
    if body.kind == "base64":
        return f"{{{{{BASE64_VARIABLES[body.photo]}}}}}"
    if body.kind == "json":
        members = {
            name: f"{{{{{BASE64_VARIABLES[part.path]}}}}}" if isinstance(part, Photo) else part
            for name, part in body.members.items()
        }
        return json.dumps(members, ensure_ascii=False, indent=2)
    return f"{{{{{ZEROS_VARIABLE}}}}}" if body.kind == "zeros" else body.text


def _description(step: Step, operation: Operation | None) -> str:
    parts = [f"{operation.summary}." if operation else step.name + ".", operation.description if operation else ""]
    return "\n\n".join(part for part in [*parts, _choice(step.body)] if part)


def _choice(body: Body) -> str:
    """What a person puts into the body by hand."""
    if body.kind == "file":
        return f"Body: the file `{body.photo}`, or any JPEG or PNG of yours."
    if body.kind == "form":
        files = [f"`{name}` the file `{part.path}`" for name, part in body.members.items() if isinstance(part, Photo)]
        return f"Body: a form, {', '.join(files)}, or any JPEG or PNG of yours."
    if body.kind == "base64" or any(isinstance(part, Photo) for part in body.members.values()):
        return (
            "Body: the collection's variables hold base64 of small photos. For a photo of yours run "
            "`./base64encode.sh photo.jpg` and paste what `photo.jpg-encoded` holds in place of the variable."
        )
    return ""


def _saved_answer(step: Step, example: Example) -> dict[str, Any]:
    answer = example.answer
    text = answer.body if isinstance(answer.body, str) else readable_json(answer.body)
    return {
        "id": stable_id(f"{step.step_id} answer"),
        "name": f"{answer.status} {HTTPStatus(answer.status).phrase}",
        "originalRequest": {
            "method": step.method,
            "header": [{"key": name, "value": value} for name, value in example.request.headers.items()],
            "url": {"raw": _recorded_url(example.request.path)},
        },
        "status": HTTPStatus(answer.status).phrase,
        "code": answer.status,
        "_postman_previewlanguage": "text" if isinstance(answer.body, str) else "json",
        "header": [{"key": name, "value": value} for name, value in answer.headers.items()],
        "cookie": [],
        "body": text,
    }


def _recorded_url(path: str) -> str:
    return path if path.startswith("http") else f"{API_URL}{path}"

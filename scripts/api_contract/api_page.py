"""docs/api.md: the contract as people read it, with real requests and answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from api_contract.curl import curl
from api_contract.examples import Example, load_examples
from api_contract.markdown import fenced, table
from api_contract.openapi import ROOT, Contract, Operation, load_contract, schema_name
from api_contract.readable_json import readable_json
from api_contract.schema_tables import field_rows, schema_sections, type_of
from api_contract.walk import Step, Way, load_walk

PAGE_FILE = ROOT / "docs" / "api.md"
ERRORS_FILE = ROOT / "api" / "errors.yaml"
REFUSALS = "refused"
_BEGINNING = """# The API

Made by `make generate` from the contract [`api/openapi.yaml`](../api/openapi.yaml) and from answers that were recorded
from the running service ([`api/examples.json`](../api/examples.json)): change those, not this page.
"""
_PAGES_AND_LIMITS = """## Pages and limits

`GET /index` answers at most `limit` photos, and `nextCursor` where there are more: the next page is the same request
with `cursor` added. What an image, a name or a request may hold stands under [Limits](../README.md#limits).
"""
_HOW_TO_READ = """## How to read the examples

Every command runs as it stands, from the repository's folder and in this order; together they are the life of a photo,
from indexing to erasing. `make run` prints the address and the key:

    export URL=http://127.0.0.1:8000/v1
    export KEY=…

In the answers "…" stands for what was cut; ids, times and hosts are placeholders and numbers are rounded. The same
requests are a Postman collection: [postman/](../postman/).
"""


@dataclass(frozen=True)
class Page:
    """What the page is made of; `shown` holds the answers that it shows already, with their steps' names."""

    contract: Contract
    walk: tuple[Way, ...]
    examples: Mapping[str, Example]
    errors: list[dict[str, Any]]
    shown: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        parts = [_BEGINNING, self.contract.document["info"]["description"], *self._routes(), *self._errors()]
        parts += [_PAGES_AND_LIMITS, _HOW_TO_READ, *self._life(self.walk[0])]
        for way in self.walk[1:]:
            if way.name != REFUSALS:
                parts += self._other_way(way)
        parts += ["## Objects\n", *schema_sections(self.contract)]
        return "\n".join(part.rstrip() + "\n" for part in parts)

    def _routes(self) -> Iterator[str]:
        yield "## Routes\n"
        rows = [
            (f"[`{operation.method} {operation.path}`](#{operation.operation_id.lower()})", operation.summary)
            for operation in self.contract.operations.values()
        ]
        yield table(("route", "does"), rows)

    def _errors(self) -> Iterator[str]:
        yield "## Errors\n\nEvery error, those of API Gateway included, has one shape: a stable code and what to do.\n"
        recorded = {(example.answer.status, example.answer.body.get("error")): example for example in self._refused()}
        rows = [(str(error["status"]), f"`{error['error']}`", error["means"], error["do"]) for error in self.errors]
        yield table(("status", "error", "means", "what to do"), rows)
        for error in self.errors:
            example = recorded.get((error["status"], error["error"]))
            if example:
                yield f"`{example.request.method} {example.request.path}` answered {error['status']}:\n"
                yield fenced(readable_json(example.answer.body), "json")

    def _refused(self) -> list[Example]:
        return [self.examples[step.step_id] for way in self.walk if way.name == REFUSALS for step in way.steps]

    def _life(self, way: Way) -> Iterator[str]:
        """Sections in the walk's order: an operation has its section where it comes first."""
        yield "## Operations\n"
        shown: set[str] = set()
        for step in way.steps:
            if step.operation_id and step.operation_id not in shown:
                shown.add(step.operation_id)
                yield from self._heading(self.contract.operations[step.operation_id])
            yield f"**{step.name}**\n"
            yield fenced(curl(step), "bash")
            yield self._answer(step)

    def _heading(self, operation: Operation) -> Iterator[str]:
        yield f"### {operation.operation_id}\n"
        key = "" if operation.needs_key else " · needs no key"
        yield f"`{operation.method} {operation.path}`{key}\n"
        yield f"{operation.summary}.\n"
        if operation.description:
            yield f"{operation.description}\n"
        if operation.parameters:
            yield table(("parameter", "in", "type", "what"), [_parameter_row(item) for item in operation.parameters])
        if operation.body:
            yield _body(operation.body)
        yield table(("answer", "holds", "what"), [_answer_row(*item) for item in operation.answers.items()])

    def _other_way(self, way: Way) -> Iterator[str]:
        yield f"## {way.title}\n\n{way.description} The answers are those of the same photo sent in any other form.\n"
        for step in way.steps:
            yield f"**{step.name}**\n"
            yield fenced(curl(step), "bash")
            if step is way.steps[0] or step.operation_id == "searchFaces":
                yield self._answer(step)

    def _answer(self, step: Step) -> str:
        answer = self.examples[step.step_id].answer
        said = "".join(f", {name}: `{value}`" for name, value in answer.headers.items() if name != "Content-Type")
        if not isinstance(answer.body, str):
            body = readable_json(answer.body)
            earlier = self.shown.setdefault(body, step.name)
            if earlier is not step.name:
                return f"answers {answer.status}{said} and the same as *{earlier}*.\n"
            return f"answers {answer.status}{said}:\n\n{fenced(body, 'json')}"
        kind = f" with {answer.headers['Content-Type']}" if "Content-Type" in answer.headers else ""
        return f"answers {answer.status}{kind}{said}.\n"


def api_page_files() -> dict[Path, str]:
    """The page by its path."""
    contract = load_contract()
    errors = yaml.safe_load(ERRORS_FILE.read_text(encoding="utf-8"))
    return {PAGE_FILE: Page(contract, load_walk(contract), load_examples(), errors).text()}


def _parameter_row(parameter: Mapping[str, Any]) -> tuple[str, ...]:
    required = ", required" if parameter.get("required") else ""
    return (
        f"`{parameter['name']}`",
        parameter["in"] + required,
        type_of(parameter["schema"]),
        parameter.get("description", ""),
    )


def _body(body: Mapping[str, Any]) -> str:
    kinds = ", ".join(f"`{kind}`" for kind in body["content"])
    said = f"Body: {kinds}. {body.get('description', '')}".strip() + "\n"
    fields = list(field_rows(body["content"].get("application/json", {}).get("schema", {})))
    return f"{said}\n{table(('field of JSON', 'type', 'what'), fields)}"


def _answer_row(status: str, answer: Mapping[str, Any]) -> tuple[str, ...]:
    holds = ", ".join(
        f"[{name}](#{name.lower()})" if name[0].isupper() else f"`{kind}`"
        for kind, content in answer.get("content", {}).items()
        for name in [schema_name(content["schema"])]
    )
    said = "One of the [errors](#errors)" if status == "default" else answer["description"]
    return ("any other" if status == "default" else status, holds, said)

"""The JavaScript of the collection: what an answer must be, and which values later requests need."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from api_contract.openapi import Contract
from api_contract.walk import Step, Way, look_up

SCHEMAS_VARIABLE = "schemas"
CHECKED_VARIABLE = "checked"
ZEROS_VARIABLE = "zeros"
TRIES = 60
PAUSE_MILLISECONDS = 500


def test_script(step: Step, contract: Contract, answer: Any) -> list[str]:
    """Lines of the script that runs after the request; the recorded answer tells which values are lists."""
    lines = [f'pm.test("answers {step.status}", () => pm.response.to.have.status({step.status}));']
    if not step.operation_id and step.status < 400:
        return lines
    if step.headers.get("Accept") == "image/jpeg":
        return [*lines, *_picture_lines()]
    lines += _schema_lines(contract.answer_schema(step.operation_id, step.status))
    lines += _until_lines(step.until)
    for path, expected in step.expect.items():
        lines += _expectation_lines(path, expected, in_list=isinstance(look_up(answer, path), list))
    for name, path in step.save.items():
        lines.append(f'pm.collectionVariables.set("{name}", pm.response.json(){_javascript_path(path)});')
    return lines


def prepare_script(step: Step, way: Way) -> list[str]:
    """Lines of the script that runs before the request."""
    lines: list[str] = []
    if step is way.steps[0]:
        lines += _clear_lines(way.leftovers)
    if step.body.kind == "zeros":
        lines.append(f'pm.variables.set("{ZEROS_VARIABLE}", "0".repeat({step.body.size}));')
    return lines


def _picture_lines() -> list[str]:
    return [
        'pm.test("is a JPEG", () => {',
        '  pm.expect(pm.response.headers.get("Content-Type")).to.eql("image/jpeg");',
        "  pm.expect([...pm.response.stream.subarray(0, 3)]).to.eql([0xff, 0xd8, 0xff]);",
        "});",
    ]


def _schema_lines(name: str) -> list[str]:
    return [
        f'const schemas = JSON.parse(pm.collectionVariables.get("{SCHEMAS_VARIABLE}"));',
        f'pm.test("has the shape of {name}", () =>',
        f'  pm.response.to.have.jsonSchema({{ $ref: "#/components/schemas/{name}", ...schemas }}));',
    ]


def _until_lines(until: Mapping[str, Any]) -> list[str]:
    """The collection runner repeats the request until it holds; a single send says whether it does already."""
    if not until:
        return []
    ((path, value),) = until.items()
    return [
        'const tries = Number(pm.variables.get("tries")) || 0;',
        f"const ready = pm.response.json(){_javascript_path(path)} === {json.dumps(value)};",
        f"if (!ready && tries < {TRIES}) {{",
        '  pm.collectionVariables.set("tries", tries + 1);',
        "  pm.execution.setNextRequest(pm.info.requestId);",
        f"  setTimeout(() => {{}}, {PAUSE_MILLISECONDS});",
        "} else {",
        '  pm.collectionVariables.unset("tries");',
        f'  pm.test("{path} becomes {value}", () => pm.expect(ready).to.be.true);',
        "}",
    ]


def _expectation_lines(path: str, expected: Any, *, in_list: bool) -> list[str]:
    value = f"pm.response.json(){_javascript_path(path)}"
    if isinstance(expected, dict):
        said = f"is {' or '.join(map(str, expected['in']))}"
        check = f"pm.expect({json.dumps(expected['in'])}).to.include({value})"
    else:
        said = f"{'includes' if in_list else 'is'} {expected}"
        check = f"pm.expect({value}).to.{'include' if in_list else 'eql'}({_javascript_value(expected)})"
    return [f'pm.test("{path} {said}", () =>', f"  {check});"]


def _javascript_value(expected: Any) -> str:
    saved = re.fullmatch(r"\{\{(\w+)\}\}", str(expected))
    return f'pm.collectionVariables.get("{saved[1]}")' if saved else json.dumps(expected, ensure_ascii=False)


def _javascript_path(path: str) -> str:
    def step(name: str) -> str:
        if name.isdigit():
            return f"[{name}]"
        return f".{name}" if name.isidentifier() else f'["{name}"]'

    return "".join(map(step, path.split(".")))


def _clear_lines(leftovers: Sequence[str]) -> list[str]:
    if not leftovers:
        return []
    return [
        "// What a run that was interrupted has left would be answered as a duplicate.",
        f"for (const target of {json.dumps(leftovers)}) {{",
        "  pm.sendRequest({",
        '    url: pm.variables.replaceIn("{{base_url}}") + target,',
        '    method: "DELETE",',
        '    header: { "x-api-key": pm.variables.get("api_key") },',
        "  }, () => {});",
        "}",
    ]


def check_script(example_url: str) -> list[str]:
    """Lines that run before every request and, where the two variables do not fit, say why and end the run.

    What fitted is believed for a minute, so that a run asks once.
    """
    return [
        "// Says what is wrong with base_url and api_key, once, instead of failing at each request.",
        'const address = String(pm.variables.get("base_url") || "").trim().replace(/\\/+$/, "");',
        'const key = String(pm.variables.get("api_key") || "").trim();',
        'pm.variables.set("base_url", address);',
        'pm.variables.set("api_key", key);',
        "const stop = (said) => {",
        "  pm.test(said, () => pm.expect.fail(said));",
        "  pm.execution.setNextRequest(null);",
        "  pm.execution.skipRequest();",
        "};",
        "const judge = (error, answer) => {",
        "  if (error) {",
        "    const why = error.code || error.message;",
        "    return `Nobody answers at ${address} (${why}): is it running, and is base_url right?`;",
        "  }",
        "  let body = {};",
        "  try { body = answer.json(); } catch (exc) { /* not JSON, so not Faceprint */ }",
        '  if (answer.code === 429 || (answer.code === 200 && body.settings)) { return ""; }',
        "  if (answer.code === 403 && body.error) {",
        "    return `${address} does not know this api_key: paste it again, without spaces.`;",
        "  }",
        "  if (answer.code === 403 || answer.code === 404) {",
        f"    return `${{address}} has no such API: base_url must end with the stage, as in {example_url}`;",
        "  }",
        "  return `${address} answers ${answer.code}, and not as Faceprint does: check base_url.`;",
        "};",
        "const pair = require('crypto-js').SHA256(`${address} ${key}`).toString();",
        f'const [known, moment] = String(pm.collectionVariables.get("{CHECKED_VARIABLE}") || "").split(" ");',
        "if (!/^https?:\\/\\/[^/]/.test(address)) {",
        f'  stop(`base_url is ${{address || "empty"}}: write the address with its stage, such as {example_url}`);',
        "} else if (!key) {",
        '  stop("api_key is empty: paste the API key that `make run` printed, or that `terraform output` prints.");',
        "} else if (known !== pair || Date.now() - Number(moment) > 60000) {",
        '  pm.sendRequest({ url: `${address}/info`, header: { "x-api-key": key } }, (error, answer) => {',
        "    const said = judge(error, answer);",
        "    if (said) { return stop(said); }",
        f'    pm.collectionVariables.set("{CHECKED_VARIABLE}", `${{pair}} ${{Date.now()}}`);',
        "  });",
        "}",
    ]

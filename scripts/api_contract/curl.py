"""Steps of the walk as curl commands that run in the repository's folder with $URL and $KEY."""

import json
import re

from api_contract.walk import Body, Photo, Step

LONGEST_LINE = 112
ANSWER_FILE = "answer.json"
PICTURE_FILE = "named.jpg"


def curl(step: Step) -> str:
    """One command; what later steps need stands in shell variables after it."""
    command = _command(step)
    if step.until:
        return _repeated(command, step)
    if step.save:
        command = "\n".join([f"{command} | tee {ANSWER_FILE}", *(_save(*pair) for pair in step.save.items())])
    return f"{command}\n{_here_document(step.body)}" if _needs_document(step.body) else command


def _repeated(command: str, step: Step) -> str:
    ((path, value),) = step.until.items()
    return f'until {command} | grep \'"{path.rpartition(".")[2]}": "{value}"\'; do sleep 1; done'


def _command(step: Step) -> str:
    parts = [f"curl -X {step.method}" if step.method != "GET" else "curl"]
    parts += _data(step.body)
    parts += [f'-H "{name}: {_shell_variables(value)}"' for name, value in step.headers.items()]
    parts += ['-H "x-api-key: $KEY"'] if step.needs_key else []
    parts += [_target(step)]
    if step.headers.get("Accept") == "image/jpeg":
        parts += [f"-o {PICTURE_FILE}"]
    if _needs_document(step.body):
        parts += ["<<JSON"]
    before = f"./base64encode.sh {step.body.photo} - | " if step.body.kind == "base64" else ""
    return before + _wrapped(parts)


def _data(body: Body) -> list[str]:
    if body.kind == "form":
        return [f"-F {name}=@{part.path}" for name, part in body.members.items() if isinstance(part, Photo)]
    if body.kind == "json" and not _needs_document(body):
        return [f"-d '{json.dumps(body.members, ensure_ascii=False)}'"]
    sources = {"file": f"@{body.photo}", "base64": "@-", "json": "@-"}
    return [f"--data-binary {sources[body.kind]}"] if body.kind in sources else []


def _target(step: Step) -> str:
    target = step.target if step.route.startswith("{{") else f"$URL{step.target}"
    return f'"{_shell_variables(target)}"'


def _needs_document(body: Body) -> bool:
    return body.kind == "json" and any(isinstance(part, Photo) for part in body.members.values())


def _here_document(body: Body) -> str:
    members = {
        name: f"$(./base64encode.sh {part.path} -)" if isinstance(part, Photo) else part
        for name, part in body.members.items()
    }
    return f"{_shell_variables(json.dumps(members, ensure_ascii=False))}\nJSON"


def _shell_variables(text: str) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda match: f"${match[1].upper()}", text)


def _save(name: str, path: str) -> str:
    member = path.rpartition(".")[2]
    return f'{name.upper()}=$(grep -o \'"{member}": "[^"]*\' {ANSWER_FILE} | head -1 | cut -d\'"\' -f4)'


def _wrapped(parts: list[str]) -> str:
    line = " ".join(parts)
    if len(line) <= LONGEST_LINE:
        return line
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + len(part) + 3 > LONGEST_LINE:
            lines.append("  " + part)
        else:
            lines[-1] += " " + part
    return " \\\n".join(lines)

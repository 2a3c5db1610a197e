"""JSON for readers: what fits into a line stands in one, the rest is indented by two."""

import json
from typing import Any


def readable_json(value: Any, *, width: int = 116, indent: int = 0, before: int = 0) -> str:
    """The same value always gives the same text; `before` is what already stands in its first line."""
    line = json.dumps(value, ensure_ascii=False)
    if not value or not isinstance(value, dict | list) or indent + before + len(line) <= width:
        return line
    if isinstance(value, dict):
        items = [(f"{json.dumps(name, ensure_ascii=False)}: ", item) for name, item in value.items()]
    else:
        items = [("", item) for item in value]
    parts = [
        f"{' ' * (indent + 2)}{name}{readable_json(item, width=width, indent=indent + 2, before=len(name))}"
        for name, item in items
    ]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n" + ",\n".join(parts) + f"\n{' ' * indent}{closing}"

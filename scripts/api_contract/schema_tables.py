"""The contract's schemas as tables of their fields."""

from collections.abc import Iterator, Mapping
from typing import Any

from api_contract.markdown import table
from api_contract.openapi import Contract

_LIMITS = (("minimum", "from"), ("maximum", "to"), ("maxLength", "at most"), ("default", "default"))


def schema_sections(contract: Contract) -> Iterator[str]:
    """A section for each named schema; objects inside objects have their fields in the same table."""
    for name, schema in contract.schemas.items():
        yield f"### {name}\n"
        if schema.get("description"):
            yield f"{schema['description']}.\n"
        rows = list(field_rows(schema))
        yield table(("field", "type", "what"), rows) if rows else f"{type_of(schema)}\n"


def type_of(schema: Mapping[str, Any]) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "oneOf" in schema:
        return " or ".join(type_of(choice) for choice in schema["oneOf"])
    if "enum" in schema:
        said = ", ".join(f"`{value}`" for value in schema["enum"])
    elif schema.get("type") == "array":
        said = f"list of {type_of(schema['items'])}"
    elif schema.get("required") and "properties" in schema:
        said = f"object with {', '.join(f'`{name}`' for name in schema['required'])}"
    else:
        said = str(schema.get("type", "any"))
    said += " or null" if schema.get("nullable") else ""
    said += f", `{schema['pattern']}`" if "pattern" in schema else ""
    limits = " ".join(f"{word} {schema[limit]}" for limit, word in _LIMITS if limit in schema)
    return f"{said}, {limits}" if limits else said


def field_rows(schema: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """Name, type and meaning of each field of an object."""
    for name, field in schema.get("properties", {}).items():
        always = "" if name in schema.get("required", ()) else "may be absent"
        said = "; ".join(part for part in (field.get("description", ""), always) if part)
        yield f"`{prefix}{name}`", type_of(field), said
        inner = field.get("items", field)
        yield from field_rows(inner, f"{prefix}{name}.")

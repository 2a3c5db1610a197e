"""The syntax tree. Attribute values stand in DynamoDB's wire form: {"S": "x"}, {"N": "1"}, …"""

from dataclasses import dataclass, field
from typing import Any

Value = dict[str, Any]


@dataclass(frozen=True)
class Path:
    """An attribute or a place in one: `a.b[0]` is ("a", "b", 0)."""

    elements: tuple[str | int, ...]
    place: str = field(default="", compare=False)

    def starts_with(self, other: "Path") -> bool:
        return self.elements[: len(other.elements)] == other.elements


@dataclass(frozen=True)
class Literal:
    """A constant of the statement, or a parameter's value once that is known."""

    value: Value


@dataclass(frozen=True)
class Parameter:
    """A question mark, counted from 0."""

    number: int


@dataclass(frozen=True)
class Call:
    """A function; `name` is in small letters."""

    name: str
    arguments: tuple["Expression", ...]
    place: str = field(default="", compare=False)


@dataclass(frozen=True)
class Binary:
    """`=`, `<>`, `<`, `<=`, `>`, `>=` of conditions; `+` and `-` of assignments; what DynamoDB refuses (`like`, …)."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Between:
    """Both ends belong to it."""

    operand: "Expression"
    low: "Expression"
    high: "Expression"


@dataclass(frozen=True)
class In:
    """One of several values."""

    operand: "Expression"
    options: tuple["Expression", ...]


@dataclass(frozen=True)
class IsType:
    """`type` is an attribute's type, empty for MISSING."""

    operand: "Expression"
    type: str


@dataclass(frozen=True)
class Not:
    """A negation."""

    term: "Expression"


@dataclass(frozen=True)
class All:
    """Terms joined by AND."""

    terms: tuple["Expression", ...]


@dataclass(frozen=True)
class Some:
    """Terms joined by OR."""

    terms: tuple["Expression", ...]


Expression = Path | Literal | Parameter | Call | Binary | Between | In | IsType | Not | All | Some


@dataclass(frozen=True)
class Order:
    """One key of ORDER BY."""

    name: str
    descending: bool


@dataclass(frozen=True)
class Select:
    """`columns` is None for `*`."""

    table: str
    index: str | None
    columns: tuple[Path, ...] | None
    where: Expression | None
    order: tuple[Order, ...] = ()


@dataclass(frozen=True)
class Exists:
    """A condition that a transaction checks."""

    select: Select


@dataclass(frozen=True)
class Insert:
    """A new item."""

    table: str
    item: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True)
class Assign:
    """SET path = value."""

    path: Path
    value: Expression


@dataclass(frozen=True)
class Remove:
    """REMOVE path."""

    path: Path


@dataclass(frozen=True)
class Returning:
    """`scope` is ALL or MODIFIED, `age` OLD or NEW."""

    scope: str
    age: str


@dataclass(frozen=True)
class Update:
    """Changes of one item."""

    table: str
    changes: tuple[Assign | Remove, ...]
    where: Expression | None
    returning: Returning | None = None


@dataclass(frozen=True)
class Delete:
    """The removal of one item."""

    table: str
    where: Expression | None
    returning: Returning | None = None


Statement = Select | Exists | Insert | Update | Delete

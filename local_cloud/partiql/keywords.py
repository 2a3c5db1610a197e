"""Words that are no names unless they stand in double quotes: SQL-92's, and PartiQL's own."""

_SQL_92 = """
absolute action add all allocate alter and any are as asc assertion at authorization avg begin between bit bit_length
by cascade cascaded case cast catalog char character character_length char_length check close coalesce collate
collation column commit connect connection constraint constraints continue convert corresponding count create cross
current current_date current_time current_timestamp current_user cursor date date_add date_diff deallocate dec decimal
declare default deferrable deferred delete desc describe descriptor diagnostics disconnect distinct domain double drop
else end escape except exception exec execute exists external extract false fetch first float for foreign found from
full get global go goto grant group having identity immediate in indicator initially inner input insensitive insert
int integer intersect interval into is isolation join key language last left level like local lower match max min
module names national natural nchar next no not null nullif numeric octet_length of on only open option or order outer
output overlaps pad partial position precision prepare preserve primary prior privileges procedure public read real
references relative restrict revoke right rollback rows schema scroll section select session session_user set size
smallint some space sql sqlcode sqlerror sqlstate substring sum system_user table temporary then time timestamp to
transaction translate translation trim true union unique unknown update upper usage user using value values varchar
varying view when whenever where with work write zone
"""
_PARTIQL = """
missing pivot unpivot limit tuple remove index conflict do nothing returning modified new old let bool boolean string
symbol clob blob struct list sexp bag
"""

KEYWORDS = frozenset(f"{_SQL_92} {_PARTIQL}".upper().split())

# Keywords that call a function where a parenthesis follows.
_FUNCTIONS = """
exists count avg max min sum size substring char_length character_length octet_length bit_length upper lower nullif
coalesce sexp list bag
"""
FUNCTION_KEYWORDS = frozenset(_FUNCTIONS.upper().split())

# Names of types after IS -> the type of an attribute.
TYPES = {
    "MISSING": "",
    "NULL": "NULL",
    "BOOLEAN": "BOOL",
    "BOOL": "BOOL",
    "BLOB": "B",
    "STRING": "S",
    "NUMERIC": "N",
    "STRUCT": "M",
    "TUPLE": "M",
    "LIST": "L",
}
# Types of PartiQL that no attribute of DynamoDB has.
_FOREIGN_TYPES = """
smallint int integer float real double decimal dec timestamp date time character char varchar symbol clob sexp bag
"""
FOREIGN_TYPES = frozenset(_FOREIGN_TYPES.upper().split())

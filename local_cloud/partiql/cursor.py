"""Where the parser is in a statement's tokens."""

from local_cloud.partiql.errors import NotWellFormedError
from local_cloud.partiql.tokens import Kind, Token, tokenize

OPERATORS = frozenset(["=", "<>", "!=", "<", "<=", ">", ">=", "*", "/", "%", "||"])
OPERATOR_KEYWORDS = frozenset(["AND", "OR", "IS", "IN", "LIKE", "BETWEEN", "UNION", "EXCEPT", "INTERSECT"])


class Cursor:
    """Reads tokens one by one and counts the question marks."""

    def __init__(self, statement: str) -> None:
        self._tokens = tokenize(statement)
        self._at = 0
        self.parameters = 0

    @property
    def token(self) -> Token:
        return self._tokens[self._at]

    @property
    def following(self) -> Token:
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def next(self) -> Token:
        """The current token; the one after it becomes the current one."""
        token = self.token
        if token.kind is not Kind.END:
            self._at += 1
        return token

    def at(self, *texts: str) -> bool:
        """Whether the current token is one of these keywords or symbols."""
        return self.token.kind in (Kind.KEYWORD, Kind.SYMBOL) and self.token.text in texts

    def accept(self, *texts: str) -> str:
        """The text of the current token, which is passed, or nothing if it is none of these."""
        return self.next().text if self.at(*texts) else ""

    def expect(self, text: str, *, otherwise: str) -> None:
        """Pass a keyword or symbol, or raise NotWellFormedError with this detail."""
        if not self.accept(text):
            raise NotWellFormedError(otherwise)

    def name(self, *, otherwise: str) -> str:
        """A name, quoted or not; a keyword is none."""
        if self.token.kind not in (Kind.NAME, Kind.QUOTED):
            raise NotWellFormedError(otherwise)
        return self.next().text

    def parameter(self) -> int:
        """The number of the question mark that has just been read."""
        self.parameters += 1
        return self.parameters - 1

    def refuse_term(self) -> NotWellFormedError:
        """Why no term starts at the current token."""
        if self.token.kind is Kind.KEYWORD:
            return NotWellFormedError(
                "Unexpected operator" if self.token.text in OPERATOR_KEYWORDS else "Unexpected keyword"
            )
        return NotWellFormedError("Unexpected operator" if self.at(*OPERATORS) else "Unexpected term")

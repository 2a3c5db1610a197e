"""What is wrong with a statement, in DynamoDB's words."""


class PartiqlError(ValueError):
    """A statement that DynamoDB refuses with a ValidationException of this message."""


class NotWellFormedError(PartiqlError):
    """A statement that cannot be parsed."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(f"Statement wasn't well formed, can't be processed: {detail}")

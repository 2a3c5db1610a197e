"""S3's refusals."""


class S3Error(Exception):
    """Status, code and message of S3's XML answer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

"""What stops the local cloud from starting."""


class StartupError(Exception):
    """A precondition is missing; the message is one line that says what to do."""

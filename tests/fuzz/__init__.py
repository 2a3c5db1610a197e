"""Bad input at scale against the real parts: `python -m tests.fuzz`, and a short profile of it in tests/e2e."""

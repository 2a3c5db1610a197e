"""Identity and access: who calls by which role, what a request needs, and whether the role's policies allow it."""

"""Values, limits and errors that every room shares."""

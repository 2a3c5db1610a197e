"""Puts the deployment into the local AWS through its public APIs, as terraform/ does into a real one.

Running it on a deployment that exists brings that up to date and changes nothing else.
"""

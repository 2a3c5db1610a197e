"""Histories of concurrent calls, and whether some order of them one by one explains what everybody saw."""

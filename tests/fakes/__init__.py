"""Stores in memory. tests/contract holds them to the same suite as the real ones."""

"""Faceprint's Lambda functions: a photo goes in, the people on it come out."""

__version__ = "1.0.0"

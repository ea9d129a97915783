"""Motcua: runs the waiting at a one-stop shop."""

__version__ = "0.1.0"

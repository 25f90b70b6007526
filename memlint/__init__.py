"""memlint finds the Python code that leaks or wastes memory."""

from memlint.version import VERSION as __version__

__all__ = ["__version__"]

"""Co-creation workshops whose every step is an entry of a provable record."""

__version__ = "0.1.0"

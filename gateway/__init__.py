"""A gateway between citizens' phones and government offices."""

__version__ = "0.1.0"

"""The configuration: what config.yaml may say, how it is read, and what it makes."""

from gateway.config.entries import Channel, Config, OfficeEntry, is_loopback
from gateway.config.loading import load

__all__ = ["Channel", "Config", "OfficeEntry", "is_loopback", "load"]

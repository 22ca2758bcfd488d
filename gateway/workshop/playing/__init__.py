"""A telecom that plays to the gateway: how it calls, what its traffic is like, and what goes wrong on the way."""

"""Conversations beside the menus, as tests: read, run offline, judged, rewritten, recorded, and what they cover."""

"""A service as a drawing: `plan` says what is in it, `mermaid` and `svg` write it, `layout` finds the places."""

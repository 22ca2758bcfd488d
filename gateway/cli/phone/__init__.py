"""A feature phone in the terminal: the line it calls on, what its keys do, and how it looks."""

"""Tools around menus: what a clerk and a reviewer use before a service goes live. No network, no database."""

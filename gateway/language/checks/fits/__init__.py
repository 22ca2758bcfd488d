"""Whether all that can be shown fits: the longest values, what screens say with them, and the limits. Pure."""

"""Importers: services of other systems, in our menu language. Pure: texts in, texts and notes out.

Nothing is lost silently: what could not be carried over is a note with its place and what to do by hand, and where a
caller would meet the gap there is a screen that says so.
"""

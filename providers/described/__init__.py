"""USSD telecoms that are described instead of programmed: what a description may say, and how it is followed."""

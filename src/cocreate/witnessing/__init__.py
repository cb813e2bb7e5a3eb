"""Witnesses: those who sign what they have seen of a log, and how a log asks them."""

"""Figures and the one-page report, which opens without network."""

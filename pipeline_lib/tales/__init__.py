"""The tales."""

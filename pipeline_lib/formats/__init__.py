"""What lies on disk between stages: one module per kind, each with a `write` and a `read` that undo one another.

Nothing else opens files of these kinds. A writer leaves either the whole thing or nothing; a reader refuses the wrong
thing in words.
"""

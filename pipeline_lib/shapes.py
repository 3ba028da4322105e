"""Shapes as types: jaxtyping where it is installed (it always is in tests), plain tensors where it is not.

A bare GPU machine has torch and little else; the annotations must not stop the core from running there.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int
else:
    try:
        from jaxtyping import Bool, Float, Int
    except ImportError:

        class _Unchecked:
            """`Float[Tensor, "B T"]` reads as `Tensor`."""

            def __class_getitem__(cls, item):
                return item[0]

        Bool = Float = Int = _Unchecked

__all__ = ["Bool", "Float", "Int"]

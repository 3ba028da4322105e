"""A long column of numbers in .npy files: appended to without holding it, sliced without loading.

A file's header is written with room for its length to grow (NumPy pads it for this) and set right
when the file is closed, so memory stays flat however long the column becomes.
"""

import io
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy
from pydantic import BaseModel, ConfigDict

from pipeline_lib.errors import FormatError
from pipeline_lib.formats import files

Array = npt.NDArray[Any]


class Part(BaseModel):
    """One file of a column."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    tokens: int
    """How many numbers it holds."""
    sha256: str


class ColumnWriter:
    """Appends to `<name>-00000.npy`, …, each of at most `limit` numbers; None: one `<name>.npy`."""

    def __init__(self, folder: Path, name: str, dtype: str, limit: int | None) -> None:
        self.length = 0
        self._folder, self._name, self._limit = folder, name, limit
        self._dtype = np.dtype(dtype).newbyteorder("<")
        self._parts: list[Part] = []
        self._file: BinaryIO | None = None
        self._held = 0
        if limit is None:
            self._open()

    def append(self, numbers: Array) -> None:
        """Add `numbers`, which the caller has seen to be in the dtype's range."""
        rest = numbers.astype(self._dtype, casting="unsafe")
        while len(rest):
            file = self._file or self._open()
            room = len(rest) if self._limit is None else self._limit - self._held
            file.write(rest[:room].tobytes())
            self._held += len(rest[:room])
            self.length += len(rest[:room])
            rest = rest[room:]
            if self._held == self._limit:
                self._finish()

    def close(self) -> tuple[Part, ...]:
        """Set the last header right; say what was written."""
        if self._file:
            self._finish()
        return tuple(self._parts)

    def _path(self) -> Path:
        number = "" if self._limit is None else f"-{len(self._parts):05d}"
        return self._folder / f"{self._name}{number}.npy"

    def _open(self) -> BinaryIO:
        self._file = self._path().open("wb")
        self._file.write(_header(self._dtype, 0))
        return self._file

    def _finish(self) -> None:
        if self._file is None:
            return
        self._file.seek(0)
        self._file.write(_header(self._dtype, self._held))
        self._file.close()
        path = self._path()
        self._parts.append(Part(name=path.name, tokens=self._held, sha256=files.sha256(path)))
        self._file, self._held = None, 0


class Column:
    """The files of a column as one read-only sequence: `len()` and `[a:b]`, mapped from disk."""

    def __init__(self, folder: Path, parts: tuple[Part, ...], dtype: str) -> None:
        self.dtype = np.dtype(dtype)
        self._arrays = [_open_part(folder / part.name, part.tokens, self.dtype) for part in parts]
        self._starts = np.cumsum([0, *map(len, self._arrays)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, where: slice) -> Array:
        start, stop, step = where.indices(len(self))
        if step != 1:
            raise ValueError(f"expected a slice of step 1, found {step}")
        first = int(np.searchsorted(self._starts, start, side="right")) - 1
        pieces: list[Array] = []
        for array, begins in zip(self._arrays[first:], self._starts[first:-1], strict=True):
            if begins >= stop:
                break
            pieces.append(array[max(0, start - begins) : stop - begins])
        if len(pieces) == 1:
            return pieces[0]
        return np.concatenate(pieces) if pieces else np.empty(0, self.dtype)


def _header(dtype: np.dtype[Any], length: int) -> bytes:
    buffer = io.BytesIO()
    content = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": (length,)}
    npy.write_array_header_1_0(buffer, content)
    return buffer.getvalue()


def _open_part(path: Path, length: int, dtype: np.dtype[Any]) -> Array:
    again = "run `dvc repro -f -s shard`"
    try:
        array: Array = np.load(path, mmap_mode="r" if length else None, allow_pickle=False)
    except FileNotFoundError:
        raise FormatError(f"{path}: no such file; {again}") from None
    except (ValueError, EOFError, OSError) as error:
        raise FormatError(
            f"{path}: expected a whole .npy file, found one that cannot be read ({error}); {again}"
        ) from None
    if array.dtype != dtype or array.shape != (length,):
        raise FormatError(
            f"{path}: expected {length} numbers of {dtype}, "
            f"found {array.dtype} of shape {array.shape}; {again}"
        )
    return array

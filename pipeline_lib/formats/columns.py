"""A long column of numbers in .npy files: appended to without holding it, sliced without loading.

A file's header is written with room for its length to grow (NumPy pads it for this) and set right
when the file is closed, so memory stays flat however long the column becomes, and a column that was
cut short goes on from any length it has reached. NumPy casts 70,000 to a uint16 of 4,464 in silence,
so every cast looks at the range first.
"""

import hashlib
import io
import itertools
import os
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy
from pydantic import BaseModel, ConfigDict

from pipeline_lib.errors import FormatError
from pipeline_lib.formats import files

Array = npt.NDArray[Any]


EDGE = 4096
"""Bytes at either end of a file that are looked at whenever it is opened."""


class Part(BaseModel):
    """One file of a column."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    tokens: int
    """How many numbers it holds."""
    sha256: str
    edges: str
    """BLAKE2b-128 of the first and the last EDGE bytes: a file in another's place is known at once."""


def cast(numbers: Array, dtype: str | np.dtype[Any], where: str) -> Array:
    """`numbers` as `dtype`, little-endian; FormatError naming `where` if one of them does not fit."""
    wanted = np.dtype(dtype).newbyteorder("<")
    if numbers.dtype.kind not in "iub":
        raise FormatError(
            f"{where}: expected whole numbers for {wanted.name}, found {numbers.dtype}; "
            "they would be cut off in silence"
        )
    if numbers.dtype == wanted:
        return numbers  # nothing is cast
    if wanted.kind in "ui" and numbers.size:
        low, high = numbers.min(), numbers.max()
        bounds = np.iinfo(wanted)
        if not bounds.min <= low <= high <= bounds.max:
            raise FormatError(
                f"{where}: expected numbers from {bounds.min} to {bounds.max} for {wanted.name}, "
                f"found {low} to {high}; use the tokenizer of that vocabulary"
            )
    return numbers.astype(wanted, copy=False)


class ColumnWriter:
    """Appends to `<name>-00000.npy`, …, each of at most `limit` numbers; None: one `<name>.npy`.

    `length`: how many numbers lie there already and are kept; what lies behind them is cut off.
    FormatError where fewer lie there.
    """

    def __init__(
        self, folder: Path, name: str, dtype: str, limit: int | None, length: int = 0
    ) -> None:
        self._folder, self._name, self._limit = folder, name, limit
        self._dtype = np.dtype(dtype).newbyteorder("<")
        self._parts: list[Part] = []
        self._file: BinaryIO | None = None
        self._held = 0
        self.length = 0
        while limit and length - self.length >= limit:
            self._take_up(limit)
            self._finish()
        if length > self.length:
            self._take_up(length - self.length)
        elif limit is None:
            self._open()

    def append(self, numbers: Array) -> None:
        """Add `numbers`; FormatError where one is beyond the dtype's range."""
        rest = cast(numbers, self._dtype, str(self._path()))
        while len(rest):
            file = self._file or self._open()
            room = len(rest) if self._limit is None else self._limit - self._held
            file.write(rest[:room].tobytes())
            self._held += len(rest[:room])
            self.length += len(rest[:room])
            rest = rest[room:]
            if self._held == self._limit:
                self._finish()

    def sync(self) -> None:
        """See that all that was appended lies on the disk."""
        if self._file:
            self._file.flush()
            os.fsync(self._file.fileno())

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

    def _take_up(self, held: int) -> None:
        """Go on in a file that holds at least `held` numbers."""
        size = len(_header(self._dtype, 0)) + held * self._dtype.itemsize
        path = self._path()
        found = path.stat().st_size if path.exists() else 0
        if found < size:
            raise FormatError(f"{path}: expected {size} bytes to go on from, found {found}")
        self._file = path.open("r+b")
        self._file.truncate(size)
        self._file.seek(size)
        self._held = held
        self.length += held

    def _finish(self) -> None:
        if self._file is None:
            return
        self._file.seek(0)
        self._file.write(_header(self._dtype, self._held))
        self.sync()
        self._file.close()
        path = self._path()
        digest = files.sha256(path)
        self._parts.append(
            Part(name=path.name, tokens=self._held, sha256=digest, edges=edges_of(path))
        )
        self._file, self._held = None, 0


def edges_of(path: Path) -> str:
    """Hexadecimal BLAKE2b-128 of the first and the last EDGE bytes of a file."""
    with path.open("rb") as file:
        first = file.read(EDGE)
        file.seek(max(0, file.seek(0, io.SEEK_END) - EDGE))
        return hashlib.blake2b(first + file.read(EDGE), digest_size=16).hexdigest()


class Column:
    """The files of a column as one read-only sequence: `len()` and `[a:b]`, mapped from disk."""

    def __init__(self, folder: Path, parts: tuple[Part, ...], dtype: str) -> None:
        self.dtype = np.dtype(dtype)
        self._arrays = [_open_part(folder, part, self.dtype) for part in parts]
        self._starts: list[int] = [0, *itertools.accumulate(map(len, self._arrays))]

    def __len__(self) -> int:
        return self._starts[-1]

    def __getitem__(self, where: slice) -> Array:
        start, stop, step = where.indices(len(self))
        if step != 1:
            raise ValueError(f"expected a slice of step 1, found {step}")
        first = bisect_right(self._starts, start) - 1
        if first < len(self._arrays) and stop <= self._starts[first + 1]:
            begins = self._starts[first]
            return self._arrays[first][start - begins : max(start, stop) - begins]
        pieces: list[Array] = []
        for array, begins in zip(self._arrays[first:], self._starts[first:-1], strict=True):
            if begins >= stop:
                break
            pieces.append(array[max(0, start - begins) : stop - begins])
        return np.concatenate(pieces) if pieces else np.empty(0, self.dtype)


def _header(dtype: np.dtype[Any], length: int) -> bytes:
    buffer = io.BytesIO()
    content = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": (length,)}
    npy.write_array_header_1_0(buffer, content)
    return buffer.getvalue()


def _open_part(folder: Path, part: Part, dtype: np.dtype[Any]) -> Array:
    path, length = folder / part.name, part.tokens
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
    if edges_of(path) != part.edges:
        raise FormatError(
            f"{path}: expected the file that the index names, found another of its size; {again}"
        )
    return np.asarray(array)  # a memmap's own slices cost ten times an array's


def verify(path: Path, sha256: str) -> Iterator[str]:
    """A sentence where a file is not what its digest says; reads it whole."""
    try:
        found = files.sha256(path)
    except OSError as error:
        yield f"{path}: expected a file, found {error.strerror}"
        return
    if found != sha256:
        yield f"{path}: expected SHA-256 {sha256[:16]}…, found {found[:16]}…"

"""Clean every source: a map over parts, one look at all ids for exact duplicates, a second map.

Parts keep their borders and order, so the bytes are the same for any number of workers. Of equal
texts the first is kept, going by role, then source by name, then row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline_lib import engine, progress
from pipeline_lib.errors import DataError, ParamsError
from pipeline_lib.formats import manifests, tables
from pipeline_lib.formats.manifests import Manifest
from pipeline_lib.params import ROLES, CleanParams
from pipeline_lib.text import filters, quality
from pipeline_lib.text.duplicates import Ids, packed, repeats
from pipeline_lib.text.funnel import KEPT, Funnel
from pipeline_lib.text.items import CONVERSATION_RULES, LANGUAGE, kind_of

DUPLICATE = "duplicate"
REASONS = pa.schema(
    [("row", pa.int64()), ("id", pa.string()), ("rule", pa.string()), ("from", pa.string())]
)
"""Of every dropped text; samples with their words stand beside the list."""
RULES = list(
    dict.fromkeys(
        [
            *(rule.__name__ for rule in filters.RULES),
            *CONVERSATION_RULES,
            LANGUAGE,
            *quality.REASONS,
            DUPLICATE,
        ]
    )
)


@dataclass(frozen=True)
class Part:
    """One file of one source, before and after."""

    source: str
    role: str
    raw: Path
    clean: Path
    dropped: Path
    """Folder for the list of what was dropped, and why."""
    params: CleanParams

    def __str__(self) -> str:
        return str(self.raw)


@dataclass(frozen=True)
class Cleaned:
    ids: Ids
    """Of the items kept, in order."""
    funnel: Funnel


def clean_sources(
    raw: Path, clean: Path, dropped: Path, params: CleanParams, workers: int
) -> Funnel:
    """Fill `clean` with what is kept, `dropped` with samples of what is not; DataError: all is."""
    sources = manifests.read_all(raw)
    _expect_known(params.prose, [source.name for source in sources if source.role == "pretrain"])
    _say_unjudged(params.prose, sources)
    funnel = Funnel()
    rows = sum(source.rows for source in sources)
    for role in ROLES:
        parts = _parts([s for s in sources if s.role == role], raw, clean, dropped, params)
        _clean_role(parts, funnel, rows, workers)
    for source in sources:
        kept = replace(
            source, rows=funnel.rows[source.name, KEPT], bytes=funnel.bytes[source.name, KEPT]
        )
        manifests.write(clean / source.name, kept)
    _check_not_empty(sources, funnel)
    funnel.write_samples(dropped)
    return funnel


def _expect_known(prose: Sequence[str], known: Sequence[str]) -> None:
    for name in prose:
        if name not in known:
            raise ParamsError(
                f"clean.prose: expected pretrain sources ({', '.join(known)}), found {name}; "
                "name one of these"
            )


def _say_unjudged(prose: Sequence[str], sources: Sequence[Manifest]) -> None:
    brought = [s.name for s in sources if s.role == "pretrain" and s.kind != "tales"]
    if unjudged := [name for name in brought if name not in prose]:
        progress.say(
            f"clean: {', '.join(unjudged)}: not judged by the rules for prose; name what comes from the web in clean.prose"
        )


def _parts(
    sources: Iterable[Manifest], raw: Path, clean: Path, dropped: Path, params: CleanParams
) -> list[Part]:
    parts = []
    for source in sources:
        folder = clean / source.name
        folder.mkdir(parents=True)
        for path in tables.parts(raw / source.name):
            out, why = folder / path.name, dropped / source.name
            parts.append(Part(source.name, source.role, path, out, why, params))
    return parts


def _clean_role(parts: Sequence[Part], funnel: Funnel, rows: int, workers: int) -> None:
    """Clean the parts and count them in `funnel`; `rows`: of all roles, to say how far it has come."""
    ids: list[Ids] = []
    for one in engine.map(clean_part, parts, workers):
        ids.append(one.ids)
        funnel.add(one.funnel)
        progress.show(funnel.rows.total(), rows, "documents")
    jobs = _duplicates(parts, ids)
    corrected = engine.map(without_duplicates, jobs, workers)
    for (part, _), correction in zip(jobs, corrected, strict=True):
        _new(part).replace(part.clean)
        funnel.add(correction)
        progress.show(funnel.rows.total(), rows, "documents")


def clean_part(part: Part) -> Cleaned:
    """Read a raw part, write the clean one, say what became of every row."""
    kind = kind_of(part.role)
    funnel = Funnel()
    kept, reasons = [], []
    for row, item in enumerate(engine.walk(kind.read(part.raw), part.raw)):
        judged = kind.clean(item, part.role, part.params)
        cleaned = judged.item
        for note in judged.notes:
            funnel.note(part.source, note)
        if judged.reason is None:
            kept.append(cleaned)
            funnel.keep(part.source, kind.size(cleaned))
        else:
            text, id = kind.text(cleaned), kind.id(cleaned)
            funnel.drop(part.source, judged.reason, kind.size(cleaned), id, text)
            reasons.append(_reason(row, id, judged.reason, cleaned))
    kind.write(part.clean, kept)
    _write_reasons(part, "", reasons)
    return Cleaned(packed(map(kind.id, kept)), funnel)


def _duplicates(
    parts: Sequence[Part], ids: Sequence[Ids]
) -> list[tuple[Part, npt.NDArray[np.bool_]]]:
    """The parts that hold repeats of earlier rows, and which rows those are."""
    if not parts:
        return []
    found = repeats(np.concatenate(ids))
    ends = np.cumsum([len(each) for each in ids])
    by_part = zip(parts, np.split(found, ends[:-1]), strict=True)
    return [(part, repeated) for part, repeated in by_part if repeated.any()]


def without_duplicates(job: tuple[Part, npt.NDArray[np.bool_]]) -> Funnel:
    """Write a clean part anew beside itself, without the rows marked; what that changes in the funnel."""
    part, repeated = job
    kind = kind_of(part.role)
    funnel = Funnel()
    kept, reasons = [], []
    rows = enumerate(zip(engine.walk(kind.read(part.clean), part.clean), repeated, strict=True))
    for row, (item, again) in rows:
        if again:
            size, id = kind.size(item), kind.id(item)
            funnel.take_back(part.source, size)
            funnel.drop(part.source, DUPLICATE, size, id, kind.text(item))
            reasons.append(_reason(row, id, DUPLICATE, item))
        else:
            kept.append(item)
    kind.write(_new(part), kept)
    _write_reasons(part, "-duplicates", reasons)
    return funnel


def _reason(row: int, id: str, rule: str, item: Any) -> dict[str, Any]:
    """One line of the list: where it stood in its file and in what it came from, and the rule that dropped it."""
    meta = getattr(item, "meta", {})
    return {"row": row, "id": id, "rule": rule, "from": meta.get("from") or meta.get("file", "")}


def _write_reasons(part: Part, suffix: str, reasons: list[dict[str, Any]]) -> None:
    if reasons:
        part.dropped.mkdir(parents=True, exist_ok=True)
        name = f"{part.raw.stem}{suffix}.parquet"
        tables.write_table(part.dropped / name, pa.Table.from_pylist(reasons, schema=REASONS))


def _new(part: Part) -> Path:
    """Where it is written: the part itself may be read again, where a worker is lost."""
    return part.clean.with_suffix(".new")


def _check_not_empty(sources: Iterable[Manifest], funnel: Funnel) -> None:
    names = [source.name for source in sources if source.role == "pretrain"]
    if any(funnel.rows[name, KEPT] for name in names):
        return
    reasons: dict[str, int] = {}
    for (source, rule), rows in sorted(funnel.rows.items()):
        if source in names and rule != KEPT:
            reasons[rule] = reasons.get(rule, 0) + rows
    said = ", ".join(f"{rule} {rows}" for rule, rows in reasons.items())
    raise DataError(
        f"{', '.join(names)}: expected documents to learn from, found none left "
        f"(dropped: {said or 'nothing'}); give more text or loosen `clean` in params.yaml"
    )

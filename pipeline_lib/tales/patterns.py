"""Sentence patterns, compiled to be written and to be read.

A pattern is a sentence with slots: "{agent:who} gave {whom:whom} {item:the}." A slot names a role
and a form (`forms`), or a reference: `who` is a name, or she or he where that is clear. Reading a
sentence back needs no search: its forms are blanked, and what is left, its shape, is looked up. Two
patterns of one shape are refused when the grammar is compiled, so every sentence has one reading,
and the probability of its derivation is its own.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

from pipeline_lib.tales.forms import (
    AGREEING,
    LANGUAGE,
    TONGUES,
    WORDING,
    Entity,
    Table,
    Tongue,
    Wording,
    spoken,
)

Roles = dict[str, Entity]
SLOT = re.compile(r"\{(\w+):(\w+)\}")


@dataclass(frozen=True, slots=True)
class Rule:
    """Who or what may fill a role here, given the roles before it, and why others may not."""

    candidates: Callable[[Any, Roles], Sequence[Entity]]
    reason: str
    is_odd: Callable[[Any, Roles, Entity], bool] = lambda _world, _roles, _entity: False
    """Whether some other one would contradict nothing: only no tale goes on like that."""


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """One kind of sentence: what it takes, what it changes, and how both languages tell it.

    Japanese patterns write `[polite|plain]` where the tongues differ.
    """

    name: str
    weight: int
    roles: Mapping[str, Rule]
    en: tuple[str, ...]
    ja: tuple[str, ...]
    effect: Callable[[Any, Roles], None] = lambda _world, _roles: None
    needs: str = ""
    """What must hold for it to happen, by the names that its world knows."""
    opens_paragraph: bool = False


class Reference(NamedTuple):
    """A way to point at somebody or something known: in full, or short where that is clear."""

    full: str
    """Form."""
    suffix: str
    short: Mapping[str, str]
    """Gender -> word; "" for what has no gender."""
    is_clear: Callable[[Any, Entity, Roles], bool]
    percent: int
    """How often it is short where it can be."""


def _is_subject(world: Any, entity: Entity, roles: Roles) -> bool:
    return world.subject is entity


def _is_only_one(world: Any, entity: Entity, roles: Roles) -> bool:
    return entity is not None and bool(world.pointed_at(entity.gender, roles) is entity)


def _is_item(world: Any, entity: Entity, roles: Roles) -> bool:
    return world.item is entity


ENGLISH = {
    "who": Reference("name", "", AGREEING["He"], _is_subject, 75),
    "whom": Reference("name", "", AGREEING["him"], _is_only_one, 60),
    "it": Reference("the", "", {"": "it"}, _is_item, 60),
}
JAPANESE = {
    "は": Reference("name", "は", {"": ""}, _is_subject, 75),
    "を": Reference("the", "を", {"": "それを"}, _is_item, 60),
}
REFERENCES: Mapping[Tongue, Mapping[str, Reference]] = {
    "en": ENGLISH,
    "polite": JAPANESE,
    "plain": JAPANESE,
}


class Variant(NamedTuple):
    """A pattern whose references are settled."""

    template: str
    slots: tuple[tuple[str, Table], ...]


class Pattern(NamedTuple):
    references: tuple[tuple[str, Reference], ...]
    variants: tuple[Variant, ...]
    """By number: bit i is set where reference i is short."""


class Entry(NamedTuple):
    """What a shape says: the event, and where its roles stand among the forms found."""

    event: Event
    pattern: int
    bits: int
    forms: int
    """How many there are."""
    places: Mapping[str, tuple[int, ...]]
    """Role -> which of them."""
    literals: tuple[tuple[int, str], ...]
    """Those that are no slots, but part of the pattern."""
    genders: Mapping[str, str]
    """Of roles that words agree with."""
    agreeing: tuple[tuple[int, str], ...]
    """Forms of those roles, with the gender that each must have."""
    short: Mapping[str, str]
    """Role -> gender or "", for references by a short word."""


@dataclass(frozen=True, slots=True)
class _Slot:
    role: str
    form: str
    reference: Reference | None


_Part = str | _Slot


class Grammar:
    """The events of a kind of text, compiled for each tongue."""

    def __init__(
        self,
        events: Sequence[Event],
        wording: Wording = WORDING,
        references: Mapping[Tongue, Mapping[str, Reference]] = REFERENCES,
    ) -> None:
        self.events, self.wording, self._references = tuple(events), wording, references
        self.vocabulary = wording.vocabulary
        self.patterns: dict[Tongue, dict[Event, tuple[Pattern, ...]]] = {}
        self.shapes: dict[Tongue, dict[str, Entry]] = {}
        for tongue in LANGUAGE:
            self.patterns[tongue] = {event: self._compile(event, tongue) for event in events}
            self.shapes[tongue] = self._read_shapes(tongue)
        self.sorted_shapes = {tongue: sorted(known) for tongue, known in self.shapes.items()}
        self.foreign = {tongue: _foreign(wording, tongue) for tongue in LANGUAGE}
        """Forms that only another tongue of the language has."""

    def _compile(self, event: Event, tongue: Tongue) -> tuple[Pattern, ...]:
        return tuple(
            _compiled(self._parts(line, tongue), tongue, self.wording)
            for line in _lines(event, tongue)
        )

    def _parts(self, line: str, tongue: Tongue) -> list[_Part]:
        return _parts(line, self._references[tongue])

    def _read_shapes(self, tongue: Tongue) -> dict[str, Entry]:
        shapes: dict[str, Entry] = {}
        for event in self.events:
            for number, line in enumerate(_lines(event, tongue)):
                parts = self._parts(line, tongue)
                for shape, entry in _entries(event, number, parts, tongue, self.wording):
                    if shape in shapes:
                        raise ValueError(
                            f"{event.name}: {line!r} has the shape of another pattern, "
                            f"of {shapes[shape].event.name}; a sentence must have one reading"
                        )
                    shapes[shape] = entry
        return shapes


def _foreign(wording: Wording, tongue: Tongue) -> frozenset[str]:
    known = {
        other: {text for table in wording.tables[other].values() for text in table.values()}
        for other in TONGUES[LANGUAGE[tongue]]
    }
    return frozenset().union(*known.values()) - known[tongue]


def _lines(event: Event, tongue: Tongue) -> tuple[str, ...]:
    if tongue == "en":
        return event.en
    return tuple(re.sub(r"\[(.*?)\]", lambda m: spoken(m[1], tongue), line) for line in event.ja)


def _parts(line: str, references: Mapping[str, Reference]) -> list[_Part]:
    pieces = SLOT.split(line)
    parts: list[_Part] = [pieces[0]]
    for place in range(1, len(pieces), 3):
        role, form, literal = pieces[place : place + 3]
        parts += [_Slot(role, form, references.get(form)), literal]
    return [part for part in parts if part != ""]


def _compiled(parts: Sequence[_Part], tongue: Tongue, wording: Wording) -> Pattern:
    references = [
        (part.role, part.reference)
        for part in parts
        if isinstance(part, _Slot) and part.reference is not None
    ]
    variants = [_variant(parts, bits, tongue, wording) for bits in range(1 << len(references))]
    return Pattern(tuple(references), tuple(variants))


def _settled(parts: Sequence[_Part], bits: int) -> Iterator[tuple[_Part, bool]]:
    """Each part, and whether it is a reference that is short."""
    number = 0
    for part in parts:
        if isinstance(part, _Slot) and part.reference is not None:
            yield part, bool(bits >> number & 1)
            number += 1
        else:
            yield part, False


def _variant(parts: Sequence[_Part], bits: int, tongue: Tongue, wording: Wording) -> Variant:
    template, slots = "", []
    for part, is_short in _settled(parts, bits):
        if isinstance(part, str):
            template += part.replace("%", "%%")
            continue
        reference = part.reference
        if reference is None:
            slots.append((part.role, wording.texts(tongue, part.form)))
        elif not is_short:
            slots.append((part.role, wording.texts(tongue, reference.full)))
        elif "" in reference.short:
            template += reference.short[""]
            continue
        else:
            slots.append((part.role, wording.agreeing_texts(reference.short)))
        template += f"%s{reference.suffix if reference and not is_short else ''}"
    return Variant(template, tuple(slots))


def _entries(
    event: Event, number: int, parts: Sequence[_Part], tongue: Tongue, wording: Wording
) -> Iterator[tuple[str, Entry]]:
    """Every shape of a pattern: references full or short, words that agree with each gender."""
    count = sum(isinstance(part, _Slot) and part.reference is not None for part in parts)
    for bits in range(1 << count):
        gendered: dict[str, tuple[str, ...]] = {}
        for role, genders in sorted(_gendered(parts, bits, wording)):
            gendered[role] = tuple(g for g in gendered.get(role, genders) if g in genders)
        for agreed in product(*gendered.values()):
            genders_of = dict(zip(gendered, agreed, strict=True))
            yield _entry(
                event, number, bits, list(_settled(parts, bits)), genders_of, tongue, wording
            )


def _gendered(
    parts: Sequence[_Part], bits: int, wording: Wording
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Roles that words agree with, and the genders that those words have."""
    for part, is_short in _settled(parts, bits):
        if isinstance(part, _Slot):
            reference = part.reference
            if part.form in wording.agreeing:
                yield part.role, tuple(wording.agreeing[part.form])
            elif is_short and reference and "" not in reference.short:
                yield part.role, tuple(reference.short)


def _entry(
    event: Event,
    number: int,
    bits: int,
    settled: Sequence[tuple[_Part, bool]],
    genders: Mapping[str, str],
    tongue: Tongue,
    wording: Wording,
) -> tuple[str, Entry]:
    words = wording.vocabulary[LANGUAGE[tongue]]
    shape, marks = "", 0
    roles: list[tuple[int, str]] = []
    literals: list[tuple[int, str]] = []
    short: dict[str, str] = {}

    def add(literal: str) -> None:
        nonlocal shape, marks
        blanked, found = words.blanked(literal)
        literals.extend((marks + place, text) for place, text in enumerate(found))
        shape, marks = shape + blanked, marks + len(found)

    for part, is_short in settled:
        if isinstance(part, str):
            add(part)
        elif part.form in wording.agreeing:
            add(wording.agreeing[part.form][genders[part.role]])
        elif is_short and part.reference is not None:
            gender = "" if "" in part.reference.short else genders[part.role]
            short[part.role] = gender
            add(part.reference.short[gender])
        else:
            reference = part.reference
            roles.append((marks, part.role))
            shape += words.mark_of[reference.full if reference else part.form]
            marks += 1
            add(reference.suffix if reference else "")
    entry = Entry(
        event,
        number,
        bits,
        forms=marks,
        places={role: tuple(at for at, known in roles if known == role) for _, role in roles},
        literals=tuple(literals),
        genders=genders,
        agreeing=tuple((at, genders[role]) for at, role in roles if role in genders),
        short=short,
    )
    return shape, entry


__all__ = ["TONGUES", "Entry", "Event", "Grammar", "Pattern", "Reference", "Roles", "Rule"]

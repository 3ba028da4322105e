"""Telling a text and reading it back, by the same steps.

`tell` runs a world: which events may happen, who may take part, what changes. A `Writer` answers
each question by a draw and writes the sentence; a `Reader` finds the answer in the sentence that
stands there, and where it is none of those that may be, notes the fault and goes on. Both add up
log2 of the same probabilities, so they agree by construction.

What happens is drawn from one stream and how it is told from another: a tale and its translation
are the same events.
"""

import math
from collections.abc import Mapping, Sequence

from pipeline_lib.tales.draw import LOG2, Draw
from pipeline_lib.tales.forms import LANGUAGE, TONGUES, Entity, Tongue
from pipeline_lib.tales.lexicon import Language
from pipeline_lib.tales.patterns import Entry, Event, Grammar, Roles, Rule
from pipeline_lib.tales.reading import Break, Fault, Report, Verdict
from pipeline_lib.tales.sentences import SENTENCE, explain, read_sentence
from pipeline_lib.tales.world import World

GRAVITY: Mapping[Fault, int] = {"discourse": 1, "world": 2, "grammar": 3}
EXPLAINED = 20
"""Faults of one text that say in full what was expected."""


def tell(pen: "Writer | Reader", world: World) -> None:
    """One text, from its first event to its last; what nobody does to nothing changes nothing."""
    while not world.done:
        event = pen.event(world)
        if event is None:
            return
        roles = pen.cast(event, world)
        pen.say(event, world, roles)
        if None not in roles.values():
            event.effect(world, roles)


class Writer:
    """Draws what happens and how it is told."""

    def __init__(self, grammar: Grammar, tongue: Tongue, events: Draw, words: Draw) -> None:
        self.patterns = grammar.patterns[tongue]
        self.space = " " if tongue == "en" else ""
        self.events, self.words = events, words
        self.parts: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def event(self, world: World) -> Event:
        return self.events.pick(world.possible())

    def cast(self, event: Event, world: World) -> Roles:
        """Who or what takes part."""
        roles: Roles = {}
        for role, rule in event.roles.items():
            candidates = rule.candidates(world, roles)
            count = len(candidates)
            roles[role] = candidates[0 if count == 1 else self.events.below(count)]
        return roles

    def say(self, event: Event, world: World, roles: Roles) -> None:
        words, parts = self.words, self.parts
        patterns = self.patterns[event]
        pattern = patterns[self.wording(len(patterns))]
        bits, bit = 0, 1
        for role, reference in pattern.references:
            if reference.is_clear(world, roles[role], roles) and words.chance(reference.percent):
                bits |= bit
            bit <<= 1
        template, slots = pattern.variants[bits]
        if parts:
            parts.append(world.joint(event, self.space))
        parts.append(template % tuple([table[roles[role]] for role, table in slots]))

    def wording(self, count: int) -> int:
        """Which of so many patterns."""
        return self.words.below(count)


class Reader:
    """Reads a text sentence by sentence, against a world."""

    def __init__(self, grammar: Grammar, tongue: Tongue, text: str) -> None:
        self.grammar, self.tongue, self.text = grammar, tongue, text
        self.language: Language = LANGUAGE[tongue]
        self._words = grammar.vocabulary[self.language]
        self.verdicts: list[Verdict] = []
        self.log2_probability = 0.0
        self.ending: Break | None = None
        self._unknown = 0
        self._place = 0
        self._start = 0
        self._fault: Break | None = None
        self._entry: Entry
        self._sentence = ""
        self._found: tuple[str, ...] = ()
        self._space = " " if tongue == "en" else ""
        self._gap = ""

    def read(self, world: World) -> Report:
        """Go through the whole text; `world` is how it starts."""
        tell(self, world)
        return self.report()

    def report(self) -> Report:
        """What there is to say of it; whatever stands behind its end is too much."""
        if self.ending is None and self._place < len(self.text):
            self.ending = Break(
                self._place, "the end of the text", "it goes on after its end", "world"
            )
            while self._next_sentence() is not None:
                self._blame(self._start, "the end of the text", "it stands after the end")
                self._close()
        ill = self.ending is not None or any(not verdict.derivable for verdict in self.verdicts)
        return Report(
            kind=None,
            language=self.language,
            verdicts=tuple(self.verdicts),
            log2_probability=-math.inf if ill else self.log2_probability,
            ending=self.ending,
        )

    def event(self, world: World) -> Event | None:
        """The event that the next readable sentence tells; None where the text ends."""
        entry = self._next_sentence()
        if entry is None:
            self.ending = Break(
                len(self.text), "the rest of the tale", "it ends too early", "world"
            )
            return None
        possible, event = world.possible(), entry.event
        if event not in possible.items:
            fault: Fault = "discourse" if world.is_odd(event) else "world"
            reason = f"{event.name}: it cannot happen here"
            self._blame(self._start, _names(possible.items), reason, fault)
        else:
            self.log2_probability += possible.log2_probability(event)
        expected = world.joint(event, self._space)
        if self._gap != (expected if self.verdicts else ""):
            self._ungrammatical(self._start, repr(expected), "sentences are joined in another way")
        return event

    def cast(self, event: Event, world: World) -> Roles:
        """Who or what takes part, as the sentence says; None: that is not known."""
        roles: Roles = {}
        for role, rule in event.roles.items():
            roles[role] = self.choose(role, rule, world, roles)
        return roles

    def choose(self, role: str, rule: Rule, world: World, roles: Roles) -> Entity:
        """Who or what has a role, given those before it."""
        candidates = () if None in roles.values() else rule.candidates(world, roles)
        entity = self._meant(role, candidates, world, roles)
        if entity in candidates:
            self.log2_probability -= _log2(len(candidates))
        else:
            is_odd = None not in (entity, *roles.values()) and rule.is_odd(world, roles, entity)
            self._blame(self._where(role), role, rule.reason, "discourse" if is_odd else "world")
            entity = candidates[0] if entity is None and candidates else entity
        return entity

    def say(self, event: Event, world: World, roles: Roles) -> None:
        entry = self._entry
        patterns = self.grammar.patterns[self.tongue][event]
        self.weigh_wording(entry.pattern, len(patterns))
        for number, (role, reference) in enumerate(patterns[entry.pattern].references):
            is_short = bool(entry.bits >> number & 1)
            if reference.is_clear(world, roles[role], roles):
                percent = reference.percent if is_short else 100 - reference.percent
                self.log2_probability += LOG2[percent] - LOG2[100]
            elif is_short:
                self._blame(self._start, "a name", "it is not clear who or what is meant")
        self._close()

    def weigh_wording(self, number: int, count: int) -> None:
        """It is the pattern `number` of so many."""
        self.log2_probability -= _log2(count)

    def _next_sentence(self) -> Entry | None:
        """The next sentence that has a shape; those before it are noted as ungrammatical."""
        while self._place < len(self.text):
            match = SENTENCE.match(self.text, self._place)
            if match is None or match.end() == self._place:
                break
            self._start, self._gap, self._place = match.start(2), match[1], match.end()
            self._sentence, self._fault = match[2], None
            entry, self._found, tongue = self._parsed(self._sentence)
            if entry is not None:
                self._entry = entry
                if tongue != self.tongue or self._has_foreign_forms():
                    self._blame(
                        self._start, f"the {self.tongue} form", "polite and plain are mixed"
                    )
                self._expect_agreement(entry)
                return entry
            self._fault = self._explained(self._sentence)
            self._close()
        return None

    def _has_foreign_forms(self) -> bool:
        return not self.grammar.foreign[self.tongue].isdisjoint(self._found)

    def _explained(self, sentence: str) -> Break:
        """What is wrong with a sentence; past the first few a reason without the search for one."""
        self._unknown += 1
        if self._unknown > EXPLAINED:
            return Break(self._start, "a sentence", "no sentence of this kind of text", "grammar")
        return explain(self.grammar, self.tongue, sentence, self._start)

    def _parsed(self, sentence: str) -> tuple[Entry | None, tuple[str, ...], Tongue]:
        """As this tongue says it, or else as another of the language does."""
        for tongue in (self.tongue, *TONGUES[self.language]):
            entry, found = read_sentence(self.grammar, tongue, sentence)
            if entry is not None:
                return entry, found, tongue
        return None, found, self.tongue

    def _expect_agreement(self, entry: Entry) -> None:
        for place, gender in entry.agreeing:
            text = self._found[place]
            if self._words.entities[text][0].gender != gender:
                self._ungrammatical(
                    self._place_of(place),
                    f"a word that agrees with {text}",
                    f"{text} and a word that stands for {gender} do not agree",
                )

    def _meant(self, role: str, candidates: Sequence[Entity], world: World, roles: Roles) -> Entity:
        """Whom or what the sentence names in this role."""
        entry = self._entry
        places = entry.places.get(role)
        if places:
            named = self._named(role, places)
            if len(named) == 1:
                return named[0]
            return next((entity for entity in candidates if entity in named), named[0])
        if role in entry.short:
            return self._pointed(role, world, roles)
        return candidates[0] if len(candidates) == 1 else None

    def _named(self, role: str, places: Sequence[int]) -> Sequence[Entity]:
        """What all forms of a role in this sentence may stand for."""
        entities = self._words.entities
        both = first = entities[self._found[places[0]]]
        for place in places[1:]:
            other = entities[self._found[place]]
            both = tuple(entity for entity in both if entity in other)
        if not both:
            self._blame(self._where(role), role, "two names for one")
        return both or first

    def _pointed(self, role: str, world: World, roles: Roles) -> Entity:
        gender = self._entry.genders.get(role, "")
        references = self.grammar.patterns[self.tongue][self._entry.event][self._entry.pattern]
        name = next(r.full for known, r in references.references if known == role)
        if name != "name" and not gender:
            return world.item
        is_subject = role == next(iter(self._entry.event.roles))
        entity = world.subject if is_subject else world.pointed_at(gender, roles)
        if gender and (entity is None or entity.gender != gender):
            self._blame(self._start, "another pronoun", f"nobody here is meant by {gender}")
        return entity

    def _where(self, role: str) -> int:
        places = self._entry.places.get(role)
        return self._place_of(places[0]) if places else self._start

    def _place_of(self, form: int) -> int:
        """Where a form of this sentence begins."""
        return self._start + self._words.starts(self._sentence)[form]

    def _blame(self, position: int, expected: str, reason: str, fault: Fault = "world") -> None:
        """Note a fault, unless the sentence has one as grave already."""
        if self._fault is None or GRAVITY[fault] > GRAVITY[self._fault.fault]:
            self._fault = Break(position, expected, reason, fault)

    def _ungrammatical(self, position: int, expected: str, reason: str) -> None:
        self._blame(position, expected, reason, "grammar")

    def _close(self) -> None:
        self.verdicts.append(Verdict(self._start, self._place, self._fault))


def _names(events: Sequence[Event]) -> str:
    return " or ".join(event.name for event in events[:6]) or "nothing"


def _log2(n: int) -> float:
    return LOG2[n] if n < len(LOG2) else math.log2(n)

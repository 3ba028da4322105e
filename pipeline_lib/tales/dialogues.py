"""Dialogues: two people talk, line by line, and what each says agrees with what was said before.

Who has just met speaks polite Japanese and friends speak plain, so the first line settles the tongue.
"""

from pipeline_lib.tales.dialogue_events import ANSWERS, OPENINGS, STRANGERS
from pipeline_lib.tales.dialogue_forms import REFERENCES, WORDING
from pipeline_lib.tales.dialogue_questions import QUESTIONS
from pipeline_lib.tales.dialogue_world import DialogueWorld, menu_of
from pipeline_lib.tales.draw import Draw
from pipeline_lib.tales.forms import LANGUAGE, TONGUES, Tongue
from pipeline_lib.tales.patterns import Event, Grammar
from pipeline_lib.tales.reading import Report, Told
from pipeline_lib.tales.sentences import first_event
from pipeline_lib.tales.telling import Reader, Writer, tell
from pipeline_lib.tales.world import World

EVENTS = (*OPENINGS, *ANSWERS, *QUESTIONS)
GRAMMAR = Grammar(EVENTS, WORDING, REFERENCES)
MENU = menu_of(EVENTS)


def tongue_of(opening: Event) -> Tongue:
    """How Japanese is spoken after such a beginning."""
    return "polite" if opening is STRANGERS else "plain"


class DialogueWriter(Writer):
    """Speaks as the first line begins."""

    def event(self, world: World) -> Event:
        event = super().event(world)
        if not self.parts and not self.space:
            self.patterns = GRAMMAR.patterns[tongue_of(event)]
        return event


def write(tongue: Tongue, events: Draw, words: Draw) -> Told:
    """A dialogue; the draws hold its probability afterwards."""
    writer = DialogueWriter(GRAMMAR, tongue, events, words)
    tell(writer, DialogueWorld(MENU))
    return Told(writer.text)


def read(text: str, tongue: Tongue) -> Report:
    """What there is to say of `text` as a dialogue."""
    opening = _opening(text, tongue)
    if opening is not None:
        return _read(text, tongue if tongue == "en" else tongue_of(opening))
    reports = [_read(text, known) for known in TONGUES[LANGUAGE[tongue]]]
    return max(reports, key=lambda report: sum(v.derivable for v in report.verdicts))


def _read(text: str, tongue: Tongue) -> Report:
    return Reader(GRAMMAR, tongue, text).read(DialogueWorld(MENU))


def opens(text: str, tongue: Tongue) -> bool:
    """Whether its first sentence opens a dialogue."""
    return _opening(text, tongue) is not None


def _opening(text: str, tongue: Tongue) -> Event | None:
    """The first event, if it may be one, in any tongue of the language."""
    for known in TONGUES[LANGUAGE[tongue]]:
        event = first_event(GRAMMAR, known, text)
        if event in OPENINGS:
            return event
    return None

"""Facts: texts that say what animals, plants and things are like, all true of one ontology."""

from pipeline_lib.tales.draw import Draw
from pipeline_lib.tales.fact_events import EVENTS, OPENINGS
from pipeline_lib.tales.fact_forms import REFERENCES, WORDING
from pipeline_lib.tales.fact_world import FactWorld, menu_of
from pipeline_lib.tales.forms import Tongue
from pipeline_lib.tales.patterns import Grammar
from pipeline_lib.tales.reading import Report, Told
from pipeline_lib.tales.sentences import first_event
from pipeline_lib.tales.telling import Reader, Writer, tell

GRAMMAR = Grammar(EVENTS, WORDING, REFERENCES)
MENU = menu_of(EVENTS)
FIRST = frozenset(OPENINGS)


def write(tongue: Tongue, events: Draw, words: Draw) -> Told:
    """Some facts; the draws hold their probability afterwards."""
    writer = Writer(GRAMMAR, tongue, events, words)
    tell(writer, FactWorld(MENU))
    return Told(writer.text)


def read(text: str, tongue: Tongue) -> Report:
    """What there is to say of `text` as facts."""
    return Reader(GRAMMAR, tongue, text).read(FactWorld(MENU))


def opens(text: str, tongue: Tongue) -> bool:
    """Whether its first sentence opens a paragraph of facts."""
    return first_event(GRAMMAR, tongue, text) in FIRST

"""Stories: events in a small world, told in either language."""

from pipeline_lib.tales.draw import Draw
from pipeline_lib.tales.forms import Tongue
from pipeline_lib.tales.patterns import Grammar
from pipeline_lib.tales.reading import Report, Told
from pipeline_lib.tales.sentences import first_event
from pipeline_lib.tales.story_events import EVENTS
from pipeline_lib.tales.story_world import StoryWorld, menu_of
from pipeline_lib.tales.telling import Reader, Writer, tell

GRAMMAR = Grammar(EVENTS)
MENU = menu_of(EVENTS)


def write(tongue: Tongue, events: Draw, words: Draw) -> Told:
    """A story; the draws hold its probability afterwards."""
    writer = Writer(GRAMMAR, tongue, events, words)
    tell(writer, StoryWorld(MENU))
    return Told(writer.text)


def read(text: str, tongue: Tongue) -> Report:
    """What there is to say of `text` as a story."""
    return Reader(GRAMMAR, tongue, text).read(StoryWorld(MENU))


def opens(text: str, tongue: Tongue) -> bool:
    """Whether its first sentence opens a story."""
    event = first_event(GRAMMAR, tongue, text)
    return event is not None and event.needs == "start"

"""Stories: a first sketch."""

from pipeline_lib.tales.draw import Draw
from pipeline_lib.tales.words import PEOPLE, THINGS


def story(draw: Draw) -> str:
    """Draw one story."""
    sentences = []
    who = draw.one_of(PEOPLE)
    for _ in range(6):
        thing = draw.one_of(THINGS)
        sentences.append(f"{who.text} found {thing.one} and {draw.whole(2, 20)} other {thing.many}.")
    return " ".join(sentences)

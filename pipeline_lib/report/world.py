"""What can be said because the corpus is tales: how far the model is from the best there can be, and what it tells wrong.

Every fault in a free text is underlined where the recogniser found it, with its reason as title: what is no sentence of the
grammar by a full line, what contradicts what was told by dots, what contradicts nothing but is in no tale by a thin line.
"""

from collections.abc import Sequence

from pipeline_lib.evaluation.freedom import Read
from pipeline_lib.evaluation.samples import Fault
from pipeline_lib.report.markup import Markup, join, tag
from pipeline_lib.report.story import Number, Story

NOTHING = Markup("")
BASE = "base"
LANGUAGES = {"en": "English", "ja": "Japanese"}
SHOWN_TEXTS = 3
"""In each language; the others unfold."""

MEASURES = (
    ("grammatical", "Sentences that are grammatical"),
    ("consistent", "Sentences free of contradiction"),
    ("derivable", "Sentences that the grammar could have told there"),
    ("documents_consistent", "Whole texts free of fault"),
    ("pairs", "Minimal pairs judged right"),
)


def share(number: Number) -> str:
    return f"{number:.1%}"


def headline(story: Story, lead: Markup, figure: Markup | None) -> Markup:
    """The loss, the floor beneath it, and what lies between: by kind and language in the figure."""
    found = story.metrics(BASE)
    if "excess" not in found:
        said = f"No floor to compare it with: {story.no_floor}." if story.no_floor else ""
        return join(lead, tag("p", said, class_="muted") if said else NOTHING)
    numbers = tag(
        "p",
        tag("span", tag("b", f"{found['bits_per_byte']:.3f}"), " bits per byte,"),
        " ",
        tag("span", "floor ", tag("b", f"{found['floor_bits_per_byte']:.3f}"), ","),
        " ",
        tag("span", "excess ", tag("b", share(found["excess"]))),
        class_="headline",
    )
    low, high = found["excess_bits_per_document_low"], found["excess_bits_per_document_high"]
    about = tag(
        "p",
        "The corpus is told by a grammar that knows how likely each text is. The floor is what these very texts, held out "
        "from training, cost whoever knows it: no honest model goes below. This one pays "
        f"{found['excess_bits_per_document']:.1f} bits more per text ({low:.1f} to {high:.1f}), "
        f"{share(found['excess_low'])} to {share(found['excess_high'])} of the floor."
        + _cut(story),
        class_="muted",
    )
    drawn = [tag("figure", tag("h3", "Where the excess lies"), figure)] if figure else []
    return tag("section", tag("div", numbers, about, lead), *drawn, class_="against")


def _cut(story: Story) -> str:
    """Some of the excess is not ignorance, but a context too short."""
    found, context = story.metrics(BASE), story.checkpoints[BASE].shape.context
    if not found.get("windowed"):
        return ""
    verb = "is" if found["windowed"] == 1 else "are"
    return (
        f" {found['windowed']:,} of the {found['documents']:,} texts {verb} longer than the {context:,} tokens "
        "it has in sight, which adds to that."
    )


def knows(story: Story) -> Markup:
    """What the base model gets right of the language and of the world, language by language."""
    found = story.metrics(BASE)
    rows = [_row(story, *measure) for measure in MEASURES]
    rows = [row for row in rows if row]
    if not rows:
        return NOTHING
    heads = [tag("th", LANGUAGES[language], scope="col") for language in _languages(story)]
    drawn = ", ".join(
        f"{found[f'samples.{language}.texts']:,} {LANGUAGES[language]} texts of "
        f"{found[f'samples.{language}.sentences']:,} sentences"
        for language in _languages(story)
        if f"samples.{language}.texts" in found
    )
    said = (
        f"Base tells from nothing, at temperature 1 and untruncated, and each sentence is read back: {drawn}. "
        if drawn
        else ""
    )
    return tag(
        "section",
        tag("h2", "What it knows of the world"),
        tag("p", said + "Below a number, its 95% interval.", class_="muted"),
        _table(heads, rows),
        _phenomena(story),
    )


def _languages(story: Story) -> list[str]:
    found = story.metrics(BASE)
    asked = ("grammatical.{}", "pairs.{}")
    return [code for code in LANGUAGES if any(name.format(code) in found for name in asked)]


def _row(story: Story, measure: str, words: str) -> Markup:
    found = story.metrics(BASE)
    cells = []
    for language in _languages(story):
        key = f"{measure}.{language}"
        if key not in found:
            cells.append(tag("td", "–"))
            continue
        interval: str = NOTHING
        if f"{key}_low" in found:
            interval = tag(
                "small", f"{share(found[f'{key}_low'])} to {share(found[f'{key}_high'])}"
            )
        cells.append(tag("td", tag("b", share(found[key])), interval))
    if all("–" in cell for cell in cells):
        return NOTHING
    return tag("tr", tag("th", words, scope="row"), *cells)


def _phenomena(story: Story) -> Markup:
    """Minimal pairs by phenomenon, for all models, the hardest for base first."""
    found = story.metrics(BASE)
    keys = [key for key in found if key.startswith("pairs.") and key.count(".") == 2]
    if not keys:
        return NOTHING
    heads = [tag("th", tag("span", m, class_=f"dot {m}"), scope="col") for m in story.findings]
    rows = [
        tag(
            "tr",
            tag("th", _phenomenon(key), scope="row"),
            *(tag("td", share(story.metrics(model)[key])) for model in story.findings),
        )
        for key in sorted(keys, key=lambda key: found[key])
    ]
    summary = tag("summary", f"Minimal pairs by phenomenon: {len(keys)}, the hardest first")
    return tag("details", summary, _table(heads, rows))


def _phenomenon(key: str) -> str:
    _, language, name = key.split(".")
    return f"{name.replace('_', ' ')} ({LANGUAGES[language]})"


def _table(heads: Sequence[Markup], rows: Sequence[Markup]) -> Markup:
    return tag(
        "div",
        tag(
            "table",
            tag("thead", tag("tr", tag("th", "", scope="col"), *heads)),
            tag("tbody", *rows),
        ),
        class_="wide",
    )


def tells(story: Story) -> Markup:
    """The first free texts in each language, faults underlined."""
    free = story.findings[BASE].free
    if not any(free.values()):
        return NOTHING
    columns = [_column(language, texts) for language, texts in free.items() if texts]
    about = join(
        "The first texts that base told, none picked. Underlined: ",
        tag("u", "no sentence of the grammar", class_="fault"),
        ", ",
        tag("u", "at odds with what was told", class_="fault world"),
        " or ",
        tag("u", "odd at its place", class_="fault discourse"),
        "; point at it for the reason.",
    )
    return tag(
        "section",
        tag("h2", "What it tells when nothing is asked"),
        tag("p", about, class_="muted"),
        tag("div", *columns, class_="texts"),
    )


def _column(language: str, texts: Sequence[Read]) -> Markup:
    said = [tag("p", marked(read), class_="said", lang=language) for read in texts]
    parts: list[Markup] = [tag("h3", LANGUAGES[language]), *said[:SHOWN_TEXTS]]
    if rest := said[SHOWN_TEXTS:]:
        parts.append(tag("details", tag("summary", f"{len(rest)} more"), *rest))
    return tag("article", *parts)


def marked(read: Read) -> Markup:
    """A free text with its faults underlined."""
    text, place = read.sample.text, 0
    parts: list[str] = []
    for fault in read.sample.faults:
        parts += [text[place : fault.start], _underlined(text[fault.start : fault.end], fault)]
        place = fault.end
    parts.append(text[place:] if read.sample.stopped else text[place:] + " …")
    return join(*parts)


def _underlined(text: str, fault: Fault) -> Markup:
    how = "fault" if fault.kind == "grammar" else f"fault {fault.kind}"
    return tag("u", text, class_=how, title=fault.reason)

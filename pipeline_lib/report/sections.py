"""The parts of the page, each from the story alone."""

from pipeline_lib.evaluation.problems import Answer
from pipeline_lib.evaluation.samples import Sample
from pipeline_lib.report.markup import Markup, join, tag
from pipeline_lib.report.palette import MODELS
from pipeline_lib.report.story import Number, Story

SHOWN_PROBLEMS = 4
LEVELS = range(1, 6)
NOTHING = Markup("")
COUNTED = (
    "Counted as cleaning left it: before near duplicates, repeated paragraphs and texts that hold an evaluation "
    "item went, before parts were held out, and before any source was repeated."
)


def short(number: Number) -> str:
    """1,353,376 as 1.35 M."""
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= unit:
            return f"{number / unit:.3g} {name}"
    return f"{number:g}"


def share(number: Number) -> str:
    return f"{number:.1%}"


def in_words(story: Story) -> str:
    """What came out, in two or three sentences."""
    base = story.metrics("base")
    said = [f"{short(story.parameters)} parameters"]
    if story.tokens_seen:
        said[0] += f", pretrained on {short(story.tokens_seen)} tokens"
    said[0] += "."
    if "bits_per_byte" in base and "excess" not in base:
        said.append(f"Text it never saw costs it {base['bits_per_byte']:.3f} bits per byte.")
    for source in story.sources:
        found = story.metrics("chat")
        low, high = found[f"{source}.accuracy_low"], found[f"{source}.accuracy_high"]
        said.append(
            f"Of {found[f'{source}.count']:,} held-out {source} it answers "
            f"{share(found[f'{source}.accuracy'])} right ({share(low)} to {share(high)})."
        )
    return " ".join(said)


def cards(story: Story) -> Markup:
    """The numbers to remember."""
    base, shown = story.metrics("base"), []
    if "bits_per_byte" in base and "excess" not in base:
        against = f"a unigram model: {story.unigram:.3f}" if story.unigram else "validation"
        shown.append(_card(f"{base['bits_per_byte']:.3f}", "bits per byte", against))
    for source in story.sources[:2]:
        values = [share(story.metrics(model)[f"{source}.accuracy"]) for model in MODELS]
        before = f"base {values[0]}, sft {values[1]}"
        shown.append(_card(values[2], f"of {source} right", before))
    shape = story.checkpoints["base"].shape
    size = f"{shape.layers} layers, {shape.channels} wide, {shape.context} tokens in sight"
    shown.append(_card(short(story.parameters), "parameters", size))
    if story.tokens_seen:
        held = story.shards["train"].tokens
        epochs = f"{story.tokens_seen / max(1, held):.2g} × the {short(held)} there are"
        shown.append(_card(short(story.tokens_seen), "tokens of pretraining", epochs))
    return tag("section", *shown, class_="cards")


def _card(number: str, what: str, beside: str) -> Markup:
    return tag("div", tag("b", number), tag("span", what), tag("small", beside), class_="card")


def table(story: Story) -> Markup:
    """The three models side by side, intervals beneath, the best of each row bold."""
    rows = [_row(story, *one) for one in asked(story)]
    heads = [tag("th", tag("span", model, class_=f"dot {model}"), scope="col") for model in MODELS]
    return tag(
        "section",
        tag("h2", "Three models, one examination"),
        tag("p", _handed_on(story), class_="muted"),
        tag(
            "div",
            tag(
                "table",
                tag("thead", tag("tr", tag("th", "", scope="col"), *heads)),
                tag("tbody", *rows),
            ),
            class_="wide",
        ),
    )


def _handed_on(story: Story) -> str:
    said = "The same documents, problems and seeds for each; below a number, its 95% interval."
    for stage, model, before in (("sft", "sft", "base"), ("grpo", "chat", "sft")):
        if story.skipped(stage):
            said += f" {stage} had no source to learn from: {model} is {before}, handed on."
    return said


def asked(story: Story) -> list[tuple[str, str, str]]:
    """(key, words, format) of each row: `less` is better, `more` is better, or neither."""
    rows = [
        ("bits_per_byte", "Bits per byte, validation", "less"),
        ("test.bits_per_byte", "Bits per byte, test", "less"),
        ("excess", "Excess over the floor", "less"),
        ("pairs.accuracy", "Minimal pairs judged right", "more"),
    ]
    for source in story.sources:
        named = source.replace("_", " ").capitalize()
        names = [key for key in story.metrics("base") if key.startswith(f"{source}.pass_at_")]
        rows.append((f"{source}.accuracy", f"{named} right, greedy", "more"))
        rows += [(f"{source}.accuracy.level_{n}", f"… level {n}", "more") for n in LEVELS]
        for key in names:
            k = key.rpartition("_")[2]
            if k.isdigit():
                tries = "sampled once" if k == "1" else f"within {k} samples"
                rows.append((key, f"{named} right, {tries}", "more"))
        rows.append((f"{source}.stopped", f"{named}: ended its turn", ""))
    return [row for row in rows if row[0] in story.metrics("base")]


def _row(story: Story, key: str, words: str, better: str) -> Markup:
    values = [story.metrics(model)[key] for model in MODELS]
    better = better if len(set(values)) > 1 else ""
    best = min(values) if better == "less" else max(values) if better == "more" else None
    written = (lambda v: f"{v:.4f}") if key.endswith("bits_per_byte") else share
    cells = []
    for model, value in zip(MODELS, values, strict=True):
        found = story.metrics(model)
        interval: str = NOTHING
        if f"{key}_low" in found:
            ends = f"{written(found[f'{key}_low'])} to {written(found[f'{key}_high'])}"
            interval = tag("small", ends)
        cells.append(
            tag("td", tag("b", written(value)), interval, class_="best" if value == best else "")
        )
    return tag("tr", tag("th", words, scope="row"), *cells)


def reading(story: Story) -> Markup:
    """What the intervals allow to say, in words."""
    said = [
        tag("p", _compared(story, source, before, after))
        for source in story.sources
        for before, after in (("base", "sft"), ("sft", "chat"))
    ]
    return tag("div", tag("h3", "What the intervals say"), *said, class_="reading")


def _compared(story: Story, source: str, before: str, after: str) -> str:
    one, other = story.metrics(before), story.metrics(after)
    points = 100 * (other[f"{source}.accuracy"] - one[f"{source}.accuracy"])
    how = "above" if points >= 0 else "below"
    said = f"{source}: {after} stands {abs(points):.1f} points {how} {before}"
    low = max(one[f"{source}.accuracy_low"], other[f"{source}.accuracy_low"])
    high = min(one[f"{source}.accuracy_high"], other[f"{source}.accuracy_high"])
    if low > high:
        return f"{said}, and their intervals do not touch."
    return f"{said}, but their intervals overlap: chance alone may do that."


def answers(story: Story) -> Markup:
    """The first problems of each source and what each model said to them."""
    parts: list[Markup] = []
    for source in story.sources:
        given = [story.findings[model].answers[source] for model in MODELS]
        problems = [_problem(said) for said in zip(*given, strict=True)]
        parts += [tag("h2", f"What they answer: {source}"), *problems[:SHOWN_PROBLEMS]]
        if rest := problems[SHOWN_PROBLEMS:]:
            parts.append(tag("details", tag("summary", f"{len(rest)} more"), *rest))
    return tag("section", *parts)


def _problem(said: tuple[Answer, ...]) -> Markup:
    problem = said[0].problem
    question = problem.messages[-1].content
    given = [_answer(model, answer) for model, answer in zip(MODELS, said, strict=True)]
    expected = tag("span", f"Expected {problem.answer}", class_="expected")
    return tag(
        "article",
        tag("p", question, " ", expected),
        tag("div", *given, class_="answers"),
        class_="problem",
    )


def _answer(model: str, answer: Answer) -> Markup:
    verdict = "right" if answer.is_right else "wrong"
    sign = "✓ right" if answer.is_right else "✗ wrong"
    text = answer.text if answer.stopped else answer.text + " …"
    if answer.too_long:
        text = "(the problem leaves no room for an answer)"
    return tag(
        "div",
        tag(
            "h3",
            tag("span", sign, class_=f"verdict {verdict}"),
            tag("span", model, class_=f"dot {model}"),
        ),
        tag("p", text, class_="said"),
    )


def texts(story: Story) -> Markup:
    """Free texts of each model, from nothing."""
    temperatures = sorted({s.temperature for s in story.findings["base"].texts}, reverse=True)
    parts = []
    for place, temperature in enumerate(temperatures):
        columns = [
            _column(model, [s for s in story.findings[model].texts if s.temperature == temperature])
            for model in MODELS
        ]
        grid = tag("div", *columns, class_="texts")
        parts.append(
            tag("details", tag("summary", f"At temperature {temperature:g}"), grid)
            if place
            else join(
                tag("p", f"From nothing, at temperature {temperature:g}.", class_="muted"), grid
            )
        )
    return tag("section", tag("h2", "What they write"), *parts)


def _column(model: str, drawn: list[Sample]) -> Markup:
    said = [tag("p", s.text if s.stopped else s.text + " …", class_="said") for s in drawn]
    return tag("article", tag("h3", tag("span", model, class_=f"dot {model}")), *said)


RECIPE = ("steps", "learning_rate", "batch", "prompts", "group", "warmup_steps", "seed")


def recipe(story: Story) -> Markup:
    """What was trained, and how."""
    model = ", ".join(f"{key} {value}" for key, value in _shape(story).items())
    index = story.shards["train"]
    data = (
        f"{index.documents:,} documents, {index.tokens:,} tokens of a vocabulary of "
        f"{index.vocab_size:,} ({index.bytes / max(1, index.tokens):.2f} bytes per token)"
    )
    rows = [("data", data), ("model", model)]
    for stage, values in story.training().items():
        chosen = [f"{key} {values[key]}" for key in RECIPE if key in values]
        rows.append((stage, ", ".join(chosen)))
    return tag("section", tag("h2", "What was trained"), _pairs(rows))


def _shape(story: Story) -> dict[str, object]:
    """The model's parameters, without the sections that nothing of it reads."""
    shape = story.checkpoints["base"].shape
    unread = {"mla"} if shape.attention != "mla" else set()
    unread |= set() if shape.moe.every else {"moe"}
    flat: dict[str, object] = {}
    for key, value in shape.model_dump(exclude=unread).items():
        if isinstance(value, dict):
            flat |= {f"{key}.{name}": one for name, one in value.items()}
        else:
            flat[key] = value
    return flat


def provenance(story: Story) -> Markup:
    """Digests: what these numbers stand on."""
    rows = [(f"{split} shards", index.digest) for split, index in story.shards.items()]
    rows.append(("tokenizer", story.shards["train"].tokenizer))
    rows += [(f"weights of {m}", story.checkpoints[m].digest) for m in MODELS]
    computed = story.checkpoints["base"].provenance.get("computed_with", {})
    said = ", ".join(f"{key} {value}" for key, value in computed.items())
    return tag(
        "section",
        tag("h2", "Where it came from"),
        tag(
            "p",
            f"SHA-256 of what was read and made. Computed with {said or 'unknown'}.",
            class_="muted",
        ),
        _pairs([(name, tag("code", digest)) for name, digest in rows]),
    )


def origins(story: Story) -> Markup:
    """Every source: its address, its licence, and what cleaning left of it."""
    if not story.origins:
        return NOTHING
    heads = ("source", "role", "from", "licence", "texts", "MB")
    rows = [
        tag(
            "tr",
            tag("th", one.name, scope="row"),
            tag("td", one.role),
            tag("td", one.address, tag("small", one.revision[:12])),
            tag("td", one.licence or "unknown"),
            tag("td", f"{one.rows:,}"),
            tag("td", f"{one.bytes / 1e6:,.1f}"),
        )
        for one in story.origins
    ]
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in heads)))
    return tag(
        "section",
        tag("h2", "What it learnt from"),
        tag("p", COUNTED, class_="muted"),
        tag("div", tag("table", head, tag("tbody", *rows)), class_="wide"),
    )


def _pairs(rows: list[tuple[str, str]]) -> Markup:
    return tag(
        "div",
        tag(
            "table",
            tag(
                "tbody",
                *(
                    tag("tr", tag("th", name, scope="row"), tag("td", value))
                    for name, value in rows
                ),
            ),
        ),
        class_="wide",
    )

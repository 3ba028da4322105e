"""The phenomena of English minimal pairs. Data: a new phenomenon is one entry here."""

from pipeline_lib.tales import lexicon
from pipeline_lib.tales.forms import any_of
from pipeline_lib.tales.pair_changes import Phenomenon, both_ways, in_a_ring, swap, turn, unsaid

NAME = any_of(person.en for person in lexicon.PEOPLE)
WHO = f"(?:{NAME}|He|She)"
WHOM = f"(?:{NAME}|him|her)"
THING = any_of(noun.en for noun in lexicon.THINGS)
LOOK = any_of(adjective.en for adjective in lexicon.ADJECTIVES)
NUMBER = any_of(lexicon.NUMBERS[1:])
SEVERAL = any_of(lexicon.NUMBERS[2:])
SOMETHING = rf"(?:the {THING}|{NUMBER} [a-z]+)"

PLURALS = {noun.plural: noun.en for noun in lexicon.COUNTED}
SINGULARS = {noun.en: noun.plural for noun in lexicon.COUNTED}
NEIGHBOURS = both_ways(dict(zip(lexicon.NUMBERS[2:20:2], lexicon.NUMBERS[3:20:2], strict=True)))
PRESENT = {
    "found": "finds", "gave": "gives", "met": "meets", "saw": "sees", "lost": "loses", "ate": "eats",
    "had": "has", "went": "goes", "walked": "walks", "picked": "picks", "looked": "looks",
    "put": "puts", "said": "says", "asked": "asks", "took": "takes", "smiled": "smiles",
    "laughed": "laughs", "was": "is",
}  # fmt: skip
REGULAR = {
    "found": "finded", "gave": "gived", "met": "meeted", "saw": "seed", "lost": "losed",
    "ate": "eated", "went": "goed", "took": "taked", "knew": "knowed", "came": "comed",
    "sang": "singed", "told": "telled", "sat": "sitted", "put": "putted", "said": "sayed",
}  # fmt: skip
GIRLS, BOYS = (
    in_a_ring(tuple(person.en for person in lexicon.PEOPLE if person.gender == gender))
    for gender in ("she", "he")
)

AGREEMENT = (
    Phenomenon("subject_gender", "world", (swap(both_ways({"He": "She"}), after=" "),)),
    Phenomenon("object_gender", "world", (swap(both_ways({"him": "her"}), "gave |to ", r"[ .]"),)),
    Phenomenon("possessive_gender", "grammar", (swap(both_ways({"his": "her"}), after=" (?:old )?friend"),)),
    Phenomenon("reflexive_gender", "grammar", (swap(both_ways({"himself": "herself"})),)),
    Phenomenon("reflexive_number", "grammar", (swap(dict.fromkeys(("himself", "herself"), "themselves")),)),
    Phenomenon("noun_gender", "grammar", (swap(both_ways({"girl": "boy"})),)),
    Phenomenon("subject_case", "grammar", (swap({"He": "Him", "She": "Her"}, after=" "),)),
    Phenomenon("object_case", "grammar", (swap({"him": "he", "her": "she"}, "gave |to ", r"[ .]"),)),
    Phenomenon("pronoun_number", "grammar", (swap({"it": "them"}, "put |gave |said "),)),
    Phenomenon("article_form", "grammar", (swap({"a": "an", "an": "a"}, after=" [a-z]"),)),
    Phenomenon("plural_after_number", "grammar", (swap(PLURALS, rf"\b{SEVERAL} "),)),
    Phenomenon("singular_after_one", "grammar", (swap(SINGULARS, r"\bone "),)),
    Phenomenon("verb_agreement", "grammar", (
        swap({"have": "has"}, '"I '), swap({"has": "have"}, f'"{NAME} '), swap({"is": "are"}, '"It |"Where '),
    )),
    Phenomenon("existential_agreement", "grammar", (swap(both_ways({"was": "were"}), "There "),)),
    Phenomenon("coordination_agreement", "grammar", (
        swap({"were": "was"}, f"{NAME} and {NAME} "), swap({"each other": "himself"}),
    )),
)  # fmt: skip

VERBS = (
    Phenomenon("narrative_tense", "grammar", (swap(PRESENT, rf"\b{WHO} |, {NAME} |Then they |\" "),)),
    Phenomenon("irregular_past", "grammar", (swap(REGULAR),)),
    Phenomenon("negation_base_form", "grammar", (
        swap({"have": "had", "find": "found", "know": "knew"}, "did not "),
    )),
    Phenomenon("modal_base_form", "grammar", (turn(r'("I can(?:not)?) ', r"\1 to "),)),
    Phenomenon("relative_participle", "grammar", (swap({"found": "find"}, f"that {NAME} had "),)),
    Phenomenon("progressive_form", "grammar", (swap({"carrying": "carry"}, "was "),)),
)  # fmt: skip

ORDER = (
    Phenomenon("adjective_order", "grammar", (turn(rf"\b(an?) ({LOOK}) ({THING})\b", r"\1 \3 \2"),)),
    Phenomenon("argument_order", "grammar", (turn(rf"gave ({WHOM}) ({SOMETHING})", r"gave \2 \1"),)),
    Phenomenon("verb_object_order", "grammar", (turn(rf"(found|lost|ate) ({SOMETHING})", r"\2 \1"),)),
    Phenomenon("particle_order", "grammar", (turn("put it down", "put down it"),)),
    Phenomenon("question_inversion", "grammar", (turn(rf"Where is (the {THING})", r"Where \1 is"),)),
    Phenomenon("question_auxiliary", "grammar", (turn(r"(How many [a-z]+) do ", r"\1 "),)),
)  # fmt: skip

WORDS = (
    Phenomenon("negative_polarity", "grammar", (
        swap({"any": "some", "anywhere": "somewhere"}, r"\bnot [a-z ]*?"),
    )),
    Phenomenon("relative_pronoun", "grammar", (
        swap({"whom": "which"}), swap({"that": "who"}, f"{THING} "),
    )),
    Phenomenon("place_preposition", "grammar", (swap(dict.fromkeys(("in", "at", "by", "on"), "to"), "was |is "),)),
    Phenomenon("goal_preposition", "grammar", (swap({"to": "at"}, "went |walked |came "),)),
)  # fmt: skip

WORLD = (
    Phenomenon("wrong_count", "world", (swap(NEIGHBOURS, f"Now {NAME} had |home with "),)),
    Phenomenon("dead_reference", "world", (
        unsaid(in_a_ring(tuple(noun.en for noun in lexicon.THINGS)), r"\bthe "),
    )),
    Phenomenon("unknown_person", "world", (
        unsaid(GIRLS, r'," said |\?" asked '), unsaid(BOYS, r'," said |\?" asked '),
    )),
    Phenomenon("possession", "world", (turn(rf"({NAME}) gave ({NAME}) the", r"\2 gave \1 the"),)),
    Phenomenon("acquaintance", "world", (
        turn(f"({NAME} and {NAME}) knew each other well", r"Soon \1 were friends"),
        turn(f"Soon ({NAME} and {NAME}) were friends", r"\1 knew each other well"),
    )),
)  # fmt: skip

PHENOMENA = AGREEMENT + VERBS + ORDER + WORDS + WORLD

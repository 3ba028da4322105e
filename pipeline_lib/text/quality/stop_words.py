"""Words that hardly a page of a language does without: where none is found, it is no prose of it.

English has Gopher's own eight (Rae et al. 2021, appendix A.1.1). The others are chosen alike: articles,
prepositions, conjunctions and forms of to be and to have, in their usual spelling in mid-sentence.
"""

import numpy as np

from pipeline_lib.text.quality.words import code

LISTS = {
    "en": "the be to of and that have with",
    "de": "der die das und ist zu mit nicht von ein eine den",
    "fr": "le la les de et est un une que dans pour des",
    "es": "el la los de y que en un una es por con",
    "it": "il la di e che un una per è non con del",
    "pt": "o a os de e que em um uma para com não",
    "nl": "de het een en van is dat niet met op te zijn",
    "sv": "och att det en ett som är på för med av den",
    "da": "og at det en et som er på for med af den",
    "no": "og at det en et som er på for med av den",
    "fi": "ja on ei se että oli hän mutta kun niin",
    "pl": "i w na z do nie się jest to że jak o",
    "cs": "a v na se je že s z do to o i",
    "ru": "и в на не что с как это по он из но",
    "uk": "і в на не що з як це до та за у",
    "tr": "ve bir bu için ile de da olarak çok daha",
    "id": "dan yang di untuk dengan ini itu dari pada tidak",
    "vi": "và của là có một được trong cho không các",
}
STOP_CODES = {
    language: np.frombuffer(b"".join(map(code, words.split())), "<u8")
    for language, words in LISTS.items()
}
"""ISO 639-1 code -> its stop words as `Words` hold them."""

"""How well a tokenizer fits text it was not trained on, in all and by language."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pipeline_lib.tokens.batches import batches
from pipeline_lib.tokens.tokenizer import Tokenizer


@runtime_checkable
class Text(Protocol):
    """A document, as far as it matters here."""

    @property
    def text(self) -> str: ...
    @property
    def language(self) -> str: ...


@dataclass(slots=True)
class _Count:
    bytes: int = 0
    words: int = 0
    tokens: int = 0
    byte_tokens: int = 0


def measure(documents: Iterable[Text], tokenizer: Tokenizer) -> dict[str, float]:
    """Bytes per token, tokens per word between spaces, share of tokens that are single bytes."""
    counts: dict[str, _Count] = {"": _Count()}
    is_byte = [tokenizer.is_byte(i) for i in range(tokenizer.vocab_size)]
    for batch in batches(documents):
        encoded = tokenizer.encode_batch([document.text for document in batch])
        for document, ids in zip(batch, encoded, strict=True):
            for key in {"", document.language}:
                count = counts.setdefault(key, _Count())
                count.bytes += len(document.text.encode())
                count.words += len(document.text.split())
                count.tokens += len(ids)
                count.byte_tokens += sum(is_byte[i] for i in ids)
    return {
        f"{name}.{language}" if language else name: value
        for language, count in sorted(counts.items())
        if count.tokens
        for name, value in _shares(count).items()
    }


def _shares(count: _Count) -> dict[str, float]:
    return {
        "bytes_per_token": count.bytes / count.tokens,
        "tokens_per_word": count.tokens / max(1, count.words),
        "byte_fallback": count.byte_tokens / count.tokens,
    }

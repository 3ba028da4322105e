"""Secrets have no place in params.yaml, since git, DVC and MLflow keep every word of it, nor in a sentence we say."""

import os
import re
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qsl, urlsplit

SECRET_NAME = (
    r"[\w.\-]*(?:token|secret|passw|signature|credential|auth|api_?key)[\w.\-]*|key|sig|pwd"
)
"""Parameters of an address that hold what nobody else may know."""
HUB_TOKEN = r"hf_[A-Za-z0-9]{16,}"
HUB_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
"""The environment's variables that huggingface_hub reads."""


def secret_in(value: object) -> str:
    """What sort of secret a value holds, never the secret; empty where it holds none."""
    return next((found for text in _texts(value) if (found := _secret(text))), "")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from (*_texts(name), *_texts(inner))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _secret(text: str) -> str:
    if re.search(HUB_TOKEN, text):
        return "a token of the hub"
    if not re.match(r"[A-Za-z][\w+.-]*://", text):
        return ""
    address = _parts(text)
    if not address:
        return ""
    if "@" in address.netloc:
        return "a name or password in an address"
    names = [name for part in (address.query, address.fragment) for name, _ in parse_qsl(part)]
    secret = next((name for name in names if re.fullmatch(SECRET_NAME, name, re.I)), "")
    return f"the parameter {secret} in an address" if secret else ""


def _parts(text: str) -> SplitResult | None:
    try:
        return urlsplit(text)
    except ValueError:  # no address after all: whoever reads it as one says so
        return None


def without_secrets(sentence: str) -> str:
    """The sentence with stars where a token, a password or a signed address stood."""
    for name in HUB_TOKENS:
        if token := os.environ.get(name, "").strip():
            sentence = sentence.replace(token, "***")
    sentence = re.sub(HUB_TOKEN, "***", sentence)
    sentence = re.sub(r"(https?://)[^/\s@]+@", r"\1***@", sentence)
    return re.sub(rf"(?i)([?&](?:{SECRET_NAME})=)[^&\s'\"]+", r"\1***", sentence)

"""A trained model as someone to talk to: the template, the text as it comes, the turns that still
fit.

A chat model (its provenance says sft or grpo) is spoken to in turns; a base model goes on with the
text. Characters without a piece of their own come byte by byte, so text is shown only as far as it
is whole.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline_lib.errors import DataError, ParamsError
from pipeline_lib.formats import checkpoints
from pipeline_lib.model import generation
from pipeline_lib.model.generation import Sampling
from pipeline_lib.model.hardware import choose
from pipeline_lib.model.transformer import Transformer, restore
from pipeline_lib.params import RuntimeParams
from pipeline_lib.tokens import chat
from pipeline_lib.tokens.tokenizer import Tokenizer

CHAT_STAGES = ("sft", "grpo")
UNFINISHED = "\ufffd"


@dataclass(frozen=True)
class Turn:
    role: str
    content: str


@dataclass(frozen=True)
class Speaker:
    """A model folder, loaded."""

    folder: Path
    model: Transformer
    tokenizer: Tokenizer
    is_chat: bool
    sampling: Sampling
    max_tokens: int
    seed: int

    def go_on(self, text: str) -> Iterator[str]:
        """What follows `text`, piece by piece."""
        return self._say([self.tokenizer.begin, *self.tokenizer.encode(text)])

    def answer(self, turns: Sequence[Turn]) -> Iterator[str]:
        """What the assistant says next, piece by piece."""
        return self._say(chat.prompt(turns, self.tokenizer))

    def fitting(self, turns: Sequence[Turn]) -> list[Turn]:
        """The newest turns that leave room for an answer; the oldest go first, a system turn
        never."""
        system, said = _split_system(turns)
        while len(said) > 1 and self._room([*system, *said]) < self._wanted:
            said = said[1:]
            while len(said) > 1 and said[0].role == "assistant":
                said = said[1:]
        return [*system, *said]

    def reseeded(self, seed: int) -> "Speaker":
        return replace(self, seed=seed)

    @property
    def _wanted(self) -> int:
        return min(self.max_tokens, self.model.shape.context // 2)

    def _room(self, turns: Sequence[Turn]) -> int:
        return self.model.shape.context - len(chat.prompt(turns, self.tokenizer))

    def _say(self, prompt: Sequence[int]) -> Iterator[str]:
        if len(prompt) >= self.model.shape.context:
            raise DataError(
                f"prompt: expected at most {self.model.shape.context - 1} tokens, the context of "
                f"{self.folder} less one, found {len(prompt)}; shorten it"
            )
        ids = generation.stream(
            self.model,
            prompt,
            max_new_tokens=self.max_tokens,
            stop=(self.tokenizer.end,),
            sampling=self.sampling,
            seed=self.seed,
        )
        return whole_text(ids, self.tokenizer)


def _split_system(turns: Sequence[Turn]) -> tuple[list[Turn], list[Turn]]:
    count = int(bool(turns) and turns[0].role == "system")
    return list(turns[:count]), list(turns[count:])


def load(folder: Path, sampling: Sampling, max_tokens: int, seed: int) -> Speaker:
    """Read a model folder; ParamsError where there is none, FormatError where it is damaged."""
    if not folder.is_dir():
        raise ParamsError(
            f"--model: expected a model folder such as data/models/chat, found {folder}; "
            "`dvc repro` makes one"
        )
    stored = checkpoints.read(folder)
    automatic = RuntimeParams(
        device="auto",
        precision="auto",
        threads=0,
        compile=False,
        parallel="none",
        processes=0,
        recompute=False,
        workers=0,
        engine="loky",
        cluster="",
        log_every=1,
        save_seconds=0,
        resume="same",
    )
    hardware = choose(automatic)
    model = restore(stored).to(hardware.device)
    model.dtype = hardware.dtype
    is_chat = stored.provenance.get("stage") in CHAT_STAGES
    tokenizer = Tokenizer(stored.tokenizer, str(folder / "tokenizer.model"))
    return Speaker(
        folder, generation.for_inference(model), tokenizer, is_chat, sampling, max_tokens, seed
    )


def whole_text(ids: Iterable[int], tokenizer: Tokenizer) -> Iterator[str]:
    """The text of `ids` as far as it is whole characters; together exactly what `decode` gives."""
    seen: list[int] = []
    shown, text = 0, ""
    for token in ids:
        seen.append(token)
        text = tokenizer.decode(seen)
        stable = text.rstrip(UNFINISHED) if tokenizer.is_byte(token) else text
        if len(stable) > shown:
            yield stable[shown:]
            shown = len(stable)
    if len(text) > shown:
        yield text[shown:]

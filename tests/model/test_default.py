"""The shipped shape, bit for bit, through every change of the code around it: a plain copy of it stands here."""

import json
from pathlib import Path

import torch
from torch.nn import functional as F

from pipeline_lib.formats import checkpoints
from pipeline_lib.formats.checkpoints import Checkpoint
from pipeline_lib.model.layers import rms_norm, rotate
from pipeline_lib.model.transformer import Transformer, restore
from tests.model.shapes import shaped

VOCAB = 70
SHAPE = shaped(
    **checkpoints.BEFORE,
    layers=2,
    channels=32,
    rope_theta=10_000.0,
    heads=4,
    kv_heads=2,
    head_width=8,
    qk_norm=True,
    feed_forward="relu2",
    hidden=48,
    context=24,
    tie_embeddings=True,
    value_embeddings=True,
)


def first_weights(seed: int) -> dict[str, torch.Tensor]:
    """Names, order and numbers of the weights as they were drawn first of all."""
    numbers = torch.Generator().manual_seed(seed)

    def drawn(rows: int, columns: int, std: float = 0.02) -> torch.Tensor:
        return torch.empty(rows, columns).normal_(std=std, generator=numbers)

    small = 0.02 / (2 * SHAPE.layers) ** 0.5
    weights = {"embedding.weight": drawn(VOCAB, 32), "values.weight": drawn(VOCAB, 16)}
    for layer in range(SHAPE.layers):
        place = f"blocks.{layer}"
        weights[f"{place}.attention.share"] = torch.full((1,), 0.5)
        weights[f"{place}.attention.query.weight"] = drawn(32, 32)
        weights[f"{place}.attention.key_value.weight"] = drawn(32, 32)
        weights[f"{place}.attention.out.weight"] = drawn(32, 32, small)
        weights[f"{place}.feed_forward.up.weight"] = drawn(48, 32)
        weights[f"{place}.feed_forward.down.weight"] = drawn(32, 48, small)
    return weights


def first_logits(w: dict[str, torch.Tensor], ids: torch.Tensor) -> torch.Tensor:
    """The default forward pass on a CPU as it was written first of all: rotary grouped queries, squared ReLU."""
    rows, time, groups, width = *ids.shape, SHAPE.kv_heads, SHAPE.head_width
    rates = SHAPE.rope_theta ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angles = torch.arange(SHAPE.context, dtype=torch.float64)[:, None] * rates
    turn = angles.cos().float()[:time], angles.sin().float()[:time]
    blind = torch.zeros(time, time).masked_fill_(
        ~torch.ones(time, time, dtype=torch.bool).tril(), -torch.inf
    )
    x, known = F.embedding(ids, w["embedding.weight"]), F.embedding(ids, w["values.weight"])
    for layer in range(SHAPE.layers):
        part = {k.split(".", 2)[2]: v for k, v in w.items() if k.startswith(f"blocks.{layer}.")}
        normed = rms_norm(x)
        q = (
            F.linear(normed, part["attention.query.weight"])
            .view(rows, time, -1, width)
            .transpose(1, 2)
        )
        both = F.linear(normed, part["attention.key_value.weight"]).view(rows, time, -1, width)
        k, v = both.transpose(1, 2).chunk(2, dim=1)
        v = v + (known * part["attention.share"]).view(rows, time, -1, width).transpose(1, 2)
        q, k = rotate(rms_norm(q), *turn), rotate(rms_norm(k), *turn)
        scores = (q * width**-0.5).reshape(rows, groups, -1, width) @ k.transpose(2, 3)
        shares = (
            (scores.view(rows, groups, -1, time, time) + blind)
            .softmax(dim=-1)
            .view(rows, groups, -1, time)
        )
        seen = (shares @ v).view(rows, -1, time, width).transpose(1, 2).flatten(2)
        x = x + F.linear(seen, part["attention.out.weight"])
        inside = F.linear(rms_norm(x), part["feed_forward.up.weight"]).relu()
        x = x + F.linear(inside * inside, part["feed_forward.down.weight"])
    return F.linear(rms_norm(x), w["embedding.weight"])


def test_the_weights_begin_as_they_always_did() -> None:
    found, wanted = Transformer(SHAPE, VOCAB, seed=3).state_dict(), first_weights(3)
    assert list(found) == list(wanted)
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_the_logits_are_the_bits_they_always_were() -> None:
    ids = torch.randint(VOCAB, (2, 20), generator=torch.Generator().manual_seed(1))
    model = Transformer(SHAPE, VOCAB, seed=3)
    assert torch.equal(model(ids), first_logits(first_weights(3), ids))


def test_a_folder_written_before_shapes_had_these_words_is_still_read(tmp_path: Path) -> None:
    checkpoints.write(tmp_path / "base", Checkpoint(SHAPE, VOCAB, first_weights(3), b"pieces", {}))
    stored = tmp_path / "base" / "config.json"
    config = json.loads(stored.read_text())
    assert all(name in config["model"] for name in checkpoints.BEFORE)
    for name in checkpoints.BEFORE:
        del config["model"][name]
    stored.write_text(json.dumps(config))
    read = checkpoints.read(tmp_path / "base")
    assert read.shape == SHAPE
    ids = torch.arange(12)[None]
    assert torch.equal(restore(read)(ids), Transformer(SHAPE, VOCAB, seed=3)(ids))

from typing import Any

import pytest

from pipeline_lib.tokens import proto
from pipeline_lib.tokens.tokenizer import Tokenizer

from .brought import AWKWARD, awkward


@pytest.fixture(scope="module")
def schema() -> Any:
    """The oracle: SentencePiece's own classes, where the release of protobuf is there that they ask for."""
    runtime = pytest.importorskip("google.protobuf.runtime_version")
    try:
        from sentencepiece import sentencepiece_model_pb2
    except runtime.VersionError as error:
        pytest.skip(str(error))
    return sentencepiece_model_pb2


@pytest.mark.parametrize("name", AWKWARD)
def test_a_model_is_read_as_protobuf_reads_it(schema: Any, name: str) -> None:
    ours = proto.Model(awkward(name), "x.model")
    theirs = schema.ModelProto.FromString(awkward(name))
    assert [(p.text, p.score, p.kind) for p in ours.pieces] == [
        (p.piece, p.score, p.type) for p in theirs.pieces
    ]
    for field in proto.Trainer:
        told = getattr(theirs.trainer_spec, field.name.lower())
        assert schema.TrainerSpec.DESCRIPTOR.fields_by_number[field].name == field.name.lower()
        if isinstance(told, str):
            assert ours.trainer.text(field, told) == told
        elif told != -1:
            assert ours.trainer.number(field, told) == told
    for name_of in proto.Normaliser:
        known = schema.NormalizerSpec.DESCRIPTOR.fields_by_number
        assert known[name_of].name == name_of.name.lower()


@pytest.mark.parametrize("name", AWKWARD)
def test_a_model_that_is_written_holds_what_was_read(schema: Any, name: str) -> None:
    theirs = schema.ModelProto.FromString(awkward(name))
    theirs.ClearField("denormalizer_spec")
    theirs.DiscardUnknownFields()  # its tests of itself
    assert schema.ModelProto.FromString(proto.Model(awkward(name), "x.model").encoded()) == theirs


def test_settings_that_were_written_are_read_again() -> None:
    spec = proto.Spec()
    spec.put(3, 300)
    spec.put(3, 2**35)
    spec.put(4, "今日")
    again = proto.Spec(spec.encoded())
    assert (again.number(3, 0), again.text(4, ""), again.number(5, 7)) == (2**35, "今日", 7)


def test_rounded_scores_keep_every_piece_and_leave_bpe_alone(tokenizer: Tokenizer) -> None:
    before, after = (
        proto.Model(model, "x.model") for model in (tokenizer.model, proto.rounded(tokenizer.model))
    )
    assert [(p.text, p.kind) for p in before.pieces] == [(p.text, p.kind) for p in after.pieces]
    for old, new in zip(before.pieces, after.pieces, strict=True):
        assert abs(old.score - new.score) <= (proto.GRAIN / 2 if before.kind == "unigram" else 0)
        assert before.kind == "bpe" or (new.score / proto.GRAIN).is_integer()

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline_lib.params import HubSource
from pipeline_lib.params.splits import Split, parse
from pipeline_lib.sources.parts import bounds

BOUND = st.none() | st.integers(-100, 100)


def rows_of(spelled: str, rows: int) -> list[int]:
    start, stop = bounds(parse(spelled), lambda: rows)
    return list(range(rows))[start:stop]


@given(start=BOUND, stop=BOUND, percent=st.booleans(), rows=st.integers(0, 5_000))
def test_a_slice_takes_the_rows_that_datasets_takes(
    start: int | None, stop: int | None, percent: bool, rows: int
) -> None:
    from datasets import ReadInstruction

    unit = "%" if percent else ""
    bounds = ["" if bound is None else f"{bound}{unit}" for bound in (start, stop)]
    spelled = f"train[{bounds[0]}:{bounds[1]}]"
    (theirs,) = ReadInstruction.from_spec(spelled).to_absolute({"train": rows})
    assert rows_of(spelled, rows) == list(range(theirs.from_, theirs.to))


@given(start=st.none() | st.integers(0, 50), stop=st.none() | st.integers(0, 50))
def test_rows_from_the_front_are_not_counted(start: int | None, stop: int | None) -> None:
    def count() -> int:
        raise AssertionError("nobody needs to count")

    assert bounds(Split("train", start, stop), count) == (start or 0, stop)


@pytest.mark.parametrize(
    ("spelled", "split"),
    [
        ("train", Split("train")),
        ("train[:20%]", Split("train", None, 20, percent=True)),
        ("test.clean[100:2_000]", Split("test.clean", 100, 2_000)),
        ("train[-10%:]", Split("train", -10, None, percent=True)),
        ("train[:]", Split("train")),
    ],
)
def test_a_split_is_read_as_it_is_spelled(spelled: str, split: Split) -> None:
    assert HubSource(kind="hub", role="rl", repository="a/b", split=spelled).taken == split


@pytest.mark.parametrize(
    ("spelled", "words"),
    [
        ("train[20%]", "expected a split such as train, train"),
        ("train[1:2:3]", "expected a split such as train, train"),
        ("train+test", "expected a split such as train, train"),
        ("[:3]", "expected a split such as train, train"),
        ("train[10:50%]", "expected both bounds in rows or both in per cent, found train"),
        ("train[:101%]", "expected at most 100 per cent"),
    ],
)
def test_a_split_spelled_otherwise_is_refused_with_the_params(spelled: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        HubSource(kind="hub", role="rl", repository="a/b", split=spelled)


def test_chosen_files_have_no_config_and_no_split_of_the_card() -> None:
    described = {"kind": "hub", "role": "rl", "repository": "a/b", "data_files": "data/*.jsonl"}
    for other in ({"config": "main"}, {"split": "test[:9]"}):
        with pytest.raises(
            ValidationError, match="data_files: expected neither config nor another"
        ):
            HubSource.model_validate(described | other)
    sliced = HubSource.model_validate(described | {"split": "train[:9]"})
    assert sliced.data_files == ("data/*.jsonl",)

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.formats.documents import document_id
from pipeline_lib.text.duplicates import packed, repeats


@given(st.lists(st.integers(0, 5)))
def test_all_but_the_first_of_equal_ids_are_repeats(numbers: list[int]) -> None:
    expected = [n in numbers[:i] for i, n in enumerate(numbers)]
    assert repeats(packed(document_id(str(n)) for n in numbers)).tolist() == expected


def test_ids_that_differ_in_one_half_are_not_equal() -> None:
    ids = np.array([[1, 2], [1, 3], [2, 2], [1, 2]], dtype=np.uint64)
    assert repeats(ids).tolist() == [False, False, False, True]

"""Arrays are the same bytes in a checkpoint whatever machine writes them."""

from typing import Literal

import numpy as np
import pytest

from classifier_worker.speech.frozen_arrays import freeze_array, thaw_array


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [np.int8, np.int16, np.float16, np.float32])
def test_arrays_are_little_endian_and_come_back_as_they_were(
    kind: type[np.int8 | np.int16 | np.float16 | np.float32], order: Literal["<", ">"]
) -> None:
    values = np.array([0, 1, -2, 100], np.dtype(kind).newbyteorder(order))
    frozen = freeze_array(values)
    assert frozen == values.astype(np.dtype(kind).newbyteorder("<")).tobytes()
    thawed = thaw_array(frozen, kind)
    assert thawed.dtype == kind
    assert thawed.tolist() == values.tolist()
    thawed[0] = 7  # it can be changed

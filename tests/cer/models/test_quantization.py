import numpy as np
import pytest

from cer.models.quantization import BLOCK_SIZE, SCALES, Rows, dequantize, quantize


def test_values_on_the_grid_of_their_block_are_restored_exactly() -> None:
    matrix = np.arange(-31, 33, dtype=np.float32).reshape(1, 64)
    matrix[0, 31], matrix[0, 63] = 127, -127  # the scale of both blocks is then one
    values, scales = quantize(matrix)
    assert values.dtype == np.int8
    assert (values.shape, scales.shape) == ((1, 64), (1, 2))
    np.testing.assert_array_equal(dequantize({"w": values, f"w{SCALES}": scales})["w"], matrix)


def test_an_outlier_costs_precision_in_its_own_block_alone() -> None:
    matrix = np.random.default_rng(0).normal(0, 0.05, (8, 4 * BLOCK_SIZE)).astype(np.float32)
    values, scales = quantize(matrix)
    spiked = matrix.copy()
    spiked[3, 5] = 9.0
    values_spiked, _ = quantize(spiked)
    differs = (values != values_spiked).reshape(8, 4, BLOCK_SIZE).any(2)
    assert [tuple(place) for place in np.argwhere(differs)] == [(3, 0)]
    restored = dequantize({"w": values, f"w{SCALES}": scales})["w"]
    assert np.abs(restored - matrix).max() < np.abs(matrix).max() / 127


def test_zeros_stay_zeros_and_other_tensors_stay_as_they_are() -> None:
    values, scales = quantize(np.zeros((2, BLOCK_SIZE), np.float32))
    bias = np.ones(3, np.float32)
    restored = dequantize({"w": values, f"w{SCALES}": scales, "bias": bias})
    assert restored.keys() == {"w", "bias"}
    assert not restored["w"].any()
    assert restored["bias"] is bias


def test_columns_that_do_not_divide_into_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match="33 columns"):
        quantize(np.zeros((1, 33), np.float32))


def test_rows_that_are_expanded_alone_are_those_of_the_whole_matrix() -> None:
    matrix = np.random.default_rng(1).normal(0, 1, (7, 2 * BLOCK_SIZE)).astype(np.float32)
    values, scales = quantize(matrix)
    whole = dequantize({"w": values, f"w{SCALES}": scales})["w"]
    numbers = np.array([[6, 0, 6], [2, 3, 4]])
    np.testing.assert_array_equal(Rows(values, scales)[numbers], whole[numbers])

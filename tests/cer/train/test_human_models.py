import numpy as np

from cer.train.human_models import read_tensors


def test_tensors_lie_one_behind_the_other_and_halves_become_whole() -> None:
    graph = {
        "weightsManifest": [
            {
                "weights": [
                    {"name": "half", "shape": [2], "dtype": "float32", "quantization": {"dtype": "float16"}},
                    {"name": "count", "shape": [], "dtype": "int32"},
                ]
            },
            {"weights": [{"name": "whole", "shape": [1, 2], "dtype": "float32"}]},
        ]
    }
    stored = np.array([1.5, -2], np.float16).tobytes() + np.int32(7).tobytes() + np.array([3, 4], np.float32).tobytes()
    tensors = read_tensors(graph, stored)
    assert tensors["half"].dtype == np.float32
    assert tensors["half"].tolist() == [1.5, -2.0]
    assert tensors["count"].tolist() == 7
    assert tensors["whole"].tolist() == [[3.0, 4.0]]

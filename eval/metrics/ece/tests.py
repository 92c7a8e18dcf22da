"""Cases worked out by hand."""

TEST_CASES = [
    {
        "given": {"predictions": [[0.8, 0.2], [0.3, 0.7]], "references": [0, 1]},
        "result": {"ece": (0.2 + 0.3) / 2},
    },
    {
        "given": {"predictions": [[1.0, 0.0], [1.0, 0.0]], "references": [0, 1]},
        "result": {"ece": 0.5},
    },
]

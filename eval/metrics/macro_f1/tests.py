"""Cases worked out by hand."""

TEST_CASES = [
    {
        "given": {"predictions": [0, 1, 2, 1], "references": [0, 1, 1, 1], "classes": 3},
        "result": {"macro_f1": (1 + 0.8 + 0) / 3},
    },
    {
        "given": {"predictions": [0, 0], "references": [0, 0], "classes": 2},
        "result": {"macro_f1": 0.5},
    },
]

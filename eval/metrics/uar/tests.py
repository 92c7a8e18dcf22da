"""Cases worked out by hand."""

TEST_CASES = [
    {
        "given": {"predictions": [0, 1, 2, 1], "references": [0, 1, 1, 1], "classes": 3},
        "result": {"uar": (1 + 2 / 3) / 2},
    },
]

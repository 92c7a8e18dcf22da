"""Cases worked out by hand."""

TEST_CASES = [
    {
        "given": {"predictions": [0, 1, 2, 1], "references": [0, 1, -1, 7]},
        "result": {"abaw_ce": 2 / 7},
    },
]

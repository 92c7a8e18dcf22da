"""Cases worked out by hand."""

TEST_CASES = [
    {  # right: a single emotion, and a blend whatever its saliences; wrong: half of a blend, and one emotion too many
        "given": {
            "predictions": [
                [{"emotion": "ang", "salience": 100.0}],
                [{"emotion": "hap", "salience": 70.0}, {"emotion": "disg", "salience": 30.0}],
                [{"emotion": "hap", "salience": 100.0}],
                [{"emotion": "sad", "salience": 50.0}, {"emotion": "fea", "salience": 50.0}],
            ],
            "references": [
                [{"emotion": "ang", "salience": 100.0}],
                [{"emotion": "disg", "salience": 50.0}, {"emotion": "hap", "salience": 50.0}],
                [{"emotion": "ang", "salience": 30.0}, {"emotion": "hap", "salience": 70.0}],
                [{"emotion": "sad", "salience": 100.0}],
            ],
        },
        "result": {"acc_presence": 0.5},
    },
]

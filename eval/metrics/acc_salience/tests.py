"""Cases worked out by hand."""

TEST_CASES = [
    {  # of four blends the first two are right; the single emotion at the end does not count
        "given": {
            "predictions": [
                [{"emotion": "hap", "salience": 70.0}, {"emotion": "ang", "salience": 30.0}],
                [{"emotion": "disg", "salience": 50.0}, {"emotion": "hap", "salience": 50.0}],
                [{"emotion": "disg", "salience": 30.0}, {"emotion": "hap", "salience": 70.0}],
                [{"emotion": "hap", "salience": 100.0}],
                [{"emotion": "ang", "salience": 100.0}],
            ],
            "references": [
                [{"emotion": "ang", "salience": 30.0}, {"emotion": "hap", "salience": 70.0}],
                [{"emotion": "hap", "salience": 50.0}, {"emotion": "disg", "salience": 50.0}],
                [{"emotion": "disg", "salience": 70.0}, {"emotion": "hap", "salience": 30.0}],
                [{"emotion": "ang", "salience": 50.0}, {"emotion": "hap", "salience": 50.0}],
                [{"emotion": "ang", "salience": 100.0}],
            ],
        },
        "result": {"acc_salience": 0.5},
    },
]

import numpy as np
import pytest

from cer.train.calibrate import fit_scaling, fit_temperature


def test_the_temperature_that_made_the_data_is_found_again() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 5)) * 2
    honest = np.exp(logits / 3.0)
    honest /= honest.sum(1, keepdims=True)
    truth = np.array([rng.choice(5, p=row) for row in honest])
    assert fit_temperature(logits, np.eye(5)[truth]) == pytest.approx(3.0, rel=0.1)


def test_the_scale_and_bias_that_made_the_data_come_back_free_of_its_prior() -> None:
    rng = np.random.default_rng(0)
    logits, bias, prior = rng.normal(size=(20_000, 3)) * 2, np.array([1.0, 0.0, -1.0]), np.array([0.7, 0.2, 0.1])
    honest = np.exp(0.5 * logits + bias) * prior
    honest /= honest.sum(1, keepdims=True)
    truth = np.array([rng.choice(3, p=row) for row in honest])
    scale, fitted = fit_scaling(logits, np.eye(3)[truth], np.log(prior))
    assert scale == pytest.approx(0.5, abs=0.02)
    np.testing.assert_allclose(fitted - fitted.mean(), bias, atol=0.1)

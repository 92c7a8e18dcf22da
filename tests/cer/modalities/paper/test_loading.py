import pytest

from cer.errors import WeightsError
from cer.modalities.paper.loading import loading


def failing_with(error: Exception) -> None:
    @loading
    def load(name: str) -> None:
        """A loader."""
        raise error

    load("a model")


def test_a_loader_that_works_is_what_it_was() -> None:
    @loading
    def load(name: str, *, times: int) -> str:
        """A loader."""
        return name * times

    assert load("a", times=3) == "aaa"
    assert (load.__name__, load.__doc__) == ("load", "A loader.")


def test_a_weights_error_passes_as_it_is() -> None:
    error = WeightsError("clip: a byte differs. Fetch it anew.")
    with pytest.raises(WeightsError) as raised:
        failing_with(error)
    assert raised.value is error


def test_a_library_that_is_missing_is_named_with_the_remedy() -> None:
    with pytest.raises(WeightsError, match=r"^open_clip is not installed\. Run `pip install"):
        failing_with(ModuleNotFoundError("No module named 'open_clip'", name="open_clip"))


def test_whatever_a_library_raises_names_the_model_and_keeps_the_cause() -> None:
    with pytest.raises(WeightsError, match=r"^test_loading: the model cannot be loaded \(KeyError\)\.") as raised:
        failing_with(KeyError("fc1.weight"))
    assert isinstance(raised.value.__cause__, KeyError)

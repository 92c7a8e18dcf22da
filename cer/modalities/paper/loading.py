"""What can go wrong while a published model is loaded becomes one error that names the model and the remedy."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from cer.errors import WeightsError

Asked = ParamSpec("Asked")
Loaded = TypeVar("Loaded")


def loading(load: Callable[Asked, Loaded]) -> Callable[Asked, Loaded]:
    """A loader whose failures are WeightsErrors: the libraries raise whatever they like about a bad file."""

    @wraps(load)
    def checked(*args: Asked.args, **named: Asked.kwargs) -> Loaded:
        try:
            return load(*args, **named)
        except WeightsError:
            raise
        except ImportError as error:
            raise WeightsError(
                f"{error.name or error} is not installed. Run `pip install -r requirements-paper.txt`."
            ) from error
        except Exception as error:
            raise WeightsError(
                f"{load.__module__.rpartition('.')[2]}: the model cannot be loaded ({type(error).__name__}). "
                "Fetch it anew with `python -m cer models download`."
            ) from error

    return checked

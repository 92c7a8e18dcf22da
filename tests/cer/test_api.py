import inspect
import subprocess
import sys

import pytest

import cer


@pytest.mark.parametrize("name", cer.__all__)
def test_every_public_name_exists_and_is_documented(name: str) -> None:
    value = getattr(cer, name)
    assert name in dir(cer)
    if callable(value):
        assert inspect.getdoc(value)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="analyse"):
        cer.analyse  # noqa: B018


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import cer, sys; sys.exit(any(name in sys.modules for name in ('numpy', 'av', 'onnxruntime', 'torch')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

import subprocess
import sys

import pytest

from cer.cli import main


def test_wrong_usage_is_exit_2() -> None:
    with pytest.raises(SystemExit) as stop:
        main(["analyze"])
    assert stop.value.code == 2


def test_help_comes_without_loading_any_model() -> None:
    code = (
        "import sys; from cer.cli import parser; parser().format_help(); "
        "print('torch' in sys.modules, 'onnxruntime' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["False", "False"]

from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples" / "quickstart.ipynb"


def test_the_quickstart_notebook_runs_from_top_to_bottom() -> None:
    nbclient = pytest.importorskip("nbclient", reason="comes with requirements-dev.txt")
    import nbformat

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "outputs are not committed"
    nbclient.NotebookClient(notebook, resources={"metadata": {"path": str(NOTEBOOK.parents[1])}}).execute()
    printed = "".join(str(cell.get("outputs")) for cell in notebook.cells)
    assert "report.html" in printed

from pathlib import Path

import pandas as pd

from cer.corpora import corpus


def test_captions_are_chosen_by_model_and_prompt(tmp_path: Path) -> None:
    models = ["Qwen2.5-VL-3B-Instruct", "Qwen2.5-VL-7B-Instruct", "Qwen2.5-VL-32B-Instruct"]
    lines = [("s1", model, prompt, f"{model} {prompt}", "Fear") for model in models for prompt in (1, 2)]
    table = pd.DataFrame(lines, columns=["segment", "model", "prompt", "caption", "label"])
    table.to_csv(tmp_path / "afew-dev-captions.csv.gz", index=False)
    rows = corpus("captions").rows(tmp_path, "dev:3B:2")
    assert list(rows["id"]) == ["s1/Qwen2.5-VL-3B-Instruct/2"]
    assert (rows["text"][0], rows["label"][0], rows["prompt"][0]) == ("Qwen2.5-VL-3B-Instruct 2", "Fear", "2")
    assert len(corpus("captions").rows(tmp_path, None)) == 6

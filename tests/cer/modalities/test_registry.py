from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from cer.errors import CerError, WeightsError
from cer.fusion.decision import decision
from cer.labels import MODALITIES
from cer.modalities import registry
from cer.modalities.registry import EMBEDDED, IMPLEMENTATIONS, PROFILES, best, choose, modalities, resolve_profile
from cer.models import hub
from cer.models.checkpoints import SHIPPED
from cer.models.runtime import tensors
from cer.progress import Progress


def test_every_profile_serves_every_modality_under_its_name() -> None:
    for profile in PROFILES:
        served = modalities(profile)
        assert tuple(served) == MODALITIES
        assert [modality.name for modality in served.values()] == list(MODALITIES)


def test_every_implementation_serves_its_modality() -> None:
    for modality, choices in IMPLEMENTATIONS.items():
        for build in choices.values():
            assert build().name == modality


def test_describing_fetches_nothing_and_loading_can_be_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(model: hub.HubModel, *, progress: Progress) -> Path:
        progress(f"fetching {model.repo}", 0.1)
        raise AssertionError("a cancelled download goes no further")

    def cancel(stage: str, fraction: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(hub, "fetch", fetch)
    monkeypatch.setattr(hub, "find", lambda model: None)
    monkeypatch.setattr(hub, "_failed", {})
    for modality in modalities("paper").values():
        assert any(checkpoint.sha256 == "" for checkpoint in modality.describe())
        with pytest.raises(KeyboardInterrupt):
            modality.load(cancel)
    assert all(checkpoint.sha256 for modality in modalities("embedded").values() for checkpoint in modality.describe())


def test_one_modality_is_swapped_alone() -> None:
    chosen = choose("paper, text=xlm-roberta,dynamic_face=embedded")
    assert chosen == {**PROFILES["paper"], "text": "xlm-roberta", "dynamic_face": EMBEDDED}


@pytest.mark.parametrize("profile", ["", "papers", "paper,voice=wavlm", "paper,audio=clip", "embedded,audio"])
def test_a_name_that_does_not_exist_lists_those_that_do(profile: str) -> None:
    with pytest.raises(CerError, match=r"embedded, paper, supervised or auto|static_face=embedded\|superv"):
        choose(profile)


def test_auto_takes_what_is_at_hand_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CER_MODELS", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(registry, "free_memory", lambda: 0)
    monkeypatch.setattr(hub, "find", lambda model: tmp_path if model.repo.startswith("3loi") else None)
    assert resolve_profile("auto") == "embedded,audio=wavlm"
    assert resolve_profile("auto,audio=embedded") == "embedded"
    assert resolve_profile("paper") == "paper"


def test_auto_takes_the_largest_describer_that_the_gpu_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(hub, "find", lambda model: None)
    for memory, expected in ((0, EMBEDDED), (8e9, EMBEDDED), (24e9, "qwen2.5-vl-7b"), (140e9, "qwen2.5-vl-32b")):
        monkeypatch.setattr(registry, "free_memory", lambda memory=memory: int(memory))
        assert best("scene_context") == expected


def test_fusion_weights_of_ones_own_are_used_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = tensors(decision().checkpoint)
    assert (SHIPPED / "fusion.safetensors").is_file()
    save_file({**stored, "theta": np.zeros_like(stored["theta"])}, tmp_path / "mine.safetensors")
    monkeypatch.setenv("CER_FUSION", str(tmp_path / "mine.safetensors"))
    assert decision().checkpoint.name == "own fusion"
    assert not decision().fusion.theta.any()
    monkeypatch.setenv("CER_FUSION", str(tmp_path / "none.safetensors"))
    with pytest.raises(WeightsError, match=r"none\.safetensors"):
        decision()


def test_the_models_of_a_profile_are_known_to_the_hub_table() -> None:
    for names in PROFILES.values():
        assert all(name in (EMBEDDED, "supervised") or name in hub.MODELS for name in names.values())


def test_the_shipped_fusion_fits_the_vocabulary() -> None:
    rules = decision()
    assert rules.fusion.theta.shape == (3, 6, 8)
    assert set(rules.prototypes) == set(MODALITIES)
    assert all(prototype.means.shape[0] == 8 and prototype.temperature > 0 for prototype in rules.prototypes.values())

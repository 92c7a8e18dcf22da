from cer.labels import MODALITIES
from cer.profiles import PROFILES, decision, modalities


def test_every_profile_serves_all_six_modalities_under_their_names() -> None:
    for profile in PROFILES:
        serving = modalities(profile)
        assert tuple(serving) == MODALITIES
        assert [one.name for one in serving.values()] == list(MODALITIES)


def test_the_shipped_fusion_fits_the_vocabulary() -> None:
    rules = decision()
    assert rules.fusion.theta.shape == (3, 6, 8)
    assert set(rules.prototypes) == set(MODALITIES)
    assert all(one.means.shape[0] == 8 and one.temperature > 0 for one in rules.prototypes.values())
    assert 0 <= rules.mixing <= 1

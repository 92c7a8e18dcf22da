import pytest
import torch

from cer.perception.voice_statistics import STATISTICS_WIDTH
from cer.train.voice_networks import FAR, VoiceHead, familiarity, temperature


@pytest.fixture
def head() -> VoiceHead:
    """A head that knows one corpus, with all its statistics at 0, and whose discriminant says 1, 2, ..., 8."""
    head = VoiceHead(torch.zeros(STATISTICS_WIDTH), torch.ones(STATISTICS_WIDTH), corpora=1).eval()
    head.discriminant.weight.zero_()
    head.discriminant.bias.copy_(torch.arange(1.0, 9.0))
    head.discriminant_shares.copy_(torch.tensor([0.0, 1.0, 1.0]))
    head.temperatures.copy_(torch.tensor([1.0, 2.0, 4.0]))
    return head


@torch.no_grad()
def test_a_familiar_voice_is_judged_by_the_networks_and_any_other_by_the_discriminant(head: VoiceHead) -> None:
    statistics = torch.tensor([[0.0], [1.4]]).expand(2, STATISTICS_WIDTH)
    speech = torch.zeros(2)
    assert head.distances(statistics).tolist() == pytest.approx([0, 1.96])
    assert familiarity(head.distances(statistics)).tolist() == pytest.approx([1, 0], abs=1e-4)
    logits = head(statistics, speech)[0]
    networks, _, _ = head.branches(statistics, speech)
    torch.testing.assert_close(logits[0], (networks[0] + networks[1])[0] / 2, atol=1e-3, rtol=0)
    torch.testing.assert_close(logits[1], torch.arange(1.0, 9.0) / 2, atol=1e-4, rtol=0)


@torch.no_grad()
def test_a_burst_is_as_sure_as_bursts_are_however_familiar(head: VoiceHead) -> None:
    logits = head(torch.zeros(1, STATISTICS_WIDTH), torch.ones(1))[0]
    torch.testing.assert_close(logits[0], torch.arange(1.0, 9.0) / 4)


def test_the_farther_a_voice_is_from_all_that_was_heard_the_less_sure_the_head_is() -> None:
    three = torch.tensor([1.0, 2.0, 10.0])
    distances = torch.tensor([0.0, 0.9, FAR, 3 * FAR, 3 * FAR])
    values = temperature(three, distances, torch.tensor([0.0, 0.0, 0.0, 0.0, 0.5]))
    assert values.tolist() == pytest.approx([1, 1.5, 2, 6, 8], abs=1e-4)

import numpy as np
import torch

from cer.train.networks import DynamicNetwork, MultilingualHead, SentenceHead


def test_a_masked_moment_changes_neither_state_nor_answer() -> None:
    torch.manual_seed(0)
    network = DynamicNetwork(16).eval()
    slots, mask = torch.randn(2, 10, 24), torch.ones(2, 10)
    mask[:, 6:] = 0
    spoiled = slots.clone()
    spoiled[:, 6:] = 50
    with torch.no_grad():
        torch.testing.assert_close(network(slots, mask)[0], network(spoiled, mask)[0], atol=1e-4, rtol=1e-4)


def test_a_class_never_trained_is_out_of_reach() -> None:
    head = SentenceHead(torch.tensor([True] * 7 + [False])).eval()
    with torch.no_grad():
        assert float(head(torch.randn(5, 384)).softmax(1)[:, 7].max()) < 1e-6


def test_the_odds_of_a_label_alone_are_logits_and_with_the_prior_its_probability() -> None:
    head = MultilingualHead(torch.tensor([0.5, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1]), 6, 4).eval()
    sentences = torch.randn(3, 6)
    with torch.no_grad():
        head.temperature.fill_(2.0)
        logits, presence = head(sentences)
        odds = head.log_odds(sentences)
        torch.testing.assert_close(logits[:, :7], odds / 2)
        torch.testing.assert_close(presence[:, 1], (odds[:, 1] + np.log(0.2 / 0.8)).sigmoid())
    assert float(logits.softmax(1)[:, 7].max()) < 1e-6

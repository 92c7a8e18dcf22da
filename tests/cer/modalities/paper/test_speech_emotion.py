"""The speech emotion network's own parts by hand; the whole of it is in test_wavlm."""

import torch

from cer.modalities.paper.speech_emotion import Head, Pooling, renamed


def test_pooling_is_the_attention_weighted_mean_and_deviation_of_the_rows_that_count() -> None:
    pooling = Pooling(1)
    with torch.no_grad():
        pooling.sap_linear.weight.zero_()
        pooling.sap_linear.bias.zero_()
        pooling.attention.fill_(1.0)
        rows = torch.tensor([[[1.0], [3.0], [100.0]]])
        pooled = pooling(rows, torch.tensor([[True, True, False]]))
    torch.testing.assert_close(pooled, torch.tensor([[2.0, 1.0]]))  # equal weights: mean 2, deviation 1


def test_pooling_weighs_rows_by_their_score() -> None:
    pooling = Pooling(1)
    with torch.no_grad():
        pooling.sap_linear.weight.fill_(1.0)
        pooling.sap_linear.bias.zero_()
        pooling.attention.fill_(2.0)
        rows = torch.tensor([[[0.0], [1.0]]])
        mean = float(pooling(rows, torch.ones(1, 2, dtype=torch.bool))[0, 0])
    assert abs(mean - 0.8210) < 1e-4  # exp(2 tanh 1) / (1 + exp(2 tanh 1))


def test_a_head_has_as_many_layers_as_it_is_told() -> None:
    head = Head(6, 4, 2, 3)
    assert [tuple(layer[0].weight.shape) for layer in head.fc] == [(4, 6), (4, 4)]  # type: ignore[index, union-attr]
    assert head(torch.rand(5, 6)).shape == (5, 3)


def test_weight_norm_has_todays_names_and_other_tensors_keep_theirs() -> None:
    stem = "ssl_model.encoder.pos_conv_embed.conv."
    state = {f"{stem}weight_g": torch.zeros(1), f"{stem}weight_v": torch.ones(1), f"{stem}bias": torch.ones(2)}
    assert list(renamed(state)) == [
        f"{stem}parametrizations.weight.original0",
        f"{stem}parametrizations.weight.original1",
        f"{stem}bias",
    ]

import pytest
import torch

from cer.modalities.paper.resnet import FEATURES, STATE, Bottleneck, FaceSequence, ResNet50, empty


def test_a_network_to_be_filled_takes_no_memory_and_has_the_published_names() -> None:
    network = empty(ResNet50, 7)
    assert all(tensor.is_meta for tensor in network.parameters())
    names = network.state_dict()
    assert names["conv_layer_s2_same.weight"].shape == (64, 3, 7, 7)
    assert names["layer1.0.i_downsample.0.weight"].shape == (256, 64, 1, 1)
    assert names["layer4.2.conv3.weight"].shape == (2048, 512, 1, 1)
    assert (names["fc1.weight"].shape, names["fc2.weight"].shape) == ((FEATURES, 2048), (7, FEATURES))


@pytest.mark.parametrize(("stride", "side"), [(1, 8), (2, 4)])
def test_a_block_adds_what_it_was_given(stride: int, side: int) -> None:
    block = Bottleneck(16, 4, stride).eval()
    with torch.no_grad():
        for parameter in block.batch_norm3.parameters():
            parameter.zero_()  # nothing comes through the inner path
        faces = torch.rand(2, 16, 8, 8)
        result = block(faces)
        expected = faces if block.i_downsample is None else block.i_downsample(faces).relu()
    assert result.shape == (2, 16, side, side)
    torch.testing.assert_close(result, expected)


def test_the_last_state_knows_the_faces_before() -> None:
    torch.manual_seed(0)
    network = FaceSequence(7).eval()
    features = torch.rand(1, 5, FEATURES)
    other = features.clone()
    other[:, 0] = 0
    with torch.no_grad():
        (last, logits), (different, _) = network(features), network(other)
    assert (last.shape, logits.shape) == ((1, STATE), (1, 7))
    assert (last - different).abs().max() > 1e-5

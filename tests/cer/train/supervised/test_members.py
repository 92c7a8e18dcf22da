import numpy as np
import onnxruntime
import pytest
import torch

from cer.corpora.rafce import EXPRESSIONS, PAIRS
from cer.train.publish import export
from cer.train.supervised.__main__ import Seeds
from cer.train.supervised.leaf import Leaf
from cer.train.supervised.members import FAMILIES, Linear, Member

EVERY = {**FAMILIES, "linear": Linear, "leaf": Leaf}


@pytest.mark.parametrize("family", EVERY.values(), ids=EVERY)
def test_every_family_answers_alike_in_torch_and_as_a_graph(family: type[Member]) -> None:
    torch.manual_seed(0)
    members = [family().eval() for _ in range(2)]
    maps, embeddings = torch.rand(3, 512, 8, 8), torch.randn(3, 256)
    graph = export(
        Seeds([members]),
        {"maps": maps, "embeddings": embeddings},
        ["compounds"],
        {"maps": {0: "N"}, "embeddings": {0: "N"}},
    )
    session = onnxruntime.InferenceSession(graph)
    (logits,) = session.run(None, {"maps": maps[:2].numpy(), "embeddings": embeddings[:2].numpy()})
    assert logits.shape == (2, 2, len(EXPRESSIONS))
    with torch.no_grad():
        expected = torch.stack([member(maps[:2], embeddings[:2])[1] for member in members])
    np.testing.assert_allclose(logits, expected.numpy(), atol=2e-4)


def test_a_compound_begins_as_the_sum_of_its_two_emotions() -> None:
    torch.manual_seed(0)
    network = FAMILIES["convolutional"]().eval()
    network.begin_compounds()
    singles, compounds = network(torch.rand(2, 512, 8, 8), torch.randn(2, 256))
    for row, (first, second) in enumerate(PAIRS):
        torch.testing.assert_close(compounds[:, row], singles[:, first] + singles[:, second])

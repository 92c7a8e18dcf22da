from cer.models.checkpoints import locate, shipped
from cer.train.minilm import bert
from cer.train.sentence_encoder import graph


def test_the_shipped_graph_is_what_the_script_exports_and_carries_no_weights() -> None:
    made = graph(bert(attn_implementation="eager"))
    assert len(made) < 100_000
    assert abs(len(made) - locate(shipped("sentence_encoder.onnx")).stat().st_size) < 2000

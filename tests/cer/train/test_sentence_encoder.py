from cer.checkpoints import MINILM, locate, shipped, tensors
from cer.train.sentence_encoder import graph_without_weights


def test_the_shipped_graph_is_what_the_script_exports_and_carries_no_weights() -> None:
    from transformers import BertModel

    bert = BertModel.from_pretrained(locate(MINILM).parent, attn_implementation="eager")
    outside = {name for name in tensors(MINILM) if not name.endswith("position_ids")}
    graph = graph_without_weights(bert, outside)
    assert len(graph) < 100_000
    assert abs(len(graph) - locate(shipped("sentence_encoder.onnx")).stat().st_size) < 2000

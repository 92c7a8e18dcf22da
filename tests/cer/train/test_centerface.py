from onnx import TensorProto, helper

from cer.models.checkpoints import CENTERFACE, locate
from cer.models.runtime import onnx_session
from cer.train.centerface import freed


def test_a_graph_of_one_size_takes_any_and_keeps_its_weights_to_itself() -> None:
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [10, 3, 32, 32])
    kernel = helper.make_tensor_value_info("kernel", TensorProto.FLOAT, [1, 3, 1, 1])
    heat = helper.make_tensor_value_info("heat", TensorProto.FLOAT, [10, 1, 32, 32])
    weights = helper.make_tensor("kernel", TensorProto.FLOAT, [1, 3, 1, 1], [1.0, 2.0, 3.0])
    nodes = [helper.make_node("Conv", ["image", "kernel"], ["heat"])]
    graph = helper.make_graph(nodes, "detector", [image, kernel], [heat], [weights])
    opsets = [helper.make_opsetid("", 17)]
    session = onnx_session(freed(helper.make_model(graph, ir_version=8, opset_imports=opsets).SerializeToString()))
    (taken,) = session.get_inputs()
    assert taken.name == "image"
    assert [isinstance(side, str) for side in taken.shape] == [True, False, True, True]


def test_what_ships_is_free() -> None:
    (taken,) = onnx_session(locate(CENTERFACE)).get_inputs()
    assert [isinstance(side, str) for side in taken.shape] == [True, False, True, True]

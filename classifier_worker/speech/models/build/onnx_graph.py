"""Writes ONNX graphs by hand, so that published weights run without the framework that trained them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Shape = Sequence[str | int]
"""Dimensions: a number, or the name of one that is not fixed."""


class OnnxGraph:
    """Collects nodes and constants; every method returns the name of the value that it computes."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, values: NDArray[Any]) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def integers(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def model(
        self, name: str, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape], opset: int
    ) -> onnx.ModelProto:
        """The finished graph; all its inputs and outputs are float32."""
        taken, given = (
            [helper.make_tensor_value_info(value, TensorProto.FLOAT, list(shape)) for value, shape in side.items()]
            for side in (inputs, outputs)
        )
        return helper.make_model(
            helper.make_graph(self.nodes, name, taken, given, self.constants),
            producer_name="linnet",
            opset_imports=[helper.make_opsetid("", opset)],
            ir_version=9,
        )

"""The network as one ONNX graph with int8 weights, written node by node: what runs is what stands here.

Inputs `input_ids` and `attention_mask` (n, tokens).  Outputs `last_hidden_state` (n, tokens, 384) for sentence-transformers,
`sentence_embedding` (n, 384) and `token_vectors` (n, tokens, TOKEN_DIM), the last two of unit length, and `states` (n, tokens, 384)
for the span reader.  The reader is the same body with a low-rank addition to each matrix: those are inputs too, nothing where they aren't given.
Word rows are int8 with one scale a row; matrices int8 with one scale a column, products in int8, sums in fp32.
Rare tokens weigh more in the sentence: the last states come out multiplied by their token's weight, so that their plain mean, which is what
sentence-transformers takes, is the weighted one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Floats = NDArray[np.float32]
LEVELS = 127  # of the word rows
MATRIX_LEVELS = 64  # of the matrices: on CPUs without VNNI a sum of two u8*s8 products saturates above that
EASE = (
    0.8  # mean cosine to fp32 over passages: none .995, 0.5 .981, 0.75 .997, 0.9 .997 (8-bit weights; 7-bit costs .001)
)
CONTRIB = "com.microsoft"


class Graph:
    """Nodes and constants as they are added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.slots: list[onnx.ValueInfoProto] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        """Add an initializer and give its name back."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def slot(self, name: str, dims: list[str | int]) -> str:
        """Add an input that may be left out: it is zeros then, of the least size that fits."""
        self.slots.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, dims))
        return self.constant(name, np.zeros([d if isinstance(d, int) else 1 for d in dims], dtype=np.float32))

    def node(self, operator: str, inputs: list[str], output: str, domain: str = "", **attributes: object) -> str:
        """Add a node with one output and give the output's name back."""
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def linear(self, x: str, weight: Floats, bias: Floats, output: str, peaks: Floats | None) -> str:
        """x @ weight + bias, weight (in, out); in int8 where `peaks`, the largest |x| of each input, are given.

        One scale serves all of x, so single inputs a hundred times the rest would leave the rest no digits.  Each input is
        divided by most of its peak and its weights multiplied by as much (SmoothQuant, Xiao et al. 2023).
        """
        low = self._low(x, len(weight), output)
        plain = output + ".plain"
        if peaks is None:
            product = self.node("MatMul", [x, self.constant(output + ".weight", weight)], output + ".product")
            self.node("Add", [product, self.constant(output + ".bias", bias)], plain)
            return self.node("Add", [plain, low], output)
        ease = np.maximum(peaks, 1e-3) ** EASE / np.maximum(np.abs(weight).max(1), 1e-3) ** (1 - EASE)
        ease = ease.astype(np.float32)
        eased = self.node("Mul", [x, self.constant(output + ".ease", 1 / ease)], output + ".eased")
        weight = weight * ease[:, None]
        scale = np.maximum(np.abs(weight).max(0), 1e-8) / MATRIX_LEVELS
        whole = np.clip(np.round(weight / scale), -MATRIX_LEVELS, MATRIX_LEVELS).astype(np.int8)
        inputs = [
            eased,
            self.constant(output + ".weight", whole),
            self.constant(output + ".scale", scale.astype(np.float32)),
            "",
        ]
        self.node("DynamicQuantizeMatMul", [*inputs, self.constant(output + ".bias", bias)], plain, CONTRIB)
        return self.node("Add", [plain, low], output)

    def _low(self, x: str, width: int, output: str) -> str:
        """x A B, A (in, rank) and B (rank, out); both are left out when texts are embedded, and add one zero to each row then."""
        a, b = (
            self.slot(output + ".a", [width, output + ".rank"]),
            self.slot(output + ".b", [output + ".rank", output + ".out"]),
        )
        return self.node("MatMul", [self.node("MatMul", [x, a], output + ".down"), b], output + ".low")


def write(
    weights: dict[str, Floats],
    projection: Floats,
    token_weights: Floats,
    path: Path,
    *,
    heads: int,
    layers: int,
    positions: int,
    peaks: dict[str, Floats] | None,
) -> None:
    """Write the graph.  `weights` is the state of a transformers BertModel, `projection` (TOKEN_DIM, 384),
    `token_weights` (rows,) what a token counts in the sentence's mean.

    `peaks`: for each of the body's Linear modules by name the largest |input| of each column; None writes all in fp32.
    """
    graph = Graph()
    x = _embeddings(graph, weights, positions, peaks is not None)
    graph.node("Cast", ["attention_mask"], "mask32", to=TensorProto.INT32)
    for i in range(layers):
        x = _layer(graph, weights, f"encoder.layer.{i}.", x, f"layer{i}.", heads, peaks)
    graph.node(
        "Gather", [graph.constant("token_weights", token_weights.astype(np.float16)[:, None]), "input_ids"], "weight"
    )
    graph.node("Cast", ["weight"], "weight_float", to=TensorProto.FLOAT)
    graph.node("Mul", [x, "weight_float"], "last_hidden_state")
    graph.node("Identity", [x], "states")
    graph.node("Cast", ["attention_mask"], "mask_float", to=TensorProto.FLOAT)
    axis = graph.constant("last_axis", np.array([-1]))
    middle = graph.constant("token_axis", np.array([1]))
    graph.node("Unsqueeze", ["mask_float", axis], "mask_column")
    graph.node("Mul", ["last_hidden_state", "mask_column"], "present")
    graph.node("ReduceSum", ["present", middle], "sum", keepdims=0)
    graph.node("LpNormalization", ["sum"], "sentence_embedding", axis=-1, p=2)
    graph.node("MatMul", [x, graph.constant("projection", projection.T.astype(np.float32))], "projected")
    graph.node("LpNormalization", ["projected"], "token_vectors", axis=-1, p=2)
    _save(graph, path, len(projection))


def _embeddings(graph: Graph, weights: dict[str, Floats], positions: int, quantize: bool) -> str:
    rows = weights["embeddings.word_embeddings.weight"]
    if quantize:
        scale = np.maximum(np.abs(rows).max(1, keepdims=True), 1e-8) / LEVELS
        graph.node("Gather", [graph.constant("rows", np.round(rows / scale).astype(np.int8)), "input_ids"], "row")
        graph.node("Gather", [graph.constant("row_scales", scale.astype(np.float32)), "input_ids"], "row_scale")
        graph.node("Cast", ["row"], "row_float", to=TensorProto.FLOAT)
        graph.node("Mul", ["row_float", "row_scale"], "word")
    else:
        graph.node("Gather", [graph.constant("rows", rows), "input_ids"], "word")
    places = (
        weights["embeddings.position_embeddings.weight"][:positions]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    graph.constant("positions", places.astype(np.float16 if quantize else np.float32))
    graph.node("Shape", ["input_ids"], "length", start=1, end=2)
    graph.node("Slice", ["positions", graph.constant("zero", np.array([0])), "length", "zero"], "place")
    graph.node("Cast", ["place"], "place_float", to=TensorProto.FLOAT)
    graph.node("Add", ["word", "place_float"], "embedded")
    return _normalized(graph, weights, "embeddings.LayerNorm", "embedded", "embedding")


def _layer(
    graph: Graph,
    weights: dict[str, Floats],
    at: str,
    x: str,
    to: str,
    heads: int,
    peaks: dict[str, Floats] | None,
) -> str:
    def peak(name: str) -> Floats | None:
        return peaks[at + name] if peaks else None

    names = [f"{at}attention.self.{name}" for name in ("query", "key", "value")]
    joined = np.concatenate([weights[name + ".weight"] for name in names]).T
    bias = np.concatenate([weights[name + ".bias"] for name in names])
    graph.linear(x, joined, bias, to + "qkv", peak("attention.self.query"))
    width = graph.constant(to + "widths", np.array([joined.shape[0]] * 3))
    parts = [to + "q", to + "k", to + "v"]
    graph.nodes.append(helper.make_node("Split", [to + "qkv", width], parts, name=to + "split", axis=-1))
    graph.node("MultiHeadAttention", [*parts, "", "mask32"], to + "heads", CONTRIB, num_heads=heads)
    weight, bias = weights[at + "attention.output.dense.weight"].T, weights[at + "attention.output.dense.bias"]
    graph.linear(to + "heads", weight, bias, to + "out", peak("attention.output.dense"))
    graph.node("Add", [to + "out", x], to + "attended")
    middle = _normalized(graph, weights, at + "attention.output.LayerNorm", to + "attended", to + "middle")
    weight, bias = weights[at + "intermediate.dense.weight"].T, weights[at + "intermediate.dense.bias"]
    graph.linear(middle, weight, bias, to + "wide", peak("intermediate.dense"))
    graph.node("Gelu", [to + "wide"], to + "gelu")
    graph.linear(
        to + "gelu",
        weights[at + "output.dense.weight"].T,
        weights[at + "output.dense.bias"],
        to + "narrow",
        peak("output.dense"),
    )
    graph.node("Add", [to + "narrow", middle], to + "summed")
    return _normalized(graph, weights, at + "output.LayerNorm", to + "summed", to + "done")


def _normalized(graph: Graph, weights: dict[str, Floats], name: str, x: str, output: str) -> str:
    scale = graph.constant(output + ".gain", weights[name + ".weight"])
    shift = graph.constant(output + ".shift", weights[name + ".bias"])
    return graph.node("LayerNormalization", [x, scale, shift], output, axis=-1, epsilon=1e-12)


def _save(graph: Graph, path: Path, token_dim: int) -> None:
    tokens: list[str | int] = ["n", "tokens"]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, tokens) for name in ("input_ids", "attention_mask")
    ]
    outputs = [
        helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*tokens, 384]),
        helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["n", 384]),
        helper.make_tensor_value_info("token_vectors", TensorProto.FLOAT, [*tokens, token_dim]),
        helper.make_tensor_value_info("states", TensorProto.FLOAT, [*tokens, 384]),
    ]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "gba-qa-embedder", [*inputs, *graph.slots], outputs, graph.constants),
        opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid(CONTRIB, 1)],
        ir_version=9,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)

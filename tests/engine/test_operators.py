"""Families of operators: the rules on names that both frameworks really give, and sums over calls."""

import pytest

from engine.operators.families import FAMILIES, Call, Operator, by_family, summed

KNOWN = {
    "convolution": (
        *("aten::convolution_backward", "aten::mkldnn_convolution", "aten::_slow_conv2d_forward", "aten::conv2d"),
        *("Conv2D", "_MklNativeConv2DBackpropFilterWithBias", "DepthwiseConv2dNative", "convolution"),
    ),
    "matrix product": (
        *("aten::mm", "aten::addmm", "aten::bmm", "aten::baddbmm", "aten::matmul", "aten::linear", "aten::mv"),
        *("aten::dot", "aten::einsum", "mkldnn::_linear_pointwise", "MatMul", "BatchMatMulV2", "_MklMatMul", "Einsum"),
        "dot",
    ),
    "pooling": (
        *("aten::max_pool2d_with_indices_backward", "aten::avg_pool2d", "aten::adaptive_avg_pool2d"),
        *("MaxPool", "_MklNativeMaxPoolGrad", "AvgPool", "reduce-window", "select-and-scatter"),
    ),
    "activation": (
        *("aten::relu", "aten::threshold_backward", "aten::clamp_min", "aten::gelu", "aten::gelu_backward"),
        *("aten::elu", "aten::silu", "aten::tanh_backward", "aten::sigmoid", "aten::_softmax", "aten::erf"),
        *("Relu", "ReluGrad", "Sigmoid", "TanhGrad", "Softmax", "EluGrad", "Erf", "Softplus"),
    ),
    "optimizer": (
        *("aten::_fused_adam_", "aten::_fused_sgd_", "aten::_foreach_add_", "ResourceApplyAdam", "ApplyMomentum"),
        *("ResourceApplyGradientDescent",),
    ),
    "other": (
        *("aten::copy_", "aten::_to_copy", "aten::resolve_conj", "aten::convert_element_type", "aten::_log_softmax"),
        *("aten::nll_loss_forward", "aten::native_layer_norm", "aten::sum", "aten::clamp_max", "aten::modulus"),
        *("aten::upsample_bilinear2d", "aten::embedding", "aten::comm", "SparseSoftmaxCrossEntropyWithLogits"),
        *("LogSoftmax", "BiasAdd", "GatherV2", "FusedBatchNormV3", "a name that nobody has ever heard of", ""),
    ),
}


def operator(name: str = "x", parts: tuple[str, ...] | None = None, optimizer: bool = False, seconds: float = 1.0):
    return Operator(name, (name,) if parts is None else parts, optimizer, 1, seconds)


@pytest.mark.parametrize(("family", "name"), [(family, name) for family, names in KNOWN.items() for name in names])
def test_names_have_their_family(family, name):
    assert operator(name).families == (family,)


@pytest.mark.parametrize(
    ("parts", "families"),
    [
        (("aten::mkldnn_rnn_layer",), ("matrix product", "activation")),
        (("aten::_scaled_dot_product_flash_attention_for_cpu",), ("matrix product", "activation")),
        (("_MklNativeFusedConv2D", "Relu"), ("convolution", "activation")),
        (("max_pool2d_with_indices_relu_threshold_backward",), ("pooling", "activation")),
        (("addmm_relu",), ("matrix product", "activation")),
        (("_MklNativeFusedMatMul", "BiasAdd"), ("matrix product",)),
        (("GatherV2", "AddV2"), ("other",)),
    ],
)
def test_an_operator_of_several_families_is_mixed_and_counts_as_the_heavy_one(parts, families):
    found = operator(parts=parts)
    assert found.families == families
    assert found.family == families[0]
    assert found.mixed == (len(families) > 1)


def test_what_the_optimizer_calls_belongs_to_it_whatever_its_name():
    assert operator("MatMul", optimizer=True).families == ("optimizer",)
    assert not operator("aten::mkldnn_rnn_layer", optimizer=True).mixed


def test_calls_are_summed_by_name_parts_and_place():
    calls = [Call("a", ("a",), False, 1.0), Call("b", ("b",), False, 5.0), Call("a", ("a",), False, 2.0)]
    calls += [Call("a", ("a",), True, 1.5), Call("a", ("a", "c"), False, 0.5)]
    found = summed(calls)
    assert [(one.name, one.optimizer, one.calls, one.seconds) for one in found] == [
        ("b", False, 1, 5.0),
        ("a", False, 2, 3.0),
        ("a", True, 1, 1.5),
        ("a", False, 1, 0.5),
    ]
    assert sum(one.seconds for one in found) == sum(call.seconds for call in calls)


def test_nothing_is_lost_between_families():
    every = [operator(name, seconds=number + 1.0) for number, name in enumerate(sum(KNOWN.values(), ()))]
    found = by_family(every)
    assert tuple(found) == FAMILIES
    assert sum(found.values()) == sum(one.seconds for one in every)
    assert by_family([]) == dict.fromkeys(FAMILIES, 0.0)

"""Each network's weights in canonical layout: by its form and its options, named as PyTorch names them."""

from engine.datasets.dataset import Form
from engine.networks.shapes import Weights, conv, embedding, linear, norm, recurrent, transposed_conv


def logistic(form: Form) -> Weights:
    return linear("output", form.shape[0], form.outputs)


def simple_net(form: Form) -> Weights:
    return linear("hidden", form.shape[0], 3) | linear("output", 3, form.outputs)


def mlp(form: Form, depth: int, width: int, activation: str, dropout: float) -> Weights:
    found = linear("hidden1", form.shape[0], width)
    for number in range(2, depth + 1):
        found |= linear(f"hidden{number}", width, width)
    return found | linear("output", width, form.outputs)


def plain_mlp(form: Form, width: int) -> Weights:
    found = linear("hidden", form.shape[0], width) | linear("output", width, form.outputs)
    return {name.replace(".", "_"): weight for name, weight in found.items()}


def lenet(form: Form) -> Weights:
    channels, height, _ = form.shape
    kernel, side = (3, 2) if height == 8 else (5, 5)
    found = conv("conv1", channels, 6, kernel) | conv("conv2", 6, 16, kernel)
    found |= linear("fc1", 16 * side * side, 120, flattens=(16, side, side))
    return found | linear("fc2", 120, 84) | linear("output", 84, form.outputs)


def resnet(form: Form, blocks: int) -> Weights:
    found = conv("conv1", form.shape[0], 16, 3, bias=False) | norm("norm1", 16)
    for stage, (inputs, outputs) in enumerate(((16, 16), (16, 32), (32, 64)), start=1):
        for number in range(1, blocks + 1):
            found |= _block(f"stage{stage}.block{number}", inputs if number == 1 else outputs, outputs)
    return found | linear("output", 64, form.outputs)


def _block(name: str, inputs: int, outputs: int) -> Weights:
    found = conv(f"{name}.conv1", inputs, outputs, 3, bias=False) | norm(f"{name}.norm1", outputs)
    found |= conv(f"{name}.conv2", outputs, outputs, 3, bias=False) | norm(f"{name}.norm2", outputs)
    if inputs != outputs:
        found |= conv(f"{name}.shortcut", inputs, outputs, 1, bias=False) | norm(f"{name}.shortcut_norm", outputs)
    return found


def autoencoder(form: Form, code: int) -> Weights:
    channels = form.shape[0]
    found = conv("conv1", channels, 16, 4) | conv("conv2", 16, code, 4)
    return found | transposed_conv("deconv1", code, 16, 4) | transposed_conv("deconv2", 16, channels, 4)


def lstm(form: Form, width: int) -> Weights:
    return recurrent("lstm", form.shape[1], width, gates=4, biases=1) | linear("output", width, form.outputs)


def gru(form: Form, width: int) -> Weights:
    return recurrent("gru", form.shape[1], width, gates=3, biases=2) | linear("output", width, form.outputs)


def transformer(form: Form, width: int, depth: int, heads: int, dropout: float) -> Weights:
    found = embedding("embedding.token", form.outputs, width) | embedding("embedding.position", form.shape[0], width)
    for number in range(1, depth + 1):
        name = f"block{number}"
        found |= norm(f"{name}.attention_norm", width)
        for part in ("query", "key", "value", "projection"):
            found |= linear(f"{name}.attention.{part}", width, width, bias=part != "key")
        found |= norm(f"{name}.mlp_norm", width)
        found |= linear(f"{name}.expand", width, 4 * width) | linear(f"{name}.contract", 4 * width, width)
    return found | norm("norm", width) | linear("output", width, form.outputs)

"""Which reference networks there are.

A network is two short files, `<name>_torch.py` and `<name>_tensorflow.py`, its weights, its recipes and one entry here.
"""

from engine.datasets.dataset import Option
from engine.networks import recipes, weights
from engine.networks.network import Network, Recipe, parameters

__all__ = ["NETWORKS", "Network", "Recipe", "parameters"]

NETWORKS: dict[str, Network] = {
    network.name: network
    for network in (
        Network(
            "mlp",
            "Multilayer perceptron",
            "Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986.",
            takes="vector",
            weights=weights.mlp,
            recipes=recipes.MLP,
            options=recipes.MLP_OPTIONS,
        ),
        Network(
            "simple_net",
            "Simple network, 6→3→1",
            "The network of every tutorial's introduction: two linear layers with a ReLU between them.",
            takes="vector",
            weights=weights.simple_net,
            recipes=recipes.SIMPLE_NET,
        ),
        Network(
            "plain_mlp",
            "Perceptron without layers",
            "The perceptron of Rumelhart, Hinton and Williams, 1986, in raw tensors: no layers, no optimizer class.",
            takes="vector",
            weights=weights.plain_mlp,
            recipes=recipes.PLAIN_MLP,
            options={"width": recipes.WIDTH},
        ),
        Network(
            "logistic",
            "Linear model",
            "Cox, The regression analysis of binary sequences, 1958; with values as targets it is linear regression.",
            takes="vector",
            weights=weights.logistic,
            recipes=recipes.LOGISTIC,
        ),
        Network(
            "lenet",
            "LeNet-5",
            "LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998.",
            takes="image",
            weights=weights.lenet,
            recipes=recipes.LENET,
        ),
        Network(
            "resnet",
            "Residual network",
            "He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2015.",
            takes="image",
            weights=weights.resnet,
            recipes=recipes.RESNET,
            options={"blocks": Option(1, 1, 9, "Residual blocks in each of the three stages.")},
            contains=("batch_norm", "strided_padding"),
        ),
        Network(
            "autoencoder",
            "Convolutional autoencoder",
            "Masci, Meier, Cireşan and Schmidhuber, Stacked convolutional auto-encoders, 2011.",
            takes="image",
            weights=weights.autoencoder,
            recipes=recipes.AUTOENCODER,
            options={"code": Option(4, 1, 64, "Channels of the narrow middle.")},
            reconstructs=True,
        ),
        Network(
            "lstm",
            "LSTM",
            "Hochreiter and Schmidhuber, Long short-term memory, 1997.",
            takes="sequence",
            weights=weights.lstm,
            recipes=recipes.LSTM,
            options={"width": recipes.STATE},
            recurrent=True,
            contains=("lstm",),
        ),
        Network(
            "gru",
            "GRU",
            "Cho and others, Learning phrase representations using RNN encoder-decoder, 2014.",
            takes="sequence",
            weights=weights.gru,
            recipes=recipes.GRU,
            options={"width": recipes.STATE},
            recurrent=True,
        ),
        Network(
            "transformer",
            "Character transformer",
            "Vaswani and others, Attention is all you need, 2017; Radford and others, 2018, for the causal form.",
            takes="characters",
            weights=weights.transformer,
            recipes=recipes.TRANSFORMER,
            options=recipes.TRANSFORMER_OPTIONS,
            contains=("layer_norm", "gelu", "embedding"),
            conflict=recipes.heads_conflict,
        ),
    )
}

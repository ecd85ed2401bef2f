"""The part of a script that makes the optimizer: the framework's own, or torch.optim's equations written for Keras."""

from engine.config import RunConfig
from engine.fairness.defaults import (
    FIRST_LOSS_SCALE,
    TENSORFLOW,
    TORCH,
    first_loss_scale,
    matches,
    optimizer_parameters,
)
from engine.fairness.differences import CLASSES
from engine.scripts.script import Part

TITLE = "Optimizer"
# Ours to the frameworks' argument names; Adam's two betas are one argument in PyTorch.
IN_TORCH = {"momentum": "momentum", "rho": "alpha", "epsilon": "eps", "weight_decay": "weight_decay"}


def optimizer(config: RunConfig, side: str) -> Part:
    """What leaves `optimizer`."""
    if side == "torch":
        scaler = [f"scaler = {_scaler(config)}"] if config.scales_loss else []
        return Part(TITLE, [f"optimizer = {_torch(config)}", *scaler], {"import torch"})
    own = own_equation(config)
    lines = _matched(config) if own else [f"optimizer = {_keras(config)}"]
    lines += [f"optimizer = {_scaling(config)}"] if config.scales_loss else []
    lines.append("optimizer.build(network.trainable_variables)")
    return Part(TITLE, lines, {"import keras", *(["import tensorflow as tf"] if own else [])})


def _scaler(config: RunConfig) -> str:
    return f'torch.amp.GradScaler("{config.device.torch.partition(":")[0]}")'


def _scaling(config: RunConfig) -> str:
    first = first_loss_scale(config, "tensorflow")
    given = "" if first == FIRST_LOSS_SCALE["tensorflow"] else f", initial_scale={first!r}"
    return f"keras.optimizers.LossScaleOptimizer(optimizer{given})"


def stepping(config: RunConfig) -> list[str]:
    """What changes the weights in PyTorch, once there is a `loss`."""
    clip = config.gradient_clip_norm
    clipped = [] if clip is None else [f"torch.nn.utils.clip_grad_norm_(network.parameters(), {clip!r})"]
    if not config.scales_loss:
        return ["loss.backward()", *clipped, "optimizer.step()"]
    unscaled = ["scaler.unscale_(optimizer)"] if clipped else []
    return ["scaler.scale(loss).backward()", *unscaled, *clipped, "scaler.step(optimizer)", "scaler.update()"]


def own_equation(config: RunConfig) -> bool:
    """Whether Keras' own optimizer would do something else than torch.optim's, and must not."""
    plain = config.optimizer == "sgd" and not config.weight_decay and config.gradient_clip_norm is None
    return matches(config, "optimizer_equation") and not plain


def _torch(config: RunConfig) -> str:
    chosen, usual = optimizer_parameters(config, "torch"), dict(TORCH[config.optimizer])
    usual.pop("momentum", None)  # the framework's own is 0
    given = ["network.parameters()", "lr=LEARNING_RATE"]
    if any(chosen.get(name) != usual.get(name) for name in ("beta_1", "beta_2")):
        given.append(f"betas=({chosen['beta_1']!r}, {chosen['beta_2']!r})")
    given += [f"{IN_TORCH[name]}={chosen[name]!r}" for name in IN_TORCH if chosen.get(name) != usual.get(name)]
    given += ["nesterov=True"] if config.optimizer == "nesterov" else []
    if matches(config, "optimizer_equation"):
        given.append("foreach=True" if config.optimizer == "rmsprop" else "fused=True")
    return f"torch.optim.{CLASSES[config.optimizer][0]}({', '.join(given)})"


def _keras(config: RunConfig) -> str:
    chosen, usual = optimizer_parameters(config, "tensorflow"), dict(TENSORFLOW[config.optimizer])
    usual.pop("momentum", None)
    given = ["learning_rate=LEARNING_RATE"]
    names = ("momentum", "rho", "beta_1", "beta_2", "epsilon", "weight_decay")
    given += [f"{name}={chosen[name]!r}" for name in names if chosen.get(name) != usual.get(name)]
    given += ["nesterov=True"] if config.optimizer == "nesterov" else []
    given += [] if config.gradient_clip_norm is None else [f"global_clipnorm={config.gradient_clip_norm!r}"]
    return f"keras.optimizers.{CLASSES[config.optimizer][1]}({', '.join(given)})"


def _matched(config: RunConfig) -> list[str]:
    """An optimizer of Keras with the equation of torch.optim's."""
    kind = CLASSES[config.optimizer][0]
    slots, equation = _equation(config)
    chosen = optimizer_parameters(config, "tensorflow")
    lines = [
        f"class Matched{kind}(keras.optimizers.Optimizer):",
        f'    """With the equation of torch.optim.{kind}: Keras\' own is another one."""',
    ]
    if slots:
        names = ", ".join(f"self.{name}" for name in slots) + "," * (len(slots) == 1)
        quoted = ", ".join(f'"{name}"' for name in slots)
        lines += [
            "",
            "    def build(self, variables):",
            "        if not self.built:",
            "            super().build(variables)",
            f"            {names} = self.add_optimizer_variables(variables, [{quoted}])",
        ]
    lines += [*_clipped(config), "", "    def update_step(self, gradient, variable, learning_rate):"]
    body = ["rate = tf.cast(learning_rate, tf.float64)"]
    if slots:
        body.append("place = self._get_variable_index(variable)")
    if chosen["weight_decay"] and config.optimizer == "adamw":
        kept = f"tf.cast(1 - rate * {chosen['weight_decay']!r}, variable.dtype)"
        body.append(f"variable.assign(variable * {kept})")
    body.append("gradient = tf.convert_to_tensor(gradient)  # an embedding's comes as a list of rows")
    if chosen["weight_decay"] and config.optimizer != "adamw":
        body.append(f"gradient += variable * {chosen['weight_decay']!r}")
    lines += [f"        {line}" for line in body + equation]
    return [*lines, "", f"optimizer = Matched{kind}(learning_rate=LEARNING_RATE)"]


def _clipped(config: RunConfig) -> list[str]:
    if config.gradient_clip_norm is None:
        return []
    return [
        "",
        "    def apply(self, gradients, trainable_variables=None):",
        "        gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]",
        "        norm = tf.linalg.global_norm(gradients)",
        f"        scale = tf.minimum({config.gradient_clip_norm!r} / (norm + 1e-6), 1)  # as clip_grad_norm_ has it",
        "        super().apply([gradient * scale for gradient in gradients], trainable_variables)",
    ]


def _equation(config: RunConfig) -> tuple[tuple[str, ...], list[str]]:
    """The optimizer's own arrays for each weight, and its update of one."""
    chosen = optimizer_parameters(config, "tensorflow")
    match config.optimizer:
        case "adam" | "adamw":
            beta_1, beta_2 = chosen["beta_1"], chosen["beta_2"]
            return ("exp_avg", "exp_avg_sq"), [
                "mean, square = self.exp_avg[place], self.exp_avg_sq[place]",
                f"mean.assign(mean + (gradient - mean) * (1 - {beta_1!r}))",
                f"square.assign(square * {beta_2!r} + tf.square(gradient) * (1 - {beta_2!r}))",
                "step = tf.cast(self.iterations, tf.float64) + 1",
                f"correction_1, correction_2 = 1 - {beta_1!r}**step, 1 - {beta_2!r}**step",
                f"spread = tf.sqrt(square) / tf.cast(tf.sqrt(correction_2), variable.dtype) + {chosen['epsilon']!r}",
                "variable.assign_sub(tf.cast(rate / correction_1, variable.dtype) * mean / spread)",
            ]
        case "rmsprop":
            rho = chosen["rho"]
            return ("square_avg",), [
                "square = self.square_avg[place]",
                f"square.assign(square * {rho!r} + tf.square(gradient) * (1 - {rho!r}))",
                f"spread = tf.sqrt(square) + {chosen['epsilon']!r}",
                "variable.assign_sub(tf.cast(rate, variable.dtype) * gradient / spread)",
            ]
    momentum = chosen.get("momentum", 0.0)
    if not momentum:
        return (), ["variable.assign_sub(tf.cast(rate, variable.dtype) * gradient)"]
    ahead = f"gradient + {momentum!r} * buffer" if config.optimizer == "nesterov" else "buffer"
    return ("momentum_buffer",), [
        "buffer = self.momentum_buffer[place]",
        f"buffer.assign({momentum!r} * buffer + gradient)",
        f"variable.assign_sub(tf.cast(rate, variable.dtype) * ({ahead}))",
    ]

"""The part of a script in raw tensors that changes its weights: each optimizer's equation, written out."""

from engine.config import RunConfig
from engine.fairness.defaults import optimizer_parameters
from engine.scripts import schedules
from engine.scripts.optimizers import own_equation
from engine.scripts.raw.networks import IMPORTS, LIBRARY
from engine.scripts.script import Part

STATE = {
    "momentum": ("buffers",),
    "nesterov": ("buffers",),
    "adam": ("means", "squares"),
    "adamw": ("means", "squares"),
    "rmsprop": ("squares",),
}


def of_keras(config: RunConfig, side: str) -> bool:
    """Whether the equation is Keras' own, and another one than torch.optim's."""
    plain = config.optimizer == "sgd" and not config.weight_decay and config.gradient_clip_norm is None
    return side == "tensorflow" and not plain and not own_equation(config)


def keeps_rows(config: RunConfig, side: str) -> bool:
    """Whether an embedding's gradient is wanted as a list of rows: Keras squares each, not the sum of a token's."""
    squares = "squares" in STATE.get(config.optimizer, ()) or config.gradient_clip_norm is not None
    return of_keras(config, side) and squares and "embedding" in config.network_entry.contains


def _squares_rows(config: RunConfig, side: str) -> bool:
    """Whether they are still rows in the update: clipping leaves a tensor."""
    return keeps_rows(config, side) and config.gradient_clip_norm is None


def optimizer(config: RunConfig, side: str) -> Part:
    """What leaves `update`, a function of the gradients and, where it changes, of the learning rate."""
    whose = "Keras" if of_keras(config, side) else "torch.optim"
    rate = ", rate" if schedules.changes(config) else ""
    zeros = "torch.zeros_like(weight)" if side == "torch" else "tf.Variable(tf.zeros_like(weight))"
    state = STATE.get(config.optimizer, ())
    lines = [f"{name} = {{name: {zeros} for name, weight in weights.items()}}" for name in state]
    lines += ["", *_clipped(config, side)] if config.gradient_clip_norm is not None else []
    lines += ["", *(["@torch.no_grad()"] if side == "torch" else []), f"def update(gradients{rate}):"]
    lines += [f'    """One step of {config.optimizer}, by the equation of {whose}."""', *_before(config, side)]
    lines += ["    for name, weight in weights.items():", "        gradient = gradients[name]"]
    body = _keras(config, side) if of_keras(config, side) else _torch(config, side)
    imports = {IMPORTS[side], *(["import keras"] if _squares_rows(config, side) else [])}
    return Part("Optimizer", [*lines, *(f"        {line}" for line in body)], imports)


def _clipped(config: RunConfig, side: str) -> list[str]:
    """One factor for all gradients."""
    longest = config.gradient_clip_norm
    if side == "torch":
        norm = "torch.sqrt(sum(torch.sum(torch.square(gradient)) for gradient in gradients.values()))"
        scale = f"torch.clamp({longest!r} / (norm + 1e-6), max=1)"
    elif of_keras(config, side):
        norm, scale = "tf.linalg.global_norm(list(gradients.values()))", f"tf.minimum({longest!r} / norm, 1)"
    else:
        norm = "tf.sqrt(sum(tf.reduce_sum(tf.square(gradient)) for gradient in gradients.values()))"
        scale = f"tf.minimum({longest!r} / (norm + 1e-6), 1)"
    rows = ["    # Keras squares each row of an embedding's gradient, not the sum of a token's rows."]
    return [
        "def clipped(gradients):",
        f'    """Shorter by one factor where together they are longer than {longest!r}."""',
        *(rows if keeps_rows(config, side) else []),
        f"    norm = {norm}",
        f"    scale = {scale}",
        "    return {name: gradient * scale for name, gradient in gradients.items()}",
    ]


def _before(config: RunConfig, side: str) -> list[str]:
    """What is the same for all weights."""
    if of_keras(config, side):
        return [f"    {line}" for line in _numbers_of_keras(config)]
    if config.optimizer in ("adam", "adamw"):
        return [f"    step = {'done.item() + 1' if side == 'torch' else 'tf.cast(done + 1, tf.float64)'}"]
    return []


def _numbers_of_keras(config: RunConfig) -> list[str]:
    """Keras has them in the type of the weights, by way of float32."""
    chosen, dtype = optimizer_parameters(config, "tensorflow"), f"tf.{config.variable_dtype}"
    names = {"momentum": ("momentum",), "nesterov": ("momentum",), "adam": ("beta_1", "beta_2")}
    names["adamw"] = names["adam"]
    used = [*names.get(config.optimizer, ()), *(["weight_decay"] if chosen["weight_decay"] else [])]
    lines = ["# Keras rounds such numbers to float32 first."] if used and dtype == "tf.float64" else []
    lines += [f"{name} = tf.cast({chosen[name]!r}, {dtype})" for name in used]
    if schedules.changes(config) and dtype != "tf.float64":
        lines.append(f"rate = tf.cast(rate, {dtype})")
    if "beta_1" in used:
        lines.append(f"step = tf.cast(done + 1, {dtype})")
        lines.append(f"length = {_rate(config)} * tf.sqrt(1 - beta_2**step) / (1 - beta_1**step)")
    return lines


def _rate(config: RunConfig) -> str:
    return "rate" if schedules.changes(config) else "LEARNING_RATE"


def _set(side: str, name: str, value: str) -> str:
    return f"{name}.{'copy_' if side == 'torch' else 'assign'}({value})"


def _minus(side: str, value: str) -> str:
    return f"weight.{'sub_' if side == 'torch' else 'assign_sub'}({value})"


def _number(config: RunConfig, side: str, value: str, tensor: bool) -> str:
    """A number of a step in the type of the weights: a tensor of TensorFlow's, in float64, is to be rounded once."""
    if side == "torch" or not tensor or config.variable_dtype == "float64":
        return value
    return f"tf.cast({value}, tf.{config.variable_dtype})"


def _torch(config: RunConfig, side: str) -> list[str]:
    """torch.optim's equations: everything but AdamW adds the decay to the gradient."""
    chosen, rate, library = optimizer_parameters(config, side), _rate(config), LIBRARY[side]
    decay, changes = chosen["weight_decay"], schedules.changes(config)
    lines = []
    if decay and config.optimizer == "adamw":
        kept = _number(config, side, f"1 - {rate} * {decay!r}", changes)
        lines.append(_set(side, "weight", f"weight * {kept if kept.startswith('tf.cast') else f'({kept})'}"))
    elif decay:
        lines.append(f"gradient = gradient + weight * {decay!r}")
    square = f"{library}.square(gradient)"
    number = _number(config, side, rate, changes)
    match config.optimizer:
        case "adam" | "adamw":
            beta_1, beta_2 = chosen["beta_1"], chosen["beta_2"]
            root = _number(config, side, f"(1 - {beta_2!r}**step) ** 0.5", True)
            return [
                *lines,
                "mean, square = means[name], squares[name]",
                _set(side, "mean", f"mean + (gradient - mean) * (1 - {beta_1!r})"),
                _set(side, "square", f"square * {beta_2!r} + {square} * (1 - {beta_2!r})"),
                f"spread = {library}.sqrt(square) / {root} + {chosen['epsilon']!r}",
                _minus(side, f"{_number(config, side, f'{rate} / (1 - {beta_1!r}**step)', True)} * mean / spread"),
            ]
        case "rmsprop":
            rho = chosen["rho"]
            return [
                *lines,
                "square = squares[name]",
                _set(side, "square", f"square * {rho!r} + {square} * (1 - {rho!r})"),
                _minus(side, f"{number} * gradient / ({library}.sqrt(square) + {chosen['epsilon']!r})"),
            ]
        case "sgd":
            return [*lines, _minus(side, f"{number} * gradient")]
    momentum = chosen["momentum"]
    ahead = f"(gradient + {momentum!r} * buffer)" if config.optimizer == "nesterov" else "buffer"
    buffer = _set(side, "buffer", f"{momentum!r} * buffer + gradient")
    return [*lines, "buffer = buffers[name]", buffer, _minus(side, f"{number} * {ahead}")]


def _keras(config: RunConfig, side: str) -> list[str]:
    """Keras' equations: the weight decays first, and momentum and epsilon are elsewhere."""
    chosen, rate = optimizer_parameters(config, side), _rate(config)
    square, lines = "tf.square(gradient)", []
    if _squares_rows(config, side):
        square = "squared"
        lines.append("# Keras squares each row of an embedding's gradient, not the sum of a token's rows.")
        lines.append("squared = tf.convert_to_tensor(keras.ops.square(gradient))")
        lines.append("gradient = tf.convert_to_tensor(gradient)")
    lines += [_set(side, "weight", f"weight - weight * weight_decay * {rate}")] if chosen["weight_decay"] else []
    match config.optimizer:
        case "adam" | "adamw":
            beta_1, beta_2 = chosen["beta_1"], chosen["beta_2"]
            return [
                *lines,
                "mean, square = means[name], squares[name]",
                _set(side, "mean", f"mean + (gradient - mean) * (1 - {beta_1!r})"),
                _set(side, "square", f"square + ({square} - square) * (1 - {beta_2!r})"),
                _minus(side, f"mean * length / (tf.sqrt(square) + {chosen['epsilon']!r})"),
            ]
        case "rmsprop":
            rho = chosen["rho"]
            return [
                *lines,
                "square = squares[name]",
                _set(side, "square", f"{rho!r} * square + (1 - {rho!r}) * {square}"),
                _minus(side, f"{rate} * gradient / tf.sqrt(square + {chosen['epsilon']!r})"),
            ]
        case "sgd":
            return [*lines, _minus(side, f"{rate} * gradient")]
    ahead = f"momentum * buffer - {rate} * gradient"
    change = ahead if config.optimizer == "nesterov" else "buffer"
    return [*lines, "buffer = buffers[name]", f"buffer.assign({ahead})", f"weight.assign_add({change})"]

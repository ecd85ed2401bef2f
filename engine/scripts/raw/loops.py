"""The part of a script in raw tensors that trains: gradients, a step, validation, epochs."""

from engine.config import RunConfig
from engine.scripts import loops, schedules
from engine.scripts.raw import networks, optimizers
from engine.scripts.raw.networks import IMPORTS
from engine.scripts.script import Part


def loop(config: RunConfig, side: str) -> list[Part]:
    """What leaves `losses`, one for every step, and prints a line for every epoch."""
    step = Part("A step", _step(config, side), {IMPORTS[side]})
    epochs = loops.epochs(config, side, _calls(config, side))
    return [loops.tensors(config, side), step, *_validation(config, side), epochs]


def _loss(config: RunConfig, side: str) -> list[str]:
    """The loss of a batch: the mean square, or the mean of what the logits of the right classes lack."""
    axes = 2 if config.form.kind == "characters" else 1  # a class at every place of a text
    if config.form.task != "classification":
        value = "torch.mean(torch.square(outputs - y))" if side == "torch" else "tf.reduce_mean(tf.square(outputs - y))"
        return ["def loss_of(outputs, y):", f"    return {value}"]
    if side == "torch":
        right, sums = "outputs.gather(-1, y[..., None])[..., 0]", "torch.logsumexp(outputs, -1)"
    else:
        right, sums = f"tf.gather(outputs, y, batch_dims={axes})", "tf.reduce_logsumexp(outputs, -1)"
    mean = "torch.mean" if side == "torch" else "tf.reduce_mean"
    return ["def loss_of(outputs, y):", f"    right = {right}", f"    return {mean}({sums} - right)"]


def _step(config: RunConfig, side: str) -> list[str]:
    called, lines = "network", [*_loss(config, side), ""]
    if side == "torch" and config.execution.torch == "compile":
        called = "compiled"
        lines += [*loops.compiled("network"), ""]
    decorator = {"eager": [], "graph": ["@tf.function"], "xla": ["@tf.function(jit_compile=True)"]}
    lines += decorator[config.execution.tensorflow] if side == "tensorflow" else []
    rate = ", rate" if schedules.changes(config) else ""
    loss = f"loss = loss_of({called}(x{', training=True' if networks.trains(config) else ''}), y)"
    lines.append(f"def train_step(x, y{rate}):")
    if side == "torch":
        gradients = "dict(zip(weights, torch.autograd.grad(loss, list(weights.values())), strict=True))"
        lines += [f"    {loss}", f"    gradients = {gradients}"]
    else:
        lines += ["    with tf.GradientTape() as tape:", f"        {loss}"]
        lines.append("    gradients = tape.gradient(loss, weights)")
        if "embedding" in config.network_entry.contains and not optimizers.keeps_rows(config, side):
            lines.append("    # An embedding's gradient is a list of rows.")
            dense = "{name: tf.convert_to_tensor(gradient) for name, gradient in gradients.items()}"
            lines.append(f"    gradients = {dense}")
    clipped = "gradients" if config.gradient_clip_norm is None else "clipped(gradients)"
    lines.append(f"    update({clipped}{rate})")
    if networks.counts_steps(config):
        lines.append("    done.add_(1)" if side == "torch" else "    done.assign_add(1)")
    return [*lines, "    return loss.detach()" if side == "torch" else "    return loss"]


def _validation(config: RunConfig, side: str) -> list[Part]:
    if not loops.validates(config):
        return []
    classes = config.form.task == "classification"
    told = "the loss and the share of right answers" if classes else "the loss"
    lines = ["@torch.no_grad()"] if side == "torch" else []
    lines += ["def validate():", f'    """On the examples for validation: {told}."""']
    lines.append("    outputs = network(validation_x)")
    right = "(tf.argmax(outputs, -1) == validation_y).numpy().mean()"
    right = "(outputs.argmax(-1) == validation_y).float().mean().item()" if side == "torch" else right
    lines += [f"    right = {right}"] if classes else []
    lines.append("    return float(loss_of(outputs, validation_y))" + (", right" if classes else ""))
    return [Part("Validation", lines, {IMPORTS[side]})]


def _calls(config: RunConfig, side: str) -> list[str]:
    """The lines of the loop that make a step of `rows`."""
    batch = "train_x[rows], train_y[rows]" if side == "torch" else "tf.gather(train_x, rows), tf.gather(train_y, rows)"
    if not schedules.changes(config):
        return [f"loss = train_step({batch})"]
    rate = "learning_rate(len(losses))"
    rate = rate if side == "torch" else f"tf.constant({rate}, tf.float64)  # a plain number would be traced anew"
    return [f"rate = {rate}", f"loss = train_step({batch}, rate)"]

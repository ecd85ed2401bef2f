"""The part of a script that trains with a loop of its own: what a step does, what an epoch does, in both frameworks."""

from engine.config import RunConfig
from engine.datasets.catalogue import training_examples
from engine.scripts import schedules
from engine.scripts.optimizers import stepping
from engine.scripts.script import Part
from engine.scripts.settings import is_mixed

TITLE = "Training"


def loop(config: RunConfig, side: str) -> list[Part]:
    """What leaves `losses`, one for every step, and prints a line for every epoch."""
    parts = [tensors(config, side), _step(config, side), *_validation(config, side)]
    return [*parts, epochs(config, side, _calls(config, side))]


def validates(config: RunConfig) -> bool:
    """Whether there are examples to validate with."""
    return training_examples(config.form.examples, config.train_fraction) < config.form.examples


def tensors(config: RunConfig, side: str) -> Part:
    """The arrays as the framework has them."""
    kind = {True: "", False: f", dtype=torch.{config.variable_dtype}"}
    device = ", device=DEVICE" if config.device.torch != "cpu" else ""
    whole = {"inputs": config.form.kind == "characters", "targets": config.form.task == "classification"}
    lines = []
    for part in ("", "validation_") if validates(config) else ("",):
        for name, short in (("inputs", "x"), ("targets", "y")):
            variable = f"{part or 'train_'}{short}"
            if side == "torch":
                lines.append(f"{variable} = torch.tensor({part}{name}{kind[whole[name]]}{device})")
            else:
                value = f"np.moveaxis({part}{name}, 1, -1)" if _is_image(config, name) else part + name
                dtype = "" if whole[name] else f", tf.{config.variable_dtype}"
                lines.append(f"{variable} = tf.constant({value}{dtype})")
    imports = {"import torch"} if side == "torch" else {"import tensorflow as tf", "import numpy as np"}
    return Part("Tensors", lines, imports)


def _is_image(config: RunConfig, name: str) -> bool:
    """Whether it is laid out otherwise in TensorFlow: channels last."""
    return config.form.kind == "image" and (name == "inputs" or config.network_entry.reconstructs)


def loss_lines(config: RunConfig, side: str) -> list[str]:
    """The loss of a batch."""
    if config.form.task != "classification":
        value = "functional.mse_loss(outputs, y)" if side == "torch" else "tf.reduce_mean(tf.square(outputs - y))"
    elif side == "tensorflow":
        value = "tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, outputs))"
    elif config.form.kind == "characters":  # a class at every place of a text
        value = "functional.cross_entropy(outputs.flatten(0, 1), y.flatten())"
    else:
        value = "functional.cross_entropy(outputs, y)"
    return ["def loss_of(outputs, y):", f"    return {value}"]


def forward(config: RunConfig) -> tuple[str, str, list[str]]:
    """What a PyTorch script calls for outputs in training and in evaluation, and the lines that define it."""
    lines, training, evaluating = [], "network", "network"
    if is_mixed(config):
        device, dtype = config.device.torch.partition(":")[0], config.compute_dtype
        training = evaluating = "mixed"
        lines += [
            "def mixed(x):",
            f'    """In mixed precision: products in {dtype}, weights and loss in {config.variable_dtype}."""',
            f'    with torch.autocast("{device}", torch.{dtype}):',
            f"        return network(x).to(torch.{config.variable_dtype})",
            "",
        ]
    if config.execution.torch == "compile":
        lines += compiled(training)
        training = "compiled"
    return training, evaluating, lines


def compiled(name: str) -> list[str]:
    """What leaves `compiled`, PyTorch's compiled form of the function or module of this name."""
    options = '{"fallback_random": True, "layout_optimization": False}'
    return [
        "# Without the last option, PyTorch 2.13 loses gradients of small convolutions.",
        f"compiled = torch.compile({name}, options={options})",
    ]


def _step(config: RunConfig, side: str) -> Part:
    lines = [*loss_lines(config, side), ""]
    if side == "tensorflow":
        decorator = {"eager": [], "graph": ["@tf.function"], "xla": ["@tf.function(jit_compile=True)"]}
        lines += decorator[config.execution.tensorflow]
        lines += [
            "def train_step(x, y):",
            "    with tf.GradientTape() as tape:",
            f"        loss = loss_of({_outputs(config, 'network(x, training=True)')}, y)",
            *(["        scaled = optimizer.scale_loss(loss)"] if config.scales_loss else []),
            f"    gradients = tape.gradient({'scaled' if config.scales_loss else 'loss'}, network.trainable_variables)",
            "    optimizer.apply(gradients, network.trainable_variables)",
            "    return loss",
        ]
        return Part("A step", lines, {"import tensorflow as tf"})
    called, _, definitions = forward(config)
    lines += [*definitions, ""] if definitions else []
    lines += [
        "def train_step(x, y):",
        "    optimizer.zero_grad()",
        f"    loss = loss_of({called}(x), y)",
        *(f"    {line}" for line in stepping(config)),
        "    return loss.detach()",
    ]
    return Part("A step", lines, {"import torch", "from torch.nn import functional"})


def _outputs(config: RunConfig, call: str) -> str:
    """TensorFlow's outputs in the type of the loss."""
    return f"tf.cast({call}, tf.{config.variable_dtype})" if is_mixed(config) else call


def _validation(config: RunConfig, side: str) -> list[Part]:
    if not validates(config):
        return []
    classes = config.form.task == "classification"
    told = "the loss and the share of right answers" if classes else "the loss"
    lines = ["def validate():", f'    """On the examples for validation: {told}."""']
    if side == "torch":
        called = forward(config)[1]
        lines += ["    network.eval()", "    with torch.no_grad():", f"        outputs = {called}(validation_x)"]
        lines.append("    network.train()")
        right = "(outputs.argmax(-1) == validation_y).float().mean().item()"
    else:
        lines.append(f"    outputs = {_outputs(config, 'network(validation_x, training=False)')}")
        right = "(tf.argmax(outputs, -1) == validation_y).numpy().mean()"
    lines += [f"    right = {right}"] if classes else []
    lines.append("    return float(loss_of(outputs, validation_y))" + (", right" if classes else ""))
    return [Part("Validation", lines, {"import torch" if side == "torch" else "import tensorflow as tf"})]


def _calls(config: RunConfig, side: str) -> list[str]:
    """The lines of the loop that make a step of `rows`."""
    if side == "torch":
        rate, step = 'optimizer.param_groups[0]["lr"]', "train_step(train_x[rows], train_y[rows])"
    else:
        rate, step = "optimizer.learning_rate", "train_step(tf.gather(train_x, rows), tf.gather(train_y, rows))"
    changed = [f"{rate} = learning_rate(len(losses))"] if schedules.changes(config) else []
    return [*changed, f"loss = {step}"]


def epochs(config: RunConfig, side: str, calls: list[str]) -> Part:
    """What goes through all epochs; `calls` are the lines that make a step of `rows` and leave its `loss`."""
    patience = config.early_stopping_patience
    lines = ["losses = []  # of every step"]
    lines += [] if patience is None else ['best, waited = float("inf"), 0']
    lines += ["for epoch in range(EPOCHS):", "    begun = len(losses)"]
    if side == "torch":
        lines += ["    order = torch.from_numpy(order_of(epoch))", "    for rows in order.split(BATCH_SIZE):"]
    else:
        lines += ["    order = tf.constant(order_of(epoch))", "    for start in range(0, len(order), BATCH_SIZE):"]
        lines.append("        rows = order[start : start + BATCH_SIZE]")
    lines += [f"        {line}" for line in calls] + ["        losses.append(float(loss))"]
    lines += epoch_end(config)
    return Part(TITLE, lines, {"import numpy as np", "import torch" if side == "torch" else "import tensorflow as tf"})


def epoch_end(config: RunConfig) -> list[str]:
    """What is printed of an epoch, and whether it was the last: the same in both frameworks."""
    told = 'f"epoch {epoch + 1}: loss {np.mean(losses[begun:]):.4f}'
    lines, more = [], ""
    if validates(config):
        classes = config.form.task == "classification"
        lines.append(f"    {'loss, accuracy' if classes else 'loss'} = validate()")
        more = ", validation loss {loss:.4f}" + (", accuracy {accuracy:.4f}" if classes else "")
    lines.append(f'    print({told}{more}")')
    if config.early_stopping_patience is not None:
        lines += [
            "    best, waited = (loss, 0) if loss < best else (best, waited + 1)",
            f"    if waited >= {config.early_stopping_patience}:",
            "        break",
        ]
    return lines

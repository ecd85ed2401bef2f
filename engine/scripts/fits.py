"""The part of a script that trains with Keras' compile and fit, and what comes nearest to it in PyTorch."""

from engine.config import RunConfig
from engine.scripts import schedules
from engine.scripts.loops import forward, loss_lines, tensors, validates
from engine.scripts.optimizers import stepping
from engine.scripts.script import Part

WEIGHING = [
    "# The loss that is printed is the mean over examples, as Keras has it, so a smaller last batch weighs less.",
    "# A run of this config, and the script with a loop of its own, print the mean over steps: there it does not.",
]


def fit(config: RunConfig, side: str) -> list[Part]:
    """What leaves `losses`, the mean of each epoch, and prints a line for every epoch."""
    parts = _torch(config) if side == "torch" else _tensorflow(config)
    return [tensors(config, side), *parts]


def _torch(config: RunConfig) -> list[Part]:
    return [
        Part("Batches", _loader(config), {"import torch", *(f"from torch.utils.data import {name}" for name in DATA)}),
        Part("Compile", _torch_compiled(config), {"import torch", "from torch.nn import functional"}),
        Part("Fit", _torch_fit(config), {"import torch"}),
    ]


DATA = ("DataLoader", "Sampler", "TensorDataset")


def _loader(config: RunConfig) -> list[str]:
    apart = ""  # a loader draws a number for each epoch, which would move those that dropout draws
    if "dropout" in config.network_entry.parts(config.network_options):
        apart = ", generator=torch.Generator()"
    lines = [
        "class Order(Sampler):",
        '    """The rows of each epoch in the order that both frameworks share; usual is DataLoader(shuffle=True)."""',
        "",
        "    def __init__(self):",
        "        self.epoch = -1",
        "",
        "    def __len__(self):",
        "        return len(inputs)",
        "",
        "    def __iter__(self):",
        "        self.epoch += 1",
        "        return iter(order_of(self.epoch).tolist())",
        "",
        f"batches = DataLoader(TensorDataset(train_x, train_y), BATCH_SIZE, sampler=Order(){apart})",
    ]
    if validates(config):
        named = f"TensorDataset(validation_x, validation_y), BATCH_SIZE{apart}"
        lines.append(f"validation_batches = DataLoader({named})")
    return lines


def _torch_compiled(config: RunConfig) -> list[str]:
    lines = loss_lines(config, "torch")
    if schedules.changes(config):
        change = "lambda step: learning_rate(step) / LEARNING_RATE"
        lines += ["", f"schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, {change})"]
    definitions = forward(config)[2]
    return [*lines, "", *definitions] if definitions else lines


def _torch_fit(config: RunConfig) -> list[str]:
    called = forward(config)[0]
    lines = [
        "def train_epoch():",
        '    """The mean loss."""',
        "    network.train()",
        "    total = 0.0",
        "    for x, y in batches:",
        "        optimizer.zero_grad()",
        f"        loss = loss_of({called}(x), y)",
        *(f"        {line}" for line in stepping(config)),
        *(["        schedule.step()"] if schedules.changes(config) else []),
        "        total += loss.item() * len(x)",
        "    return total / len(batches.dataset)",
        "",
    ]
    if validates(config):
        lines += [*_torch_evaluate(config), ""]
    return lines + _torch_epochs(config)


def _torch_evaluate(config: RunConfig) -> list[str]:
    classes = config.form.task == "classification"
    more = ["        right += int((outputs.argmax(-1) == y).sum())"] if classes else []
    returned = ", right / validation_y.numel()" if classes else ""
    return [
        "@torch.no_grad()",
        "def evaluate():",
        f'    """The mean loss{" and the share of right answers" if classes else ""}."""',
        "    network.eval()",
        "    total, right = 0.0, 0" if classes else "    total = 0.0",
        "    for x, y in validation_batches:",
        f"        outputs = {forward(config)[1]}(x)",
        "        total += loss_of(outputs, y).item() * len(x)",
        *more,
        f"    return total / len(validation_x){returned}",
    ]


def _torch_epochs(config: RunConfig) -> list[str]:
    classes, patience = config.form.task == "classification", config.early_stopping_patience
    lines = [*WEIGHING, "losses = []  # of each epoch"]
    lines += [] if patience is None else ['best, waited = float("inf"), 0']
    lines += ["for epoch in range(EPOCHS):", "    losses.append(train_epoch())"]
    more = ""
    if validates(config):
        lines.append("    loss, accuracy = evaluate()" if classes else "    loss = evaluate()")
        more = ", val_loss {loss:.4f}" + (", val_accuracy {accuracy:.4f}" if classes else "")
    lines.append('    print(f"epoch {epoch + 1}: loss {losses[-1]:.4f}' + f'{more}")')
    if patience is not None:
        lines.append("    best, waited = (loss, 0) if loss < best else (best, waited + 1)")
        lines += [f"    if waited >= {patience}:", "        break"]
    return lines


def _tensorflow(config: RunConfig) -> list[Part]:
    return [
        Part("Batches", _dataset(), {"import keras", "import math", "import tensorflow as tf"}),
        Part("Compile", _keras_compiled(config), {"import keras"}),
        Part("Fit", _keras_fit(config), {"import keras"}),
    ]


def _dataset() -> list[str]:
    return [
        "class Batches(keras.utils.PyDataset):",
        '    """The rows of each epoch in the order that both frameworks share; usual is fit(shuffle=True)."""',
        "",
        "    def __init__(self):",
        "        super().__init__()",
        "        self.epoch = 0",
        "",
        "    def __len__(self):",
        "        return math.ceil(len(inputs) / BATCH_SIZE)",
        "",
        "    def __getitem__(self, step):",
        "        rows = order_of(self.epoch)[step * BATCH_SIZE : (step + 1) * BATCH_SIZE]",
        "        return tf.gather(train_x, rows), tf.gather(train_y, rows)",
        "",
        "class Epoch(keras.callbacks.Callback):",
        '    """Tells the batches which epoch it is: fit ends one also when it only looks at the first batches."""',
        "",
        "    def on_epoch_begin(self, epoch, logs=None):",
        "        batches.epoch = epoch",
        "",
        "batches = Batches()",
    ]


def _keras_compiled(config: RunConfig) -> list[str]:
    classes = config.form.task == "classification"
    loss = "keras.losses.SparseCategoricalCrossentropy(from_logits=True)" if classes else '"mse"'
    given = ["optimizer", loss, *(['metrics=["accuracy"]'] if classes else [])]
    run = {"eager": "run_eagerly=True", "graph": "jit_compile=False", "xla": "jit_compile=True"}
    lines = (f"    {each}," for each in (*given, run[config.execution.tensorflow]))
    return ["network.compile(", *lines, ")"]


def _keras_fit(config: RunConfig) -> list[str]:
    lines, callbacks = [], ["Epoch()"]
    if schedules.changes(config):
        lines += [
            "class Schedule(keras.callbacks.Callback):",
            '    """Tells the optimizer the rate of each step."""',
            "",
            "    def on_train_batch_begin(self, batch, logs=None):",
            "        optimizer.learning_rate = learning_rate(batches.epoch * len(batches) + batch)",
            "",
        ]
        callbacks.append("Schedule()")
    if config.early_stopping_patience is not None:
        stop = f'keras.callbacks.EarlyStopping("val_loss", patience={config.early_stopping_patience})'
        callbacks.append(stop)
    given = ["    batches,", "    epochs=EPOCHS,", "    shuffle=False,  # the batches are in order already"]
    given += ["    validation_data=(validation_x, validation_y),"] if validates(config) else []
    given += ["    callbacks=[", *(f"        {callback}," for callback in callbacks), "    ],", "    verbose=2,"]
    lines += [*WEIGHING, "history = network.fit(", *given, ")"]
    return [*lines, 'losses = history.history["loss"]  # of each epoch']

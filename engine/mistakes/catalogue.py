"""What is in the debug lab: each planted mistake, what a person sees of it, what finds it, and how it is mended."""

from dataclasses import dataclass

STAGES = {
    "planted": "As planted",
    "found": "With what finds it",
    "mended": "Mended",
}
EXECUTIONS = {"eager": "Eager", "compiled": "Compiled"}


@dataclass(frozen=True)
class Mistake:
    """One mistake: `planted`, `found` and `mended` are functions of `<name>_torch.py` and `<name>_tensorflow.py`."""

    name: str
    title: str
    planted: str
    seen: str
    torch: str
    tensorflow: str
    mend: str

    def tool(self, side: str) -> str:
        """What finds it in a framework."""
        return self.torch if side == "torch" else self.tensorflow


MISTAKES = (
    Mistake(
        "shape_mismatch",
        "Shape mismatch",
        "A network for examples of four numbers is given five.",
        "An error. PyTorch names the two matrices, Keras the layer and the axis.",
        "A forward hook on all layers, which prints what each is given; the last line before the error is the culprit.",
        "`summary()`, which lists the layers with the shapes that they expect.",
        "Give it inputs of the shape that it was made for.",
    ),
    Mistake(
        "wrong_dtype",
        "Wrong dtype",
        "NumPy's decimal numbers are float64, the weights are float32.",
        "An error in both, and neither changes the dtype by itself. A Keras layer would.",
        "`torch.testing.assert_close`, which compares dtypes too; or print `dtype`.",
        "`tf.debugging.assert_type`.",
        "Change the dtype where data enters: `float()` or `tf.cast`.",
    ),
    Mistake(
        "wrong_device",
        "Wrong device",
        "Weights and inputs are on two devices. Every machine can show it with PyTorch's device `meta`, and with half "
        "of the processor as a second device in TensorFlow.",
        "An error in PyTorch. TensorFlow copies without a word, at every step.",
        "Print the device of every weight and compare.",
        '`tf.config.experimental.set_device_policy("explicit")` forbids such copies, outside of `tf.function`.',
        "Put both on one device before the first step.",
    ),
    Mistake(
        "missing_zero_grad",
        "Missing zero_grad",
        "The gradient of each step is added to those of all steps before. In TensorFlow, where each tape gives a new "
        "gradient, only a sum of one's own can do that.",
        "No error. The loss swings instead of falling: compare it with the mended one.",
        "Nothing is made for it: compare `grad` with a fresh `torch.autograd.grad`.",
        "Nothing is made for it: compare the sum with the tape's gradient by `tf.debugging.assert_near`.",
        "Set gradients to zero before each step.",
    ),
    Mistake(
        "softmax_twice",
        "Softmax twice",
        "The loss takes logits, applies softmax itself, and is given probabilities.",
        "No error, and every answer may be right; but the loss of three classes cannot fall below 0.551. Compiled, "
        "TensorFlow sees it and mends it.",
        "Nothing is made for it: what adds up to 1 in every row is no logits.",
        "Keras warns where it can see the softmax, in a layer or a graph, and takes the logits before it.",
        "Give the loss the logits, and use softmax only to show probabilities.",
    ),
    Mistake(
        "forgotten_mode",
        "Forgotten eval() or training=",
        "In PyTorch a network predicts while it is set to train; in Keras it trains without being told so.",
        "No error. PyTorch's predictions differ from call to call; Keras drops nothing out.",
        "The property `training` of every layer.",
        "Nothing is made for it: measure that something is dropped.",
        "Call `eval()` before predicting, and pass `training=True` while training.",
    ),
    Mistake(
        "nan_from_log",
        "NaN from log(0)",
        "The logarithm of a probability that is exactly 0, times a label that is 0.",
        "No error. The loss is NaN, and one step later so is every weight.",
        "`torch.autograd.detect_anomaly`, which names the function whose gradient is NaN. "
        "Compiled, it can only name the whole.",
        "`tf.debugging.enable_check_numerics`, which stops at the first operation that gives infinity or NaN.",
        "Keep probabilities away from 0, or compute the loss from logits.",
    ),
    Mistake(
        "in_place_change",
        "Change in place",
        "A tensor that the gradient needs is changed after it was computed.",
        "An error: in PyTorch at `backward`, far from the line; compiled at the call, with a warning that leads near "
        "it. In TensorFlow at the line itself, as no tensor can change.",
        "`torch.autograd.detect_anomaly`, which says where the tensor was made that has been changed since; compiled, "
        "PyTorch says so by itself.",
        "None is needed: the error is at the line itself.",
        "Make a new tensor: multiply by a mask, or use `where`.",
    ),
    Mistake(
        "leaked_graph",
        "Leaked graph",
        "Losses are added up with the graphs that they hang on, or one tape records all steps.",
        "No error, but memory grows with each step until there is none.",
        "The sum's `requires_grad`: a plain number has none.",
        "The tape's `watched_variables()` after the last step: it still holds them.",
        "Add up `loss.item()`, and give every step a tape of its own.",
    ),
    Mistake(
        "off_by_one_labels",
        "Off-by-one labels",
        "Labels count from 1, classes from 0.",
        "An error on the processor once the last class occurs. Without it, training goes wrong and nothing is said.",
        "Print the least and the largest label.",
        "`tf.debugging.assert_less`.",
        "Subtract 1 where the labels are read.",
    ),
    Mistake(
        "exploding_gradients",
        "Exploding gradients",
        "A hundred layers double what they are given.",
        "No error. The norm is infinite, and clipping by it gives 0 in PyTorch and NaN in TensorFlow.",
        "`clip_grad_norm_(…, error_if_nonfinite=True)`.",
        "`tf.debugging.check_numerics` on the norm.",
        "Start with weights that keep the size of what they are given.",
    ),
    Mistake(
        "learning_rate_too_large",
        "Learning rate too large",
        "The learning rate is 100 where 0.1 is right.",
        "No error. The loss grows, becomes infinite, then NaN.",
        "Nothing is made for it: assert `torch.isfinite(loss)`.",
        "`tf.debugging.check_numerics` on the loss; with `fit`, `keras.callbacks.TerminateOnNaN`.",
        "Lower the learning rate until the first steps lower the loss.",
    ),
    Mistake(
        "silent_broadcast",
        "Silent broadcast",
        "Outputs of shape (3, 1) minus targets of shape (3,) are nine differences, not three.",
        "No error. The network learns the mean of the targets and nothing else.",
        "`nn.functional.mse_loss`, which warns.",
        "`tf.debugging.assert_shapes`.",
        "Give both the same shape.",
    ),
)
BY_NAME = {mistake.name: mistake for mistake in MISTAKES}

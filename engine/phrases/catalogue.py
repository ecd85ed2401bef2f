"""What is in the phrase book: each phrase's name in its twins, its title, and one thing to notice."""

from dataclasses import dataclass

TOPICS = {
    "tensors": "Tensors",
    "gradients": "Gradients",
    "layers": "Layers",
    "training": "Training",
    "batches": "Data in batches",
    "saving": "Saving and loading",
    "devices": "Devices, precision, seeds",
}


@dataclass(frozen=True)
class Phrase:
    """The function `name` in `<topic>_torch.py` and in `<topic>_tensorflow.py`.

    `differs` says why the two return something else; where it is empty they return the same.
    """

    topic: str
    name: str
    title: str
    notice: str
    differs: str = ""


def _of(topic: str, *phrases: tuple[str, ...]) -> tuple[Phrase, ...]:
    return tuple(Phrase(topic, *fields) for fields in phrases)


TENSORS = _of(
    "tensors",
    ("make_a_tensor", "Make a tensor", "Decimal numbers become float32 in both, not float64 as in NumPy."),
    (
        *(
            "whole_numbers",
            "Make a tensor of whole numbers",
            "Ask for a dtype where their size matters.",
        ),
        "Whole numbers become int64 in PyTorch and int32 in TensorFlow.",
    ),
    (
        *("share_memory_with_numpy", "Take over a NumPy array", "Change the array afterwards and see who notices."),
        "`torch.from_numpy` shares the array's memory; a TensorFlow tensor is a copy that nobody can change.",
    ),
    ("random_numbers", "Draw random numbers", "The shape is given as numbers in PyTorch, as one tuple in TensorFlow."),
    ("slice_a_tensor", "Slice", "Both slice as NumPy does."),
    ("pick_rows", "Pick rows by number", "TensorFlow cannot index with a list; `tf.gather` does that."),
    ("change_one_element", "Change one element", "A TensorFlow tensor cannot be changed, so a new one is made."),
    (
        "choose_by_condition",
        "Choose by a condition",
        "`where` takes the same arguments in both. `torch.isnan` and `tf.math.isnan` are conditions that find NaN.",
    ),
    ("reshape", "Reshape", "−1 stands for what is left, in both."),
    ("swap_axes", "Swap axes", "PyTorch's `transpose` swaps two axes; `permute` is TensorFlow's `transpose`."),
    ("add_an_axis", "Add an axis", "`x[None]` does it in both, too."),
    ("join", "Join tensors", "PyTorch says `dim` where TensorFlow, as NumPy, says `axis`."),
    ("change_dtype", "Change the dtype", "Both cut decimals off and do not round."),
    ("multiply_matrices", "Multiply matrices", "`@` multiplies matrices, `*` elements, in both."),
    ("mean_over_an_axis", "Take the mean over an axis", "TensorFlow's functions of this kind begin with `reduce_`."),
    (
        *("variance", "Take the variance", "The same name, another formula: it matters for small batches."),
        "PyTorch divides by n − 1, TensorFlow by n; `correction=0` makes PyTorch do so too.",
    ),
)

GRADIENTS = _of(
    "gradients",
    ("gradient", "Take a gradient", "PyTorch records wherever a tensor asks for it, TensorFlow inside a tape."),
    (
        *("gradient_twice", "Take a gradient twice", "This is why a PyTorch loop calls `zero_grad`."),
        "PyTorch adds to `grad` what was there before; each tape of TensorFlow gives a new gradient.",
    ),
    (
        "second_derivative",
        "Take a second derivative",
        "PyTorch keeps the graph; TensorFlow needs a tape in a tape.",
    ),
    ("stop_a_gradient", "Stop a gradient", "What is cut off counts as a constant: x · x has gradient 3 here, not 6."),
    ("compute_without_gradients", "Compute without gradients", "Outside of a tape TensorFlow records nothing anyway."),
    ("jacobian", "Take a Jacobian", "A tape watches variables by itself and other tensors only when asked."),
    ("gradient_of_each_example", "Take the gradient of each example", "Both turn a function of one into one of many."),
    (
        "own_gradient",
        "Give a function a gradient of your own",
        "Rounding has gradient 0; here it passes through.",
    ),
    ("clip_gradients", "Clip the norm of gradients", "PyTorch changes them in place, TensorFlow returns new ones."),
)

LAYERS = _of(
    "layers",
    (
        *("linear_layer", "Make a linear layer", "Keras learns the number of inputs at the first call."),
        "PyTorch keeps the weight as (outputs, inputs), Keras as (inputs, outputs).",
    ),
    ("start_weights", "Choose how weights start", "PyTorch fills them afterwards, Keras is told before."),
    ("layers_in_a_row", "Put layers in a row", "In PyTorch an activation is a layer, in Keras often an argument."),
    ("count_weights", "Count the weights", "Keras must know the input first: before that there are no weights."),
    ("custom_layer", "Write a layer of your own", "`forward` is `call`; Keras makes weights in `build`, by the shape."),
    ("custom_network", "Write a network of your own", "Layers kept as attributes are found by both."),
    ("freeze_a_layer", "Freeze a layer", "What is left to train are the last layer's 27 numbers."),
    (
        *("convolution", "Convolve images", "Keras can be told `data_format`, PyTorch `memory_format`."),
        "Channels come first in PyTorch and last in Keras.",
    ),
    (
        *(
            "training_or_predicting",
            "Say whether you train or predict",
        ),
        "PyTorch sets it on the network, for good; Keras is told at each call, and a bare call predicts.",
    ),
    ("output_of_a_middle_layer", "See what a middle layer gives", "A hook in PyTorch; in Keras a second network."),
    ("look_up_embeddings", "Look up embeddings", "The size comes first in both, then the width."),
)

TRAINING = _of(
    "training",
    (
        "loss_from_logits",
        "Take the loss of logits",
        "Softmax is part of the loss. PyTorch expects logits; Keras is told, and takes labels first. Labels are the "
        "numbers of classes, not one-hot.",
    ),
    ("one_training_step", "Do one training step", "Loss, weight and bias after it: both arrive at the same numbers."),
    ("train_for_epochs", "Train for some epochs", "Keras has `fit`; PyTorch has you write the loop."),
    ("schedule_the_learning_rate", "Lower the learning rate in steps", "PyTorch's schedule is stepped by you."),
    ("accumulate_gradients", "Add up gradients over batches", "PyTorch does it unasked; in TensorFlow you add."),
    (
        "measure_accuracy",
        "Measure accuracy",
        "Compare same dtypes: TensorFlow's `argmax` gives int64 unless asked.",
    ),
    ("decay_weights", "Decay weights", "AdamW shrinks the weight by rate times decay, even where the gradient is 0."),
    (
        "compile_a_function",
        "Compile a function",
        "PyTorch's first call takes seconds: it writes and builds C++.",
    ),
)

BATCHES = _of(
    "batches",
    ("batches_of_arrays", "Batch arrays", "The last batch is smaller in both."),
    (
        "examples_made_in_python",
        "Make examples in Python",
        "Neither knows how many there are. TensorFlow must be told what they are.",
    ),
    (
        *("shuffle", "Shuffle", "TensorFlow shuffles within a buffer: make it as large as the data."),
        "Each framework has its own random numbers, so the same seed gives another order.",
    ),
    ("change_each_example", "Change each example", "TensorFlow compiles the function; PyTorch runs it in Python."),
    ("drop_the_last_batch", "Drop the smaller last batch", "For what needs batches of one size."),
)

SAVING = _of(
    "saving",
    ("save_and_load_weights", "Save and load weights", "`weights_only=True`: a file may carry code otherwise."),
    (
        "save_a_whole_network",
        "Save a whole network",
        "Both files take batches of any size; PyTorch's must be told so. Classes of your own have to be there when a "
        "`.keras` file is loaded; a `.pt2` file needs none.",
    ),
    ("go_on_from_a_checkpoint", "Go on from a checkpoint", "The optimizer must be kept too, for its momentum."),
    (
        *("weights_as_arrays", "Take out the weights as arrays", "To carry weights across, turn each matrix over."),
        "The matrix is (outputs, inputs) in PyTorch and (inputs, outputs) in Keras.",
    ),
)

DEVICES = _of(
    "devices",
    ("set_a_device", "Use a GPU where there is one", "TensorFlow does so by itself; PyTorch must be told."),
    ("move_a_network", "Move a network to a device", "PyTorch moves it; Keras makes it there."),
    ("set_the_seed", "Set the seed", "Keras' function sets that of Python and NumPy too."),
    (
        *("the_same_seed_in_both", "Set the same seed in both", "The same start needs the same numbers, not the seed."),
        "Each framework has its own random numbers.",
    ),
    ("mixed_precision", "Compute in mixed precision", "A region of code in PyTorch, a property of a layer in Keras."),
    ("scale_the_loss", "Scale the loss for float16", "Small gradients would be 0 in float16; bfloat16 needs no scale."),
    (
        *("use_float64", "Compute in float64", "Set for the layers that are made afterwards, and set back here."),
        "PyTorch's default is also that of new tensors; Keras' is of layers alone, and `tf.ones` stays float32.",
    ),
)

PHRASES = (*TENSORS, *GRADIENTS, *LAYERS, *TRAINING, *BATCHES, *SAVING, *DEVICES)

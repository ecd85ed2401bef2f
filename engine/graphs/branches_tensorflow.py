"""A function whose branch depends on a tensor, run in TensorFlow in every way there is."""

import tempfile

import tensorflow as tf


def step(x):
    if tf.reduce_sum(x) > 0:
        return x * 2
    return x - 1


def eager():
    for x in (tf.constant([1.0, 2.0]), tf.constant([-1.0, -2.0])):
        print(x.numpy().tolist(), "gives", step(x).numpy().tolist())


def compiled():
    # AutoGraph rewrites the function's source, and turns the branch into an operation of the graph.
    function = tf.function(step)
    for x in (tf.constant([1.0, 2.0]), tf.constant([-1.0, -2.0])):
        print(x.numpy().tolist(), "gives", function(x).numpy().tolist())
    print(function.experimental_get_tracing_count(), "trace; its operations:")
    for operation in function.get_concrete_function(x).graph.get_operations():
        print("  ", operation.type, operation.name)


def in_one_graph():
    function = tf.function(step, autograph=False)
    for x in (tf.constant([1.0, 2.0]), tf.constant([-1.0, -2.0])):
        print(x.numpy().tolist(), "gives", function(x).numpy().tolist())


def exported():
    module = tf.Module()
    module.step = tf.function(step, input_signature=[tf.TensorSpec([2])])
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder)
        program = tf.saved_model.load(folder)
        for x in (tf.constant([1.0, 2.0]), tf.constant([-1.0, -2.0])):
            print(x.numpy().tolist(), "gives", program.step(x).numpy().tolist())


def keeps_a_branch():
    # A branch on a Python value is taken while the function is traced: whatever it is later, the graph stays.
    seen = {"positive": True}
    function = tf.function(lambda x: x * 2 if seen["positive"] else x - 1)
    for x in (tf.constant([1.0, 2.0]), tf.constant([-1.0, -2.0])):
        seen["positive"] = bool(tf.reduce_sum(x) > 0)
        wrong = "" if tf.reduce_all(function(x) == step(x)) else "  <- wrong"
        print(x.numpy().tolist(), "gives", function(x).numpy().tolist(), wrong)


def python_value():
    def chosen(x, factor):
        return x * factor if factor > 1 else x - 1

    function = tf.function(chosen)
    for factor in (2, 2, 3, 4, 0):
        result = function(tf.constant([1.0, 2.0]), factor).numpy().tolist()
        print("factor", factor, "gives", result, "after", function.experimental_get_tracing_count(), "traces")


def side_effect():
    def loud(x):
        print("  Python runs loud")
        return x * 2

    function = tf.function(loud)
    for size in (2, 2, 3, 3):
        print("called with", size, "numbers")
        function(tf.ones(size))


def mended():
    def both(x):
        return tf.cond(tf.reduce_sum(x) > 0, lambda: x * 2, lambda: x - 1)

    function = tf.function(both, autograph=False)
    for x in (tf.constant([1.0, 2.0]), tf.constant([-1.0, -2.0])):
        print(x.numpy().tolist(), "gives", function(x).numpy().tolist())


def forget():
    """Every tf.function keeps its traces to itself, so there is nothing to forget."""

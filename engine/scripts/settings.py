"""The part of a script that sets what belongs to the process: numbers of the run, threads, seed, device."""

from engine.config import RunConfig
from engine.fairness.defaults import matches
from engine.scripts.script import Part


def settings(config: RunConfig, side: str) -> Part:
    """The constants that all other parts use, then what the framework is told."""
    constants = ["SEED", "EPOCHS", "BATCH_SIZE", "LEARNING_RATE"]
    lines = [f"{name} = {getattr(config, name.lower())!r}" for name in constants]
    return (_torch if side == "torch" else _tensorflow)(config, lines)


def is_mixed(config: RunConfig) -> bool:
    """Whether the network computes in another type than that of its weights."""
    return config.compute_dtype != config.variable_dtype


def _torch(config: RunConfig, lines: list[str]) -> Part:
    on_gpu = config.device.torch != "cpu"
    lines += ["", f"torch.set_num_threads({config.threads})"]
    if config.variable_dtype != "float32":
        lines.append(f"torch.set_default_dtype(torch.{config.variable_dtype})")
    lines.append("torch.manual_seed(SEED)")
    if is_mixed(config) and not on_gpu and "lstm" in config.network_entry.parts(config.network_options):
        supported = f"torch.ops.mkldnn._is_mkldnn_{'fp16' if config.scales_loss else 'bf16'}_supported()"
        lines.append("# Else PyTorch 2.13's LSTM fails where the processor has no such type.")
        lines.append(f"torch.backends.mkldnn.enabled = torch.backends.mkldnn.is_available() and {supported}")
    if on_gpu:
        lines.append(f'DEVICE = torch.device("{config.device.torch}")')
    if on_gpu and matches(config, "tf32"):
        lines += [f"torch.backends.{name}.allow_tf32 = False" for name in ("cuda.matmul", "cudnn")]
    if on_gpu and matches(config, "determinism"):
        lines += ["torch.backends.cudnn.benchmark = False", "torch.use_deterministic_algorithms(True)"]
    return Part("Settings", lines, {"import torch"})


def _tensorflow(config: RunConfig, lines: list[str]) -> Part:
    threads, device = config.threads, config.device.tensorflow
    lines += ["", f"tf.config.threading.set_intra_op_parallelism_threads({threads})"]
    lines.append(f"tf.config.threading.set_inter_op_parallelism_threads({threads})")
    if config.variable_dtype != "float32":
        lines.append(f'keras.config.set_floatx("{config.variable_dtype}")')
    if is_mixed(config):
        lines.append(f'keras.config.set_dtype_policy("{config.precision}")  # weights stay in {config.variable_dtype}')
    lines.append("keras.utils.set_random_seed(SEED)")
    if device == "cpu":
        lines.append('tf.config.set_visible_devices([], "GPU")  # else TensorFlow takes a GPU where there is one')
    else:
        number = int(device.partition(":")[2])
        lines.append('gpus = tf.config.list_physical_devices("GPU")')
        lines.append(f'tf.config.set_visible_devices(gpus[{number}], "GPU")')
        if matches(config, "tf32"):
            lines.append("tf.config.experimental.enable_tensor_float_32_execution(False)")
        if matches(config, "determinism"):
            lines.append("tf.config.experimental.enable_op_determinism()")
    return Part("Settings", lines, {"import keras", "import tensorflow as tf"})

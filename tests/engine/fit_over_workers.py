"""One of two processes that let Keras fit train under TensorFlow's strategy for several: prints how that ended."""

import json
import os
import sys


def main(rank: int, ports: list[str]) -> None:
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": cluster, "task": {"type": "worker", "index": rank}})
    import keras
    import numpy as np
    import tensorflow as tf

    with tf.distribute.MultiWorkerMirroredStrategy().scope():
        network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])
        network.compile("sgd", "mse")
    try:
        network.fit(np.ones((32, 3), np.float32), np.ones((32, 4), np.float32), 8, verbose=0)
    except ValueError as error:
        print(error)
    else:
        print("it trained")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

"""What a viewer looks at, without a framework."""

import numpy as np


class Session:
    """Predicts by a fixed matrix, or always the token after the last."""

    def __init__(self, split):
        self._matrix = np.random.default_rng(0).normal(size=(int(np.prod(split.form.shape)), split.form.outputs))
        self.asked = []

    def predict(self, inputs):
        self.asked.append(inputs)
        return inputs.reshape(len(inputs), -1) @ self._matrix

    def weights(self):
        return {"bias": np.zeros(3), "linear.weight": self._matrix.T}

"""Exports from TensorFlow: see exports_suite.py. What cannot be exported is known by its error."""

import pytest

from tests.engine.exports_suite import ExportSuite


class TestExportsTensorFlow(ExportSuite):
    framework = "tensorflow"

    @pytest.mark.parametrize("network", ["mlp", "resnet", "lstm"])
    def test_its_own_file(self, trained, network):
        assert trained(network).to("keras")["state"] == "verified"

    def test_as_a_saved_model(self, trained):
        assert trained("lenet").to("saved_model")["state"] == "verified"

    @pytest.mark.parametrize("network", ["mlp", "transformer"])
    def test_for_small_devices(self, trained, network):
        told = trained(network).to("litert")
        assert (told["state"], told["batches"]) == ("verified", [1, 32])

    @pytest.mark.parametrize("network", ["lstm", "gru"])
    def test_recurrent_networks_take_one_example_at_a_time_there(self, trained, network):
        told = trained(network).to("litert")
        assert (told["state"], told["batches"]) == ("verified", [1])
        assert "32" not in told["latency"]

    def test_rounded_for_small_devices(self, trained):
        told = trained("mlp").to("litert_int8")
        assert told["state"] == "verified", told
        assert told["difference"]["32"] > 1e-4

    @pytest.mark.parametrize("network", ["plain_mlp", "transformer"])
    def test_classes_of_ones_own_are_in_no_keras_file(self, trained, network):
        with pytest.raises(NotImplementedError, match=r"non-serializable argument values in `__init__\(\)`"):
            trained(network).to("keras")

"""Mixed precision: how both frameworks are told, and what it does to a network's loss, speed and memory."""

import ast
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

import streamlit as st

from engine.bench import benchmark, estimate, published
from engine.bench.results import ResultsError
from engine.charts import comparison, comparison_figure, pipelines_precision, speed_doubts, speed_tables
from engine.config import ConfigError
from engine.experiments.comparison import Comparison
from engine.frameworks import __path__ as frameworks
from engine.networks import own
from engine.networks.catalogue import NETWORKS
from engine.pipelines import precision
from engine.probes import ready
from engine.runs import StoreError
from ui import refusals
from ui.colours import coloured
from ui.plain import plain
from ui.server import launcher, store
from ui.sides import columns

REFRESH_SECONDS = 2.0
# What a run of ours is told with, in the twins that train; and how it scales its loss in float16.
TOLD = {"torch": ("_autocast", "_mixed"), "tensorflow": ("configure",)}
SCALED = ("scaled", "unscaled", "apply")
MEANING = {
    "mixed_bfloat16": "bfloat16 has float32's range, with 8 instead of its 24 significant bits.",
    "mixed_float16": "float16 has 11 significant bits and a short range: what is below 6e-8 becomes 0, what is above "
    "65,504 infinite. So the loss is multiplied by a large factor and the gradients are divided by it; a step whose "
    "gradient overflows is left out, and the factor is halved.",
}


def show() -> None:
    """The network, the code, then the two questions: the loss, and the speed with the memory."""
    left, right = st.columns(2)
    names = [name for name in NETWORKS if name not in own.OWN]
    network = left.selectbox("Network", names, index=names.index("mlp"), key="precision-network")
    with right:
        mixed = st.segmented_control(
            "Products in", precision.MIXED, default=precision.MIXED[0], required=True, format_func=precision.name_of,
            key="precision-mixed", width="stretch",
        )  # fmt: skip
    st.markdown(
        f"In mixed precision products are computed in a shorter type, while weights and loss stay in float32. "
        f"{MEANING[mixed]} PyTorch is told at the call, Keras before the network is built."
    )
    for side, column in columns():
        with column:
            st.markdown(f"{coloured(side)}: from what trains every run here")
            st.code(_told(f"train_{side}.py", TOLD[side]), language="python", wrap_lines=True)
            if mixed == "mixed_float16":
                st.code(_told(f"loss_scale_{side}.py", SCALED), language="python", wrap_lines=True)
    try:
        precision.plan(network, mixed)
    except ConfigError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    refusals.warning(refusals.taken("precision"))
    waits = _busy(network, mixed)
    st.fragment(_results, run_every=REFRESH_SECONDS if waits else None)(network, mixed, waits)


def _told(file: str, names: Sequence[str]) -> str:
    """The functions of these names in a file of the twins."""
    text = (Path(frameworks[0]) / file).read_text(encoding="utf-8")
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef) and node.name in names]
    return "\n\n".join(dedent(ast.get_source_segment(text, node, padded=True) or "") for node in found)


def _busy(network: str, mixed: str) -> bool:
    """Whether a run or the benchmark of it has not ended yet."""
    name = precision.measured(store(), network, mixed)
    if name and benchmark.last_word(store(), name) in benchmark.UNDER_WAY:
        return True
    return bool(precision.training(store(), _runs(network, mixed)))


def _runs(network: str, mixed: str) -> list[str]:
    found = precision.runs(store(), network, mixed)
    return [found[name] for name in (precision.EXACT, mixed) if name in found]


def _results(network: str, mixed: str, waited: bool) -> None:
    if _busy(network, mixed) != waited:
        st.rerun()
    st.subheader("Loss")
    _loss(network, mixed)
    st.subheader("Speed and memory")
    _speed(network, mixed)


def _loss(network: str, mixed: str) -> None:
    runs = _runs(network, mixed)
    training = precision.training(store(), runs)
    if training:
        st.button("Stop", icon=":material/stop:", key="precision-stop-runs", on_click=_stop_runs, args=(training,))
    else:
        label = "Train both again" if runs else "Train both"
        st.button(label, icon=":material/play_arrow:", key="precision-train", on_click=_train, args=(network, mixed))
    if not runs:
        st.caption("Two runs with the network's recipe, one in each precision, kept like every other run.")
        return
    found = comparison.gather(store(), Comparison(runs=tuple(runs)))
    alt = "Loss of each step in both precisions, for both frameworks."
    figure = comparison_figure.figure(found, st.context.theme.type or "light")
    st.plotly_chart(figure, key="precision-loss", width="stretch", alt=alt)
    for remark in found.remarks:
        st.caption(plain(remark))
    kept = precision.runs(store(), network, mixed)
    apart = pipelines_precision.apart(store(), kept)
    told = pipelines_precision.losses(apart, precision.name_of(mixed)) + pipelines_precision.left_out(store(), kept)
    for sentence in told:
        st.write(plain(sentence))
    if apart:
        alt = f"How far the loss in {precision.name_of(mixed)} is from that in float32, by step, for both frameworks."
        figure = pipelines_precision.figure(apart, st.context.theme.type or "light")
        st.plotly_chart(figure, key="precision-apart", width="stretch", alt=alt)
    st.caption("Open both on the page Compare or Runs for the rest. One run of each tells of these two runs alone.")


def _speed(network: str, mixed: str) -> None:
    name = precision.measured(store(), network, mixed)
    word = benchmark.last_word(store(), name) if name else ""
    if word in benchmark.UNDER_WAY:
        try:
            plan, lines = benchmark.load(store(), name), benchmark.lines(store(), name)
            st.progress(estimate.progress(plan, lines, 0.0)[0], text="Both precisions of both frameworks take turns")
        except StoreError as error:  # its log is damaged
            st.warning(plain(str(error)), icon=":material/warning:")
        st.button("Stop", icon=":material/stop:", key="precision-stop", on_click=_stop_benchmark, args=(name,))
        return
    label = "Measure again" if name else "Measure"
    st.button(label, icon=":material/science:", key="precision-measure", on_click=_measure, args=(network, mixed))
    if not name:
        st.caption("A benchmark of one training step, as on the page Speed, where it is kept.")
        return
    try:
        told = published.of_store(store(), name)
    except (StoreError, ResultsError) as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return
    for sentence in pipelines_precision.speeds(precision.pairs(told.found, told.lines), precision.name_of(mixed)):
        st.write(plain(sentence))
    st.dataframe(speed_tables.case_table(told.plan, told.found), width="stretch", key="precision-cases")
    for sentence in speed_doubts.doubts(told.plan, told.found):
        st.caption(plain(sentence))


def _train(network: str, mixed: str) -> None:
    try:
        for config in precision.configs(network, mixed).values():
            ready.check(config)
            launcher().submit(config)
    except (StoreError, ConfigError) as error:
        refusals.keep("precision", str(error))


def _measure(network: str, mixed: str) -> None:
    try:
        launcher().measure(precision.plan(network, mixed))
    except (StoreError, ConfigError) as error:
        refusals.keep("precision", str(error))


def _stop_runs(runs: list[str]) -> None:
    try:
        for run in runs:
            launcher().stop(run)
    except StoreError as error:
        refusals.keep("precision", str(error))


def _stop_benchmark(name: str) -> None:
    try:
        benchmark.stop(store(), name)
    except StoreError as error:
        refusals.keep("precision", str(error))

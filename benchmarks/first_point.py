"""From the press on Train to the first point on the screen, through the real dashboard and Chromium.

`python -m benchmarks.first_point`; about five minutes. Targets: with warm workers p95 at most 0.6 s until the first
side has a point; cold, when no idle worker fits, at most 1 s more than the bare import of the slower framework.
"""

import argparse
import re
import subprocess
import sys
import time

from playwright.sync_api import Page

from benchmarks.measuring import percentile, say, tell
from benchmarks.serving import Dashboard, browser_page, dashboard
from engine.workers import settings, with_home

WARM_SECONDS, COLD_EXTRA_SECONDS = 0.6, 1.0
IMPORTS = {"torch": "import torch", "tensorflow": "import tensorflow, keras"}
# A frame after the chart has said that it drew a side's first steps, their pixels are there.
WATCH = """() => {
  const seen = (window.seen = {}), before = document.querySelector(".tandem-live")?.dataset.run;
  const press = () => (seen.pressed = performance.now());
  document.addEventListener("click", press, { capture: true, once: true });
  const look = () => {
    const told = document.querySelector(".tandem-live")?.dataset;
    if (told?.run && told.run !== before)
      for (const side of ["Torch", "Tensorflow"])
        if (Number(told[`lastStep${side}`]) > 0 && !(side in seen)) {
          seen[side] = null;
          requestAnimationFrame(() => (seen[side] = performance.now()));
        }
    if (!(seen.Torch && seen.Tensorflow)) requestAnimationFrame(look);
  };
  look();
}"""
BOTH = "window.seen.Torch && window.seen.Tensorflow"
ENDED = 'document.querySelector(".tandem-live")?.dataset.status === "ended"'


def main() -> None:
    """Press often with warm workers, a few times with cold ones, and time the bare imports between these."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.first_point", description=__doc__)
    parser.add_argument("--warm", type=int, default=20)
    parser.add_argument("--cold", type=int, default=5)
    arguments = parser.parse_args()
    with dashboard() as served, browser_page() as page:
        warm = [_warm(page, served) for _ in range(arguments.warm)]
        # A worker that imported with other threads does not fit, so every change of them is a cold start.
        cold, imports = [], []
        for number in range(arguments.cold):
            cold.append(_press(page, served, f"?threads={2 - number % 2}"))
            served.wait_until_warm()
            imports.append(max(_import_seconds(framework) for framework in IMPORTS))
    found = {f"warm_{name}": percentile([press[name] for press in warm], 0.95) for name in ("first", "both")}
    found |= {f"warm_{name}_median": percentile([press[name] for press in warm], 0.5) for name in ("first", "both")}
    found |= {f"cold_{name}": percentile([press[name] for press in cold], 0.5) for name in ("first", "both")}
    slower = percentile(imports, 0.5)
    extra = found["cold_both"] - slower
    tell(
        "first_point",
        found["warm_first"] <= WARM_SECONDS and extra <= COLD_EXTRA_SECONDS,
        targets={"warm_first": WARM_SECONDS, "cold_both_minus_import": COLD_EXTRA_SECONDS},
        seconds={name: round(value, 3) for name, value in found.items()},
        import_of_the_slower=round(slower, 3),
        cold_both_minus_import=round(extra, 3),
        presses={"warm": len(warm), "cold": len(cold)},
    )


def _warm(page: Page, served: Dashboard) -> dict[str, float]:
    """One press when both idle workers are ready."""
    served.wait_until_warm()
    return _press(page, served)


def _press(page: Page, served: Dashboard, link: str = "") -> dict[str, float]:
    """Seconds from the press on Train until the first of the sides, and both, have a point; then the run's end."""
    page.goto(f"{served.address}/{link}")
    button = page.get_by_role("region", name="Sidebar").get_by_role("button", name=re.compile("^Train"))
    button.wait_for()
    page.wait_for_selector(".tandem-live .main-svg")  # the empty chart: Plotly is loaded
    page.evaluate(WATCH)
    button.click()
    page.wait_for_function(BOTH)
    seen = page.evaluate("window.seen")
    taken = sorted((seen[side] - seen["pressed"]) / 1000 for side in ("Torch", "Tensorflow"))
    say(f"{link or 'warm'}: first {taken[0]:.3f} s, both {taken[1]:.3f} s")
    page.wait_for_function(ENDED)
    return {"first": taken[0], "both": taken[1]}


def _import_seconds(framework: str) -> float:
    """A fresh process that imports the framework and ends."""
    begun = time.perf_counter()
    environment = with_home(settings(1, "cpu"))
    subprocess.run([sys.executable, "-c", IMPORTS[framework]], env=environment, capture_output=True, check=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()

// The live chart: mounts once per place on the page, follows its feed and its options, and redraws in place.

const LEAST_PAUSE_MS = 100; // from one draw to the next
const CONFIG = {
  displaylogo: false,
  showSendToCloud: false,
  displayModeBar: window.innerWidth < 600 ? false : "hover", // on a phone it would lie over the legend
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
};
const charts = new WeakMap();
let mounts = 0;
let plotly;

export default function ({ data, parentElement }) {
  if (!charts.has(parentElement)) charts.set(parentElement, createChart(parentElement.querySelector(".tandem-live")));
  const chart = charts.get(parentElement);
  chart.update(data);
  return () => {
    // Streamlit also ends a call that a later one overtook; only a place that left the page is the chart's end.
    if (parentElement.isConnected) return;
    chart.destroy();
    charts.delete(parentElement);
  };
}

function loadPlotly(address) {
  plotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => {
      plotly = undefined;
      reject(new Error("The chart could not be loaded. Reload the page to try again."));
    };
    document.head.append(script);
  });
  return plotly;
}

function createChart(root) {
  const plot = root.querySelector(".tandem-live-plot");
  let options, feed, waiting, drawn;
  let held = false;
  let ready = false;
  let bare = ""; // the look of an empty chart, while that is what is drawn
  let lastDraw = 0;
  let pause = LEAST_PAUSE_MS;
  root.dataset.mounts = String(++mounts);

  function update(data) {
    const other = !options || options.run !== data.run || options.launches !== data.launches;
    if (options && data.run && options.run !== data.run) uncover(root);
    options = data;
    root.dataset.run = data.run;
    if (other) follow();
    loadPlotly(data.plotly).then(onReady, (error) => showText(root, error.message));
    schedule();
  }

  function onReady() {
    ready = true;
    schedule();
  }

  function follow() {
    feed?.close();
    feed = undefined;
    if (options.run) {
      const address = new URL(options.live, location.href);
      address.protocol = address.protocol.replace("http", "ws");
      address.searchParams.set("run", options.run);
      feed = openFeed(address, schedule);
    }
    describe(root, feed, options);
  }

  function schedule() {
    if (waiting) return;
    waiting = setTimeout(() => requestAnimationFrame(draw), Math.max(0, lastDraw + pause - performance.now()));
  }

  async function draw() {
    waiting = undefined;
    const width = root.clientWidth;
    // A drag, or a chart out of sight, waits: the release and the resize ask again.
    if (!root.isConnected || held || !ready || !width) return;
    const begun = performance.now();
    const theme = readTheme(root);
    const state = hasSteps(feed?.state) ? feed.state : EMPTY;
    const look = state === EMPTY ? JSON.stringify([theme, width, options.x]) : "";
    // An empty chart stays as it is until the new run's first point: drawing it again would only delay that. And the
    // curves of a run that goes on stay until its feed has come back.
    const stays = state === EMPTY && (bare ? look === bare : !feed?.state && drawn === options.run);
    if (!stays) {
      const figure = buildFigure(state, options, theme, width);
      await Plotly.react(plot, figure.data, { ...figure.layout, datarevision: begun }, CONFIG);
      drawn = options.run;
      bare = look;
      lastDraw = begun;
      pause = Math.max(LEAST_PAUSE_MS, 2 * (performance.now() - begun)); // half of the time is the page's
    }
    describe(root, feed, options);
  }

  function onHold() {
    held = true;
  }

  function onRelease() {
    if (held) schedule();
    held = false;
  }

  const resized = new ResizeObserver(schedule);
  resized.observe(root);
  plot.addEventListener("pointerdown", onHold, true);
  for (const name of ["pointerup", "pointercancel", "blur"]) window.addEventListener(name, onRelease, true);

  function destroy() {
    feed?.close();
    clearTimeout(waiting);
    resized.disconnect();
    for (const name of ["pointerup", "pointercancel", "blur"]) window.removeEventListener(name, onRelease, true);
    if (ready) Plotly.purge(plot);
  }

  return { update, destroy };
}

// On a small screen the sidebar lies over the page, with the button that was pressed for this new run. Streamlit closes
// it there, and only there, when anything beside it is pressed; so the chart says that of itself.
function uncover(root) {
  root.dispatchEvent(new MouseEvent("mousedown", { bubbles: true }));
}

function hasSteps(state) {
  return Object.values(state?.sides ?? {}).some((side) => side.step > 0);
}

const EMPTY = {
  curves: {},
  sides: Object.fromEntries(Object.keys(SIDES).map((name) => [name, { step: 0, validates: true }])),
  difference: { steps: 0, identical: 0, largest: null },
};

function readTheme(root) {
  const style = getComputedStyle(root);
  const read = (name) => style.getPropertyValue(`--st-${name}`).trim();
  return {
    torch: read("orange-color"),
    tensorflow: read("blue-color"),
    text: read("text-color"),
    grid: read("border-color"),
    background: read("background-color"),
    surface: read("secondary-background-color"),
    font: read("font"),
  };
}

// What the chart says without colour: its label, its texts, and where tests look.
function describe(root, feed, options) {
  const sides = Object.entries(feed?.state?.sides ?? {});
  const begun = hasSteps(feed?.state);
  root.dataset.connection = feed?.connection ?? "idle";
  root.dataset.status = feed?.state?.ended ? "ended" : begun ? "live" : "waiting";
  const words = sides.map(([name, side]) => {
    const loss = side.loss === null ? "no finite loss" : `loss ${side.loss.toPrecision(4)}`;
    return `${SIDES[name].name}: ${side.step ? `${countSteps(side.step)}, ${loss}` : "no step yet"}.`;
  });
  root.setAttribute("aria-label", ["Training curves.", ...words].join(" "));
  for (const name of Object.keys(SIDES)) {
    root.dataset[`lastStep${name[0].toUpperCase()}${name.slice(1)}`] = String(feed?.state?.sides[name]?.step ?? 0);
  }
  const refused = feed?.connection === "refused";
  const waiting = feed?.state?.ended ? "The run ended before its first step." : "Waiting for the first step…";
  const loading = feed?.state ? waiting : "Loading the curves…";
  const idle = options.run ? loading : "The curves appear here.";
  showText(root, begun ? "" : refused ? feed.reason : idle);
  const note = root.querySelector(".tandem-live-note");
  note.hidden = !feed?.reason || (refused && !begun);
  note.textContent = feed?.reason ?? "";
}

function showText(root, text) {
  const place = root.querySelector(".tandem-live-text");
  place.hidden = !text;
  place.textContent = text;
}

// The figure: from the curves of a run to Plotly's traces and layout. Nothing here touches the page.

const SIDES = {
  torch: { name: "PyTorch", colour: "torch", dash: "solid", symbol: "circle" },
  tensorflow: { name: "TensorFlow", colour: "tensorflow", dash: "6px,4px", symbol: "diamond-open" },
};
// The first of these that a run has is drawn below the losses.
const METRICS = {
  validation_accuracy: "Validation accuracy",
  validation_r2: "Validation R²",
  validation_mae: "Validation mean absolute error",
};
const X_TITLES = { step: "Step", epoch: "Epoch", seconds: "Seconds of training" };
const NARROW = 560; // px
const FEW_POINTS = 30;
const NO_CURVE = { x: [], y: [], seconds: [], mean: [], size: 1 };

// options: {run, x, log, smoothing}; theme: {torch, tensorflow, text, grid, background, font}; width in px.
function buildFigure(state, options, theme, width) {
  const names = Object.keys(SIDES).filter((name) => name in state.sides);
  const metric = Object.keys(METRICS).find((key) => names.some((name) => hasValue(state.curves[`${name}.${key}`])));
  const rows = [{ axis: "y", title: "Loss", share: 3, log: options.log }];
  if (metric || names.some((name) => state.sides[name].validates)) {
    rows.push({ axis: "y2", title: METRICS[metric] ?? "Validation", share: 2, empty: !metric });
  }
  if (names.length === 2) rows.push(differenceRow(state));
  const draw = { state, options, theme };
  const data = names.flatMap((name) => sideTraces(draw, name, metric));
  if (names.length === 2) data.push(differenceTrace(draw));
  return { data, layout: buildLayout(rows, options, theme, width) };
}

function hasValue(curve) {
  return Boolean(curve?.y.some((value) => value !== null));
}

function sideTraces(draw, name, metric) {
  const { state, options, theme } = draw;
  const look = { ...SIDES[name], colour: theme[SIDES[name].colour] };
  const loss = state.curves[`${name}.loss`] ?? NO_CURVE;
  const smooth = options.smoothing > 0;
  const xs = xOf(draw, loss, name);
  const training = { name: `${look.name} training`, legendgroup: `${name}.training`, yaxis: "y" };
  const strong = smooth ? smoothed(loss, xs, options.smoothing, state.sides[name].step) : { x: xs, y: loss.y };
  const validation = { name: `${look.name} validation`, legendgroup: `${name}.validation` };
  const faint = { showlegend: false, hoverinfo: "skip", opacity: 0.28 };
  // Always the same traces in the same order: what is not wanted is empty, so that hidden ones stay hidden.
  return [
    line(`${name}.raw`, look, smooth ? { x: xs, y: loss.y } : NO_CURVE, { ...training, ...faint }, 1),
    line(`${name}.loss`, look, strong, training, 2),
    marked(draw, name, look, "validation_loss", { ...validation, yaxis: "y" }),
    marked(draw, name, look, metric, { ...validation, yaxis: "y2", showlegend: false }),
  ];
}

function line(uid, look, points, more, width) {
  return {
    type: "scatter",
    uid,
    x: points.x,
    y: points.y,
    mode: points.y.length <= FEW_POINTS ? "lines+markers" : "lines",
    line: { color: look.colour, width, dash: look.dash },
    marker: { color: look.colour, size: 6, symbol: look.symbol },
    hovertemplate: "%{y:.6~g}",
    ...more,
  };
}

function marked(draw, name, look, metric, more) {
  const curve = draw.state.curves[`${name}.${metric}`] ?? NO_CURVE;
  const trace = line(`${name}.${more.yaxis}.validation`, look, { x: xOf(draw, curve, name), y: curve.y }, more, 1.25);
  return { ...trace, mode: "lines+markers", marker: { ...trace.marker, size: 7, maxdisplayed: 40 } };
}

function differenceTrace(draw) {
  const curve = draw.state.curves.difference ?? NO_CURVE;
  const look = { colour: draw.theme.text, dash: "solid", symbol: "circle" };
  const points = { x: xOf(draw, curve, "torch"), y: curve.y.map((value) => value || null) };
  return line("difference", look, points, { name: "Difference", yaxis: "y3", showlegend: false }, 1.25);
}

// A log axis has no place for zero: such steps are gaps, and the title says how many there are.
function differenceRow(state) {
  const { steps, identical, largest } = state.difference;
  const same = steps > 0 && identical === steps;
  const share = identical ? `, identical at ${identical.toLocaleString("en")} of ${steps.toLocaleString("en")} steps` : "";
  const words = same ? "identical so far" : steps ? `at most ${largest?.toPrecision(2) ?? "unknown"}${share}` : "";
  const title = `Difference of the losses${words && `: ${words}`}`;
  return { axis: "y3", title, share: 1.6, log: true, empty: same || steps === 0 };
}

function xOf({ state, options }, curve, name) {
  if (options.x === "seconds") return curve.seconds;
  if (options.x === "step") return curve.x;
  const perEpoch = state.sides[name].steps_per_epoch ?? 1;
  return curve.x.map((step) => step / perEpoch);
}

// Debiased exponential moving average over steps: a bucket of n steps counts as its mean, n times.
function smoothed(curve, xs, smoothing, steps) {
  const points = { x: [], y: [] };
  let average = 0;
  let weight = 0;
  let next = 0;
  curve.mean.forEach((mean, bucket) => {
    const end = Math.min((bucket + 1) * curve.size, steps);
    while (next < curve.x.length && curve.x[next] < end) next++;
    if (mean !== null) {
      const decay = smoothing ** (end - bucket * curve.size);
      average = decay * average + (1 - decay) * mean;
      weight = decay * weight + (1 - decay);
    }
    points.x.push(xs[next - 1]);
    points.y.push(mean === null ? null : average / weight);
  });
  return points;
}

function buildLayout(rows, options, theme, width) {
  const narrow = width < NARROW;
  const gap = 0.09;
  const unit = (1 - gap * (rows.length - 1)) / rows.reduce((sum, row) => sum + row.share, 0);
  const layout = {
    width,
    height: 170 + 75 * rows.reduce((sum, row) => sum + row.share, 0),
    uirevision: options.run,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: theme.font, size: narrow ? 11 : 12, color: theme.text },
    margin: { l: narrow ? 46 : 58, r: narrow ? 8 : 16, t: narrow ? 84 : 62, b: 44 },
    legend: { orientation: "h", x: 0, xanchor: "left", y: 1, yref: "container", yanchor: "top", itemwidth: 30 },
    hovermode: narrow ? "closest" : "x unified",
    hoversubplots: "axis",
    hoverlabel: { bgcolor: theme.background, bordercolor: theme.grid, font: { color: theme.text } },
    dragmode: narrow ? false : "zoom",
    annotations: [],
    xaxis: {
      title: { text: X_TITLES[options.x], standoff: 8 },
      anchor: rows.at(-1).axis,
      gridcolor: theme.grid,
      zeroline: false,
      rangemode: "nonnegative",
      uirevision: `${options.run} ${options.x}`,
      hoverformat: options.x === "step" ? ",d" : ".4~g",
    },
  };
  let top = 1;
  for (const row of rows) {
    const bottom = Math.max(0, top - unit * row.share);
    layout[`yaxis${row.axis.slice(1)}`] = valueAxis(row, [bottom, top], options, theme);
    layout.annotations.push(rowTitle(row, top, narrow));
    top = bottom - gap;
  }
  return layout;
}

function valueAxis(row, domain, options, theme) {
  return {
    domain,
    type: row.log ? "log" : "linear",
    gridcolor: theme.grid,
    zeroline: false,
    showticklabels: !row.empty,
    showgrid: !row.empty,
    nticks: row.axis === "y" ? 6 : 4,
    exponentformat: row.axis === "y3" ? "e" : "none",
    uirevision: `${options.run} ${row.log}`,
  };
}

function rowTitle(row, top, narrow) {
  const place = { xref: "paper", yref: "paper", x: 0, y: top, xanchor: "left", yanchor: "bottom", showarrow: false };
  return { ...place, text: row.title, font: { size: narrow ? 11 : 13 } };
}

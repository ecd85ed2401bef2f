// The figure: from the curves of a run to Plotly's traces and layout. Nothing here touches the page.

const SIDES = {
  torch: { name: "PyTorch", dash: "solid", symbol: "circle", size: 6 },
  // Drawn above: equal curves show PyTorch between the dashes and inside the markers.
  tensorflow: { name: "TensorFlow", dash: "8px,8px", symbol: "diamond-open", size: 9 },
};
// The first of these that a run has is drawn below the losses.
const METRICS = {
  validation_accuracy: "Validation accuracy",
  validation_r2: "Validation R²",
  validation_mae: "Validation mean absolute error",
};
const X_AXES = {
  step: { title: "Step", format: ",d" },
  epoch: { title: "Epoch", format: ".4~g" },
  seconds: { title: "Seconds of training", format: ".4~g" },
};
const NARROW = 560; // px
const FEW_POINTS = 30;
const LEGEND = { orientation: "h", x: 0, xref: "container", y: 1, yref: "container", yanchor: "top", itemwidth: 30 };
const NO_CURVE = { x: [], y: [], seconds: [], mean: [], size: 1 };

// options: {run, x, log, smoothing}; theme: {torch, tensorflow, text, grid, background, surface, font}; width in px.
function buildFigure(state, options, theme, width) {
  const names = Object.keys(SIDES).filter((name) => name in state.sides);
  const metric = Object.keys(METRICS).find((key) => names.some((name) => hasValue(state.curves[`${name}.${key}`])));
  const begun = names.some((name) => hasValue(state.curves[`${name}.loss`]));
  const rows = [{ axis: "y", title: "Loss", share: 3, log: options.log, empty: !begun }];
  if (metric || names.some((name) => state.sides[name].validates)) {
    rows.push({ axis: metric ? "y2" : "none", title: METRICS[metric] ?? "Validation", share: 2 });
  }
  const draw = { state, options, theme, narrow: width < NARROW };
  if (names.length === 2) rows.push(differenceRow(draw));
  const data = names.flatMap((name) => sideTraces(draw, name, metric));
  if (names.length === 2) data.push(differenceTrace(draw));
  const longest = Math.max(...data.map((trace) => trace.x.length));
  return { data, layout: buildLayout(rows, options, theme, width, longest) };
}

function hasValue(curve) {
  return Boolean(curve?.y.some((value) => value !== null));
}

function sideTraces(draw, name, metric) {
  const { state, options, theme } = draw;
  const look = { ...SIDES[name], colour: theme[name] };
  const loss = state.curves[`${name}.loss`] ?? NO_CURVE;
  // Thousands of steps are a faint band from lowest to highest, with the mean as the line.
  const smooth = options.smoothing > 0 || loss.size > 2;
  const xs = xOf(draw, loss, name);
  const training = { name: `${look.name} training`, legendgroup: `${name}.training`, yaxis: "y" };
  const strong = smooth ? smoothed(loss, xs, options.smoothing, state.sides[name].step) : { x: xs, y: loss.y };
  // A narrow legend has one entry for a side: its markers are the validation.
  const validation = { name: `${look.name} validation`, legendgroup: `${name}.validation`, showlegend: !draw.narrow };
  if (draw.narrow) Object.assign(training, { name: look.name, legendgroup: validation.legendgroup });
  const faint = { showlegend: false, hoverinfo: "skip", hovertemplate: null, opacity: 0.28 };
  const plain = { ...look, dash: "solid" }; // dashes on so long a path cost more than all the rest
  // Each trace keeps its uid, by which Plotly knows that a person has hidden it.
  const traces = [
    line(`${name}.raw`, plain, smooth ? { x: xs, y: loss.y } : NO_CURVE, { ...training, ...faint }, 1),
    line(`${name}.loss`, look, strong, training, 2),
    marked(draw, name, look, "validation_loss", { ...validation, yaxis: "y" }),
  ];
  if (metric) {
    const metricName = `${look.name} ${METRICS[metric].replace("V", "v")}`;
    traces.push(marked(draw, name, look, metric, { ...validation, name: metricName, yaxis: "y2", showlegend: false }));
  }
  return traces;
}

function line(uid, look, points, more, width) {
  return {
    type: "scatter",
    uid,
    x: points.x,
    y: points.y,
    mode: points.y.length <= FEW_POINTS ? "lines+markers" : "lines",
    line: { color: look.colour, width, dash: look.dash },
    marker: { color: look.colour, size: look.size, symbol: look.symbol, maxdisplayed: 40 },
    cliponaxis: points.y.length !== 1, // a single point lies on the edge
    hovertemplate: "%{y:.6~g}",
    ...more,
  };
}

function marked(draw, name, look, metric, more) {
  const curve = draw.state.curves[`${name}.${metric}`] ?? NO_CURVE;
  const trace = line(`${name}.${more.yaxis}.validation`, look, { x: xOf(draw, curve, name), y: curve.y }, more, 1.25);
  return { ...trace, mode: "lines+markers" };
}

function differenceTrace(draw) {
  const curve = draw.state.curves.difference ?? NO_CURVE;
  const look = { colour: draw.theme.text, dash: "solid", symbol: "circle", size: 5 };
  const points = { x: xOf(draw, curve, "torch"), y: curve.y.map((value) => value || null) };
  return line("difference", look, points, { name: "Difference", yaxis: "y3", showlegend: false, opacity: 0.75 }, 1.25);
}

// A log axis has no place for zero: such steps are gaps, and the title says how many there are.
function differenceRow({ state, narrow }) {
  const { steps, identical, largest } = state.difference;
  const same = steps > 0 && identical === steps;
  const zeros = identical ? `, 0 at ${countSteps(identical)}` : "";
  const none = same && state.ended; // and so it will stay
  const words = none ? "none" : same ? "none so far" : steps ? `at most ${short(largest)}${zeros}` : "";
  const title = `${narrow ? "Difference" : "Difference of the losses"}${words && `: ${words}`}`;
  return { axis: "y3", title, share: none ? 0.3 : 1.6, log: true, empty: same || !steps };
}

function countSteps(count) {
  return `${count.toLocaleString("en")} ${count === 1 ? "step" : "steps"}`;
}

function short(value) {
  if (value === null) return "unknown";
  return value < 1e-3 || value >= 1e4 ? value.toExponential(1).replace("+", "") : value.toPrecision(2);
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

function buildLayout(rows, options, theme, width, longest) {
  const narrow = width < NARROW;
  const axis = X_AXES[options.x];
  const gap = 0.08;
  const unit = (1 - gap * (rows.length - 1)) / rows.reduce((sum, row) => sum + row.share, 0);
  const layout = {
    width,
    height: 170 + 75 * rows.reduce((sum, row) => sum + row.share, 0),
    uirevision: options.run,
    paper_bgcolor: theme.background,
    plot_bgcolor: theme.background,
    font: { family: theme.font, size: narrow ? 11 : 12, color: theme.text },
    margin: { l: narrow ? 46 : 58, r: narrow ? 8 : 16, t: 62, b: 44 },
    legend: LEGEND,
    modebar: { bgcolor: "rgba(0,0,0,0)", color: theme.grid, activecolor: theme.text },
    hovermode: narrow ? "closest" : "x unified",
    hoversubplots: "axis",
    hoverlabel: { bgcolor: theme.background, bordercolor: theme.grid, font: { color: theme.text } },
    dragmode: narrow ? false : "zoom",
    annotations: [],
    shapes: [],
    xaxis: {
      title: { text: axis.title, standoff: 8 },
      anchor: rows.at(-1).axis,
      gridcolor: theme.grid,
      zeroline: false,
      rangemode: longest > 1 && longest <= FEW_POINTS ? "normal" : "nonnegative", // room for the first marker
      showticklabels: !rows[0].empty,
      showgrid: !rows[0].empty,
      uirevision: `${options.run} ${options.x}`,
      tickformat: ",.9~g",
      hoverformat: axis.format,
      unifiedhovertitle: { text: `${axis.title} %{x:${axis.format}}` },
      spikecolor: theme.text,
      spikethickness: 1,
    },
  };
  const single = longest === 1;
  if (single && options.x !== "seconds") Object.assign(layout.xaxis, { range: [-0.5, 0.5], dtick: 1 });
  let top = 1;
  for (const row of rows) {
    const bottom = Math.max(0, top - unit * row.share);
    if (row.axis !== "none") layout[`yaxis${row.axis.slice(1)}`] = valueAxis({ ...row, single }, [bottom, top], options, theme);
    layout.annotations.push(rowTitle(row, top, narrow));
    if (rows[0].empty) layout.shapes.push(place(bottom, top, theme));
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
    rangemode: row.single ? "tozero" : "normal", // around one value alone there would be a range of two
    exponentformat: "e",
    minexponent: row.log ? 2 : 5, // a diverging loss, or a tiny one, has no room for its zeros
    uirevision: `${options.run} ${row.log}`,
  };
}

function rowTitle(row, top, narrow) {
  const place = { xref: "paper", yref: "paper", x: 0, y: top, xanchor: "left", yanchor: "bottom", showarrow: false };
  return { ...place, text: row.title, font: { size: narrow ? 11 : 13 } };
}

// Where curves will be.
function place(bottom, top, theme) {
  const where = { xref: "paper", x0: 0, x1: 1, yref: "paper", y0: bottom, y1: top, layer: "below" };
  return { ...where, type: "rect", fillcolor: theme.surface, line: { width: 0 } };
}

// Draws the figures of a published benchmark, and saves them and its raw values as files, with nothing from elsewhere.
const told = (id) => JSON.parse(document.getElementById(id).textContent);
const figures = told("figures");
const options = told("options");

for (const [id, figure] of Object.entries(figures)) {
  Plotly.newPlot(id, figure.data, figure.layout, { displayModeBar: false, responsive: true });
}

document.querySelectorAll("button[data-save]").forEach((button) => {
  button.addEventListener("click", () => {
    const { save, of } = button.dataset;
    Plotly.downloadImage(of, {
      format: save,
      filename: `${options.name}-${of}`,
      width: options.width,
      height: options.height,
      scale: save === "png" ? 2 : 1,
    });
  });
});

document.getElementById("raw").addEventListener("click", () => {
  const text = document.getElementById("benchmark").textContent;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `${options.name}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});

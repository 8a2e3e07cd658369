// Draws what stands in the element that a canvas names: { kind, labels, sets: [{ label, data }] }. `kind`: "bar",
// "stacked" or "line". A table beside the chart says the same.
"use strict";

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const COLOURS = ["primary", "orange", "teal", "purple", "yellow", "pink", "azure", "lime", "secondary"];

const drawn = (canvas) => {
  const figures = JSON.parse(document.getElementById(canvas.dataset.figures).textContent);
  const text = colour("--tblr-body-color");
  const line = colour("--tblr-border-color");
  const stacked = figures.kind === "stacked";
  const datasets = figures.sets.map(({ label, data }, n) => ({
    label,
    data: data.map((each) => (each === null ? null : Number(each))),
    backgroundColor: colour(`--tblr-${COLOURS[n % COLOURS.length]}`),
    borderColor: colour(`--tblr-${COLOURS[n % COLOURS.length]}`),
  }));
  const written = new Intl.NumberFormat(document.documentElement.lang || undefined);
  new Chart(canvas, {
    type: figures.kind === "line" ? "line" : "bar",
    data: { labels: figures.labels, datasets },
    options: {
      animation: false,
      maintainAspectRatio: false,
      plugins: { legend: { display: datasets.length > 1, position: "bottom", labels: { color: text, boxWidth: 12 } } },
      scales: {
        x: { stacked, ticks: { color: text, maxRotation: 60 }, grid: { display: false } },
        y: {
          stacked,
          beginAtZero: true,
          ticks: { color: text, callback: (value) => written.format(value) },
          grid: { color: line },
        },
      },
    },
  });
};

for (const canvas of document.querySelectorAll("canvas[data-figures]")) drawn(canvas);

// Draws what stands in #figures: two columns a month, the draft's beside today's. The table below says the same.
"use strict";

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

for (const canvas of document.querySelectorAll("canvas[data-figures]")) {
  const figures = JSON.parse(document.getElementById(canvas.dataset.figures).textContent);
  const text = colour("--tblr-body-color");
  const set = (label, data, background) => ({ label, data: data.map(Number), backgroundColor: background });
  new Chart(canvas, {
    type: "bar",
    data: {
      labels: figures.months,
      datasets: [
        set(figures.labels[0], figures.draft, colour("--tblr-primary")),
        set(figures.labels[1], figures.today, colour("--tblr-secondary")),
      ],
    },
    options: {
      animation: false,
      maintainAspectRatio: false,
      plugins: { legend: { labels: { color: text } } },
      scales: {
        x: { ticks: { color: text }, grid: { display: false } },
        y: { ticks: { color: text }, beginAtZero: true },
      },
    },
  });
}

// The portal's only script: keeps what is to be shown at the counter, and the screen awake while it is.

const portal = document.getElementById("portal");
const { worker, scope } = portal.dataset;

if ("serviceWorker" in navigator) {
  await navigator.serviceWorker.register(worker, { scope });
  const { active } = await navigator.serviceWorker.ready;
  if ("out" in portal.dataset) active.postMessage("forget");
  else if (document.querySelector(".bright")) active.postMessage({ keep: location.pathname });
}

if (document.querySelector(".bright")) navigator.wakeLock?.request("screen").catch(() => {});

for (const button of document.querySelectorAll("[data-share]")) {
  button.hidden = !navigator.share;
  button.addEventListener("click", () => navigator.share({ text: button.dataset.share }).catch(() => {}));
}

// A code that turns is asked for before the last one is over. Where it cannot be had, an old one is not shown.
const turning = document.querySelector("[data-turning]");
if (turning) {
  const turn = async () => {
    const answer = await fetch(turning.dataset.turning, { redirect: "error" }).catch(() => null);
    turning.hidden = !answer?.ok;
    document.querySelector("[data-away]").hidden = !turning.hidden;
    if (answer?.ok) turning.innerHTML = await answer.text();
  };
  setInterval(turn, 20_000);
  document.addEventListener("visibilitychange", () => document.hidden || turn());
  window.addEventListener("offline", turn);
  if (!navigator.onLine) turn();
}

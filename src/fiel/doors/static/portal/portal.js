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

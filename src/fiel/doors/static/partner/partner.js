// The partner's desk: a code is read with the camera, and looked at at once.

const { camera, zxing, wasm } = document.getElementById("partner").dataset;

for (const button of document.querySelectorAll("[data-scan]")) {
  button.hidden = !navigator.mediaDevices;
  button.addEventListener("click", async () => {
    const { scan } = await import(camera);
    const text = await scan({ zxing, wasm });
    const field = document.querySelector(button.dataset.scan);
    if (!text) return;
    field.value = text;
    field.form.requestSubmit();
  });
}

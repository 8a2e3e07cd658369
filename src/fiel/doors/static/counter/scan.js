// Reads a barcode or QR code with the camera: by the browser itself where it can, else by zxing.

const FORMATS = ["ean_13", "qr_code", "ean_8", "code_128", "code_39", "upc_a"];
const EVERY_MS = 150;

async function reader(zxing, wasm) {
  if ("BarcodeDetector" in window) {
    const known = await BarcodeDetector.getSupportedFormats();
    const formats = FORMATS.filter((format) => known.includes(format));
    if (formats.includes("ean_13") && formats.includes("qr_code")) {
      const detector = new BarcodeDetector({ formats });
      return async (video) => (await detector.detect(video))[0]?.rawValue;
    }
  }
  await new Promise((done, failed) => {
    const script = document.createElement("script");
    Object.assign(script, { src: zxing, onload: done, onerror: failed });
    document.head.append(script);
  });
  ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => wasm } });
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
    context.drawImage(video, 0, 0);
    const image = context.getImageData(0, 0, canvas.width, canvas.height);
    return (await ZXingWASM.readBarcodes(image, { maxNumberOfSymbols: 1 }))[0]?.text;
  };
}

// The text that was read; undefined where somebody closed it, or there is no camera to be used.
export async function scan({ zxing, wasm }) {
  const dialog = document.getElementById("scanner");
  const video = dialog.querySelector("video");
  const said = dialog.querySelector("[role=status]");
  said.textContent = "";
  dialog.showModal();
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = stream;
    await video.play();
    const read = await reader(zxing, wasm);
    while (dialog.open) {
      const text = await read(video);
      if (text) return text;
      await new Promise((done) => setTimeout(done, EVERY_MS));
    }
  } catch {
    said.textContent = said.dataset.no;
    await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  } finally {
    for (const track of stream?.getTracks() ?? []) track.stop();
    dialog.close();
  }
}

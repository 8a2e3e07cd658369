// Keeps vouchers and the card that were opened, so that they can be shown where there is no network.
const START = "{{ start|escapejs }}";
const KEPT = `fiel-portal-${START}-{{ version }}`;
const FILES = [{% for file in kept %}"{{ file|escapejs }}", {% endfor %}];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith(`fiel-portal-${START}-`) && name !== KEPT);
  event.waitUntil(
    caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  );
});

// Whoever signs out leaves nothing behind on this device.
self.addEventListener("message", (event) => {
  if (event.data === "forget") event.waitUntil(caches.delete(KEPT));
  if (event.data?.keep) event.waitUntil(keep(event.data.keep));
});

async function keep(page) {
  const answer = await fetch(page, { redirect: "error" }).catch(() => null);
  if (!answer?.ok) return;
  const cache = await caches.open(KEPT);
  await cache.put(page, answer.clone());
  const worn = [...(await answer.text()).matchAll(/(?:href|src)="(\/brand\/[^"]+)"/g)].map(([, path]) => path);
  await cache.addAll(worn); // the shop's logo and colour
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin || request.method !== "GET") return;
  if (FILES.includes(pathname) || pathname.startsWith("/brand/")) event.respondWith(caches.match(pathname).then((file) => file || fetch(request)));
  else if (request.mode === "navigate" && shown(pathname)) event.respondWith(navigate(request, pathname));
});

function shown(pathname) {
  return pathname === `${START}card/` || pathname.startsWith(`${START}vouchers/`);
}

async function navigate(request, pathname) {
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) await (await caches.open(KEPT)).put(pathname, answer.clone());
    return answer;
  } catch {
    return (await caches.match(pathname)) || Response.error();
  }
}

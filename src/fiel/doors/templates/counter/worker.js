// Keeps what the counter is made of, and answers with the page for no network when there is none.
const KEPT = "fiel-counter-{{ version }}";
const AWAY = "{{ away|escapejs }}";
const FILES = [{% for file in kept %}"{{ file|escapejs }}", {% endfor %}];
const PATIENCE_MS = 6000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll([away(), ...FILES])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("fiel-counter-") && name !== KEPT);
  event.waitUntil(
    caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  );
});

// In another language or with another name of the shop the page is another one: whoever opens the counter keeps it anew.
self.addEventListener("message", (event) => {
  if (event.data === "keep") event.waitUntil(keep().catch(() => {}));
});

// With the page, the shop's logo and colour.
async function keep() {
  const cache = await caches.open(KEPT);
  await cache.add(away());
  const page = await (await cache.match(AWAY)).text();
  await cache.addAll([...page.matchAll(/(?:href|src)="(\/brand\/[^"]+)"/g)].map(([, path]) => path));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (FILES.includes(pathname) || pathname.startsWith("/brand/")) event.respondWith(caches.match(pathname).then((file) => file || fetch(request)));
  else if (request.mode === "navigate") event.respondWith(navigate(request));
});

// Where one has to sign in first there is nothing to be kept.
function away() {
  return new Request(AWAY, { redirect: "error" });
}

async function navigate(request) {
  // Nothing that may have been recorded is given up on: only pages that are read may take too long.
  const patience = request.method === "GET" ? [{ signal: AbortSignal.timeout(PATIENCE_MS) }] : [];
  try {
    const answer = await fetch(request, ...patience);
    if (answer.status < 502 || answer.status > 504) return answer;
  } catch {
    // No network: below.
  }
  return (await caches.match(AWAY)) || Response.error();
}

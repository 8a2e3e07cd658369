// The counter's behaviour: keys, the number pad, items, and sales that outlive the network.

const counter = document.getElementById("counter");
const { home, away, sell, state, worker, shop } = counter.dataset;
const { Outbox, newNumber } = await import(counter.dataset.outbox);
const outbox = new Outbox(shop, sell, state);
const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const touch = matchMedia("(pointer: coarse)").matches;
const isAway = one("form[data-away]") !== null;

// The state at the top

const network = document.getElementById("network");
let signedOut = false;
let unreachable = isAway;

function tell(sales) {
  const waiting = sales.filter((sale) => sale.state === "waiting").length;
  const refused = sales.length - waiting;
  const said = (count, name) =>
    count === 1 ? network.dataset[`${name}One`] ?? network.dataset.one : (network.dataset[`${name}Many`] ?? network.dataset.many).replace("{n}", count);
  const parts = [];
  if (signedOut && waiting) parts.push(network.dataset.signIn);
  if (waiting) parts.push(said(waiting, "waiting"));
  else if (unreachable) parts.push(network.dataset.gone);
  if (refused) parts.push(said(refused, "refused"));
  network.textContent = parts.join(" · ");
  network.hidden = parts.length === 0;
}

// What is kept, shown where the page has room for it

const kept = document.getElementById("kept");
const sent = [];

function show(sales) {
  tell(sales);
  if (!kept) return;
  const rows = [...sent, ...sales].map(row);
  one("ul", kept).replaceChildren(...rows);
  kept.hidden = rows.length === 0;
}

// English is the British one, as on every page.
const tongue = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

function row(sale) {
  const item = one("template", kept).content.cloneNode(true).firstElementChild;
  const part = (name) => one(`[data-part="${name}"]`, item);
  item.dataset.state = sale.state;
  item.dataset.number = sale.number;
  part("who").textContent = sale.who;
  part("amount").textContent = sale.amount;
  part("at").textContent = new Date(sale.kept).toLocaleString(tongue, { dateStyle: "short", timeStyle: "short" });
  const said = part("said");
  if (sale.state === "recorded") said.append(link(sale.url, `${said.dataset.sent}: ${sale.said}`));
  else said.textContent = sale.state === "refused" ? sale.said : said.dataset.waits;
  part("deal").hidden = sale.state !== "refused";
  for (const name of ["enrol", "nobody"]) one(`[data-deal="${name}"]`, item).hidden = sale.code !== "member_not_found";
  return item;
}

function link(url, text) {
  const made = document.createElement("a");
  made.href = url;
  made.textContent = text;
  return made;
}

kept?.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-deal]");
  if (!button) return;
  const number = button.closest("li").dataset.number;
  const sale = (await outbox.all()).find((each) => each.number === number);
  if (!sale) return;
  const deal = button.dataset.deal;
  if (deal === "drop" && !button.dataset.pressed) {
    button.dataset.pressed = "yes";
    button.textContent = button.dataset.sure;
    return;
  }
  if (deal === "drop") await outbox.drop(number);
  else {
    if (deal === "enrol") sale.fields.push(["enrol", "on"]);
    if (deal === "nobody") sale.fields = sale.fields.filter(([name]) => name !== "who");
    await outbox.change({ ...sale, state: "waiting", said: "", code: "" });
  }
  await sendAll();
});

// Sending, one tab at a time

const SEND_EVERY_MS = 15000;

async function sendAll() {
  await navigator.locks.request(`fiel-counter-${shop}`, async () => {
    const waiting = (await outbox.all()).filter((sale) => sale.state === "waiting");
    if (waiting.length || unreachable) {
      try {
        const token = await outbox.token();
        unreachable = false;
        signedOut = token === undefined;
        for (const sale of signedOut ? [] : waiting) {
          const answer = await outbox.send(sale, token);
          if (answer.state === "recorded") sent.push({ ...sale, ...answer });
          if (answer.state === "signed out") signedOut = true;
        }
      } catch {
        unreachable = true;
      }
    }
    show(await outbox.all());
  });
}

addEventListener("online", sendAll);
addEventListener("offline", async () => {
  unreachable = true;
  tell(await outbox.all());
});
setInterval(sendAll, SEND_EVERY_MS);

// A sale is kept before it is sent: whatever happens on its way, it is not lost

addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.id === "find") sessionStorage.setItem("typed", one("#q").value);
  if (!form.matches("[data-keep]")) return;
  event.preventDefault();
  if (form.dataset.sending || !form.reportValidity()) return;
  form.dataset.sending = "yes";
  if (isAway) {
    form.elements.number.value = newNumber();
    form.elements.at.value = new Date().toISOString();
  }
  const fields = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken" && name !== "name");
  const who = form.elements.name?.value ?? form.elements.who?.value ?? "";
  try {
    const sale = await outbox.keep(fields, { who, amount: form.elements.amount.value });
    if (isAway) return again(form);
    await at(sale, form);
  } catch {
    form.submit(); // a browser that keeps nothing sends the form as it is
  }
});

async function again(form) {
  form.reset();
  delete form.dataset.sending;
  form.elements.who.focus();
  show(await outbox.all());
  await sendAll();
}

async function at(sale, form) {
  let answer;
  try {
    answer = await outbox.send(sale, one("[name=csrfmiddlewaretoken]", form).value);
  } catch {
    location.assign(home);
    return;
  }
  if (answer.state === "recorded") location.assign(answer.url);
  else if (answer.state === "signed out") location.assign(home);
  else {
    // Shown where it was typed: it is no longer one that waits.
    await outbox.drop(sale.number);
    form.submit();
  }
}

// The number pad, where there is no keyboard

function pads() {
  for (const pad of all(".pad[data-pad]")) {
    const field = one(pad.dataset.pad);
    if (!touch) continue;
    pad.hidden = false;
    field.inputMode = "none";
  }
}

addEventListener("click", ({ target }) => {
  const key = target.closest("[data-key]");
  if (!key) return;
  const field = one(key.closest(".pad").dataset.pad);
  field.value = key.dataset.key === "back" ? field.value.slice(0, -1) : field.value + key.dataset.key;
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

// The camera

for (const button of navigator.mediaDevices?.getUserMedia ? all("[data-scan]") : []) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const { scan } = await import(counter.dataset.camera);
    const text = await scan(counter.dataset);
    const field = one(button.dataset.scan);
    field.focus();
    if (!text) return;
    field.value = text;
    if (!isAway) field.form.requestSubmit();
  });
}

// Letters instead of figures on a phone's own keyboard

const letters = document.getElementById("letters");
if (letters && touch) {
  letters.hidden = false;
  letters.addEventListener("click", () => {
    const text = one("#q").inputMode === "tel";
    one("#q").inputMode = text ? "text" : "tel";
    letters.setAttribute("aria-pressed", String(text));
    one("#q").focus();
  });
}

// Keys

addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select");
  const press = (selector) => {
    const target = one(selector);
    if (target) {
      event.preventDefault();
      target.focus();
      if (target.matches("a, button")) target.click();
    }
  };
  if (event.key === "/" && !typing) press("#q, #amount");
  else if (event.key === "F2") press("#enrol");
  else if (event.key === "F3" && one("#items")) {
    one("#items").open = true;
    press("#item");
  } else if (event.key === "F4") location.assign(`${home}receipts/`);
  else if (event.key === "F8") press("#undo");
  else if (event.key === "Escape" && !isAway) location.assign(home);
});

// Begin

pads();
// An item came or went: the field is free for the next one, and what was typed meanwhile is counted

document.body.addEventListener("htmx:afterSettle", ({ target }) => {
  if (target.id !== "sale") return;
  pads();
  one("#item").value = "";
  one("#matches").replaceChildren();
  if (!target.contains(document.activeElement)) one("[autofocus]", target)?.focus();
  target.dispatchEvent(new Event("change", { bubbles: true }));
});
if (isAway) {
  one("#who").value = sessionStorage.getItem("typed") ?? "";
  addEventListener("online", () => setTimeout(() => location.reload(), 1000));
} else sessionStorage.removeItem("typed");
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register(worker).catch(() => {});
  navigator.serviceWorker.ready.then(({ active }) => active.postMessage("keep"));
}
show(await outbox.all());
counter.dataset.ready = "yes";
await sendAll();

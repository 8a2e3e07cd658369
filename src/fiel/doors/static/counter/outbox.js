// Sales that are kept on this device until they are recorded: written before they are sent, removed once answered.
// Each has the number that its form made, so that one sent twice is recorded once. Nothing is counted here.

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export function newNumber() {
  let rest = Date.now();
  let head = "";
  while (rest) {
    head = ALPHABET[rest % 32] + head;
    rest = Math.floor(rest / 32);
  }
  const tail = crypto.getRandomValues(new Uint8Array(6));
  return `${head}-${Array.from(tail, (byte) => ALPHABET[byte % 32]).join("")}`;
}

export class Outbox {
  constructor(shop, sell, state) {
    this.shop = shop;
    this.sell = sell;
    this.state = state;
    this.opening = null;
  }

  database() {
    this.opening ??= new Promise((done, failed) => {
      const asked = indexedDB.open(`fiel-counter-${this.shop}`, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("sales", { keyPath: "number" });
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error);
    });
    return this.opening;
  }

  async in(mode, work) {
    const database = await this.database();
    return new Promise((done, failed) => {
      // Strict: written to the disk before anything is sent.
      const change = database.transaction("sales", mode, { durability: "strict" });
      const asked = work(change.objectStore("sales"));
      change.oncomplete = () => done(asked.result);
      change.onerror = change.onabort = () => failed(change.error);
    });
  }

  async all() {
    const sales = await this.in("readonly", (store) => store.getAll());
    return sales.sort((one, other) => one.kept - other.kept);
  }

  // `fields`: what the form says, as pairs. `who` and `amount` are for the eye alone.
  async keep(fields, { who, amount }) {
    const number = fields.find(([name]) => name === "number")[1];
    const sale = { number, fields, who, amount, kept: Date.now(), state: "waiting", said: "", code: "" };
    await this.in("readwrite", (store) => store.put(sale));
    return sale;
  }

  change(sale) {
    return this.in("readwrite", (store) => store.put(sale));
  }

  drop(number) {
    return this.in("readwrite", (store) => store.delete(number));
  }

  // The token with which a form may be sent, of whoever is signed in by now; undefined: nobody is.
  async token() {
    const answer = await fetch(this.state, { headers: { Accept: "application/json" }, redirect: "manual" });
    if (answer.status >= 500) throw new Error("away");
    return answer.ok ? (await answer.json()).token : undefined;
  }

  // Sends one sale. "recorded" with its receipt's address, "refused" with the reason, "signed out"; throws without
  // network. What is refused stays, until somebody has dealt with it.
  async send(sale, token) {
    const body = new URLSearchParams(sale.fields);
    const headers = { Accept: "application/json", "X-CSRFToken": token };
    const answer = await fetch(this.sell, { method: "POST", body, headers, redirect: "manual" });
    const told = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : null;
    if (answer.ok && told) {
      await this.drop(sale.number);
      return { state: "recorded", url: told.url, said: told.said };
    }
    const wait = answer.status >= 500 || answer.status === 429;
    if (wait) throw new Error("away");
    if (!told) return { state: "signed out" };
    Object.assign(sale, { state: "refused", said: told.said, code: told.code });
    await this.change(sale);
    return { state: "refused", said: told.said, code: told.code };
  }
}

// A shop with three things in it. Whatever serves it calls `respond` for each request.
import { readFileSync } from "node:fs";

const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");

export const goods = [
  { name: "Goose feather", pence: 120 },
  { name: "Quill", pence: 350 },
  { name: "Inkwell", pence: 1499 },
];

export const price = (pence) => `£${(pence / 100).toFixed(2)}`;

const revision = () => {
  try {
    return read("./public/revision.txt").trim();
  } catch {
    return "not deployed";
  }
};

/** Answers a path: status, content type, body. */
export function respond(path) {
  if (path === "/health")
    return [200, "application/json", JSON.stringify({ ok: true, revision: revision() })];
  if (path === "/style.css") return [200, "text/css", read("./public/style.css")];
  if (path !== "/") return [404, "text/plain", "nothing here\n"];
  const rows = goods.map(({ name, pence }) => `<li><span>${name}</span><b>${price(pence)}</b></li>`).join("");
  const page = read("./public/index.html")
    .replace("{goods}", rows)
    .replace("{revision}", revision().slice(0, 7));
  return [200, "text/html; charset=utf-8", page];
}

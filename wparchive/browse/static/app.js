// Keys are shortcuts to what stands on the page as a link or a button; without this script nothing is missing.
"use strict";
const typing = (node) => node.closest("input, select, textarea, [contenteditable]");
const places = () => [...document.querySelectorAll("[data-step]")];
function step(by) {
  const all = places();
  if (!all.length) return;
  const at = all.findIndex((one) => one === document.activeElement || one.matches(":target"));
  const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by))];
  next.setAttribute("tabindex", "-1");
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "center" });
}
const follow = (name) => document.querySelector(`[data-key="${name}"]`)?.click();
const open = (node) => {
  if (!node) return;
  node.open = true;
  node.scrollIntoView({ block: "center" });
  node.querySelector("summary")?.focus({ preventScroll: true });
};
const keys = {
  "/": () => document.getElementById("q")?.focus(),
  n: () => step(1),
  p: () => step(-1),
  "[": () => follow("earlier"),
  "]": () => follow("later"),
  s: () => follow("side"),
  c: () => open(document.getElementById("cite")),
  "?": () => open(document.getElementById("keys")),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const act = keys[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-go]")) event.target.form.requestSubmit();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) navigator.clipboard?.writeText(document.getElementById(button.dataset.copy)?.textContent ?? "");
});

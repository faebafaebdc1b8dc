// The tools: which one is in hand, how wide it is, and which class it paints.

const $ = (id) => document.getElementById(id);
export const CLASS_KEYS = "1234567890qw";
export const TOOL_KEYS = { b: "brush", r: "rectangle", f: "fill", e: "eraser" };

export const hand = {
  get tool() { return document.querySelector("[name=tool]:checked").value; },
  get width() { return Number($("width").value); },
  get id() { return this.tool === "eraser" ? this.ground : this.chosen; },
  chosen: 0,
  ground: 0,
};

/** Offer the classes of a model, windows first in hand. */
export function showClasses(model) {
  hand.ground = model.ground;
  const start = model.classes.findIndex(({ name }) => name === "window");
  hand.chosen = Math.max(start, 0);
  const labels = model.classes.map(({ name, colour }, id) => {
    const label = document.createElement("label");
    label.innerHTML = "<input type=radio name=class><span><i></i><b></b><kbd></kbd></span>";
    const key = CLASS_KEYS[id] ?? "";
    label.title = `${name} (${id === model.ground ? "the ground; " : ""}${key ? `key ${key.toUpperCase()}` : "no key"})`;
    label.querySelector("input").value = id;
    label.querySelector("input").checked = id === hand.chosen;
    label.querySelector("i").style.background = `rgb(${colour})`;
    label.querySelector("b").textContent = name;
    label.querySelector("kbd").textContent = key.toUpperCase();
    return label;
  });
  $("classes").replaceChildren($("classes").querySelector("legend"), ...labels);
}

/** Choose a tool or a class, as a click would. */
export function choose(name, value) {
  const input = document.querySelector(`[name=${name}][value="${value}"]`);
  if (!input) return;
  input.checked = true;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

export function showWidth() { $("pixels").value = `${hand.width} px`; }

$("classes").addEventListener("change", (event) => {
  hand.chosen = Number(event.target.value);
  if (hand.tool === "eraser") choose("tool", "brush"); // an eraser would not paint the class
});
$("width").addEventListener("input", showWidth);

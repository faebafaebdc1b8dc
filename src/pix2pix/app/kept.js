// The drawing that this tab keeps from one load of the page to the next.

import { bytes } from "./calls.js";

const KEPT = "drawing";

export function keep({ width, height, classes }, ids) {
  const content = btoa(Array.from(ids, (id) => String.fromCharCode(id)).join(""));
  try { sessionStorage.setItem(KEPT, JSON.stringify({ width, height, classes, ids: content })); } catch { /* this browser keeps nothing */ }
}

/** The ids of the drawing that this tab has kept for such a model; null if there is none. */
export function kept(model) {
  let content = "{}";
  try { content = sessionStorage.getItem(KEPT) ?? content; } catch { /* this browser keeps nothing */ }
  const { width, height, classes, ids } = JSON.parse(content);
  const same = ids && width === model.width && height === model.height;
  return same && JSON.stringify(classes) === JSON.stringify(model.classes) ? bytes(ids) : null;
}

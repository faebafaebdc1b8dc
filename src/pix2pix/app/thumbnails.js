// Small pictures, for the buttons with which a drawing starts.

import { painted } from "./drawing.js";

/** The thumbnail of a picture in base64. */
export function photo(picture) {
  const shown = new Image();
  shown.src = `data:image/png;base64,${picture}`;
  shown.alt = "";
  return shown;
}

/** The thumbnail of a label map, from its class ids. */
export function thumbnail({ width, height, classes }, ids) {
  const shown = document.createElement("canvas");
  [shown.width, shown.height] = [width, height];
  const colours = classes.map(({ colour }) => colour);
  shown.getContext("2d").putImageData(painted({ width, height, ids }, colours), 0, 0);
  return shown;
}

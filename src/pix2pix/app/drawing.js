// A label map that a person draws. It has a class id for every pixel, so its edges are hard and it has no other colours.

const STEPS_BACK = 200;

/** The ids of an empty drawing. */
export function empty({ width, height, ground }) { return new Uint8Array(width * height).fill(ground); }

/** The pixel nearest to a place on a side of so many pixels. */
export function within(place, side) { return Math.min(Math.max(place, 0), side - 1); }

/** The ids of a drawing in the size of a model: each pixel is the nearest one. */
export function resized(drawing, { width, height }) {
  const source = (place, from, to) => Math.floor((place + 0.5) * from / to);
  return Uint8Array.from({ length: width * height }, (_, at) => {
    const row = source(Math.floor(at / width), drawing.height, height);
    return drawing.ids[row * drawing.width + source(at % width, drawing.width, width)];
  });
}

/** The picture of a drawing; `colours` has [red, green, blue] for each id. */
export function painted({ width, height, ids }, colours) {
  const picture = new ImageData(width, height);
  const pixels = new Uint32Array(picture.data.buffer); // a number a pixel, because a stroke is painted once a frame
  const opaque = new Uint32Array(Uint8Array.from(colours.flatMap((colour) => [...colour, 255])).buffer);
  for (let at = 0; at < ids.length; at++) pixels[at] = opaque[ids[at]];
  return picture;
}

export class Drawing {
  /** A drawing in the size of a model. */
  constructor({ width, height }, ids) {
    this.width = width;
    this.height = height;
    this.ids = ids;
    this.past = [];
    this.future = [];
  }

  /** Let `paint` change the ids, as one step for `undo`. Returns whether anything has changed. */
  step(paint) {
    const before = this.ids.slice();
    paint();
    return this.keep(before);
  }

  /** Remember earlier ids as one step back, unless they are the same. Returns whether they differ. */
  keep(before) {
    if (before.every((id, at) => id === this.ids[at])) return false;
    this.past.push(before);
    if (this.past.length > STEPS_BACK) this.past.shift();
    this.future = [];
    return true;
  }

  undo() { return this.#go(this.past, this.future); }
  redo() { return this.#go(this.future, this.past); }

  #go(from, to) {
    if (!from.length) return false;
    to.push(this.ids);
    this.ids = from.pop();
    return true;
  }

  replace(ids) { this.ids = ids.slice(); }

  /** Draw a line from one pixel to another with a round brush. */
  line(from, to, width, id) {
    const steps = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y), 1);
    for (let step = 0; step <= steps; step++) {
      this.dab(Math.round(from.x + (to.x - from.x) * step / steps), Math.round(from.y + (to.y - from.y) * step / steps), width, id);
    }
  }

  /** Draw a disc of `width` pixels. If the width is even, the middle is the pixel's upper left corner. */
  dab(x, y, width, id) {
    const shift = width % 2 ? 0 : 0.5;
    const reach = Math.ceil(width / 2);
    for (let row = Math.max(y - reach, 0); row <= Math.min(y + reach, this.height - 1); row++) {
      for (let column = Math.max(x - reach, 0); column <= Math.min(x + reach, this.width - 1); column++) {
        if (Math.hypot(column - x + shift, row - y + shift) < width / 2) this.ids[row * this.width + column] = id;
      }
    }
  }

  /** Draw the rectangle that has these two pixels in its corners. */
  rectangle(a, b, id) {
    const ends = (one, other, side) => [within(Math.min(one, other), side), within(Math.max(one, other), side)];
    const [left, right] = ends(a.x, b.x, this.width);
    const [top, bottom] = ends(a.y, b.y, this.height);
    for (let row = top; row <= bottom; row++) {
      this.ids.fill(id, row * this.width + left, row * this.width + right + 1);
    }
  }

  /** Fill this pixel and all that are joined to it by pixels of its class, side by side. */
  flood(x, y, id) {
    const { ids, width, height } = this;
    const old = ids[y * width + x];
    if (old === id) return;
    const waiting = [y * width + x];
    while (waiting.length) {
      const at = waiting.pop();
      if (ids[at] !== old) continue;
      ids[at] = id;
      const column = at % width;
      if (column > 0) waiting.push(at - 1);
      if (column < width - 1) waiting.push(at + 1);
      if (at >= width) waiting.push(at - width);
      if (at < width * (height - 1)) waiting.push(at + width);
    }
  }
}

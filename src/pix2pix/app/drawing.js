// A label map that a person draws. It has a class id for every pixel, so its edges are hard and it has no other colours.

const STEPS_BACK = 200;

/** The ids of an empty drawing. */
export function empty({ size, ground }) { return new Uint8Array(size ** 2).fill(ground); }

/** The ids of a square label map in another size: each pixel is the nearest one. */
export function resized(ids, from, to) {
  return Uint8Array.from({ length: to * to }, (_, at) => {
    const [row, column] = [Math.floor(at / to), at % to].map((place) => Math.floor((place + 0.5) * from / to));
    return ids[row * from + column];
  });
}

export class Drawing {
  constructor(size, ids) {
    this.size = size;
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
    for (let row = Math.max(y - reach, 0); row <= Math.min(y + reach, this.size - 1); row++) {
      for (let column = Math.max(x - reach, 0); column <= Math.min(x + reach, this.size - 1); column++) {
        if (Math.hypot(column - x + shift, row - y + shift) < width / 2) this.ids[row * this.size + column] = id;
      }
    }
  }

  /** Draw the rectangle that has these two pixels in its corners. */
  rectangle(a, b, id) {
    const edge = (value) => Math.min(Math.max(value, 0), this.size - 1);
    const [left, right] = [edge(Math.min(a.x, b.x)), edge(Math.max(a.x, b.x))];
    for (let row = edge(Math.min(a.y, b.y)); row <= edge(Math.max(a.y, b.y)); row++) {
      this.ids.fill(id, row * this.size + left, row * this.size + right + 1);
    }
  }

  /** Fill this pixel and all that are joined to it by pixels of its class, side by side. */
  flood(x, y, id) {
    const { ids, size } = this;
    const old = ids[y * size + x];
    if (old === id) return;
    const waiting = [y * size + x];
    while (waiting.length) {
      const at = waiting.pop();
      if (ids[at] !== old) continue;
      ids[at] = id;
      const column = at % size;
      if (column > 0) waiting.push(at - 1);
      if (column < size - 1) waiting.push(at + 1);
      if (at >= size) waiting.push(at - size);
      if (at < size * (size - 1)) waiting.push(at + size);
    }
  }
}

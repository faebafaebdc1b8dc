// A label map in the making: a class id for every pixel, so that every edge is hard and every colour a class's.

const STEPS_BACK = 200;

export class Drawing {
  constructor(size, ids) {
    this.size = size;
    this.ids = ids;
    this.past = [];
    this.future = [];
  }

  /** One step for `undo`: what `paint` does to the ids. Says whether anything is different. */
  step(paint) {
    const before = this.ids.slice();
    paint();
    return this.keep(before);
  }

  /** Remember ids of before as one step back, unless they are the same. */
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

  /** A round brush, drawn from one pixel to another. */
  line(from, to, width, id) {
    const steps = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y), 1);
    for (let step = 0; step <= steps; step++) {
      this.dab(Math.round(from.x + (to.x - from.x) * step / steps), Math.round(from.y + (to.y - from.y) * step / steps), width, id);
    }
  }

  /** A disc of `width` pixels; of an even width its middle is the pixel's upper left corner. */
  dab(x, y, width, id) {
    const shift = width % 2 ? 0 : 0.5;
    const reach = Math.ceil(width / 2);
    for (let row = Math.max(y - reach, 0); row <= Math.min(y + reach, this.size - 1); row++) {
      for (let column = Math.max(x - reach, 0); column <= Math.min(x + reach, this.size - 1); column++) {
        if (Math.hypot(column - x + shift, row - y + shift) < width / 2) this.ids[row * this.size + column] = id;
      }
    }
  }

  /** The rectangle between two pixels, both within. */
  rectangle(a, b, id) {
    const edge = (value) => Math.min(Math.max(value, 0), this.size - 1);
    const [left, right] = [edge(Math.min(a.x, b.x)), edge(Math.max(a.x, b.x))];
    for (let row = edge(Math.min(a.y, b.y)); row <= edge(Math.max(a.y, b.y)); row++) {
      this.ids.fill(id, row * this.size + left, row * this.size + right + 1);
    }
  }

  /** All pixels of one class that hang together with this one, by their sides. */
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

// The canvas on which people draw: the drawing, and over it a preview of the tool in hand.

import { painted, within } from "./drawing.js";

const FAR = 8; // an arrow key with Shift goes so many pixels

export class Canvas {
  /**
   * `sheet` holds two canvases: the drawing's, and above it the preview's, which takes the pointer.
   * `hand` has the tool, its width and the class that it paints. `changed` is called when a stroke has ended.
   */
  constructor(sheet, hand, changed) {
    [this.below, this.above] = sheet.querySelectorAll("canvas");
    this.hand = hand;
    this.changed = changed;
    this.at = null; // the pixel under the pointer, or under the cursor of the arrow keys
    this.from = null; // where a rectangle began, or where a stroke is now
    for (const [event, what] of Object.entries({
      pointerdown: this.#down, pointermove: this.#move, pointerup: this.#up, pointercancel: this.cancel,
      pointerleave: this.#leave, keydown: this.#key, blur: this.#leave,
    })) this.above.addEventListener(event, what.bind(this));
    new ResizeObserver(() => this.#preview()).observe(this.above);
  }

  show(drawing, colours) {
    this.drawing = drawing;
    this.colours = colours;
    this.from = this.before = null;
    [this.below.width, this.below.height] = [drawing.width, drawing.height];
    this.paint();
  }

  paint() {
    this.below.getContext("2d").putImageData(painted(this.drawing, this.colours), 0, 0);
    this.#preview();
  }

  #pixel(event) {
    const box = this.above.getBoundingClientRect();
    const scale = this.drawing.width / box.width;
    return { x: Math.floor((event.clientX - box.left) * scale), y: Math.floor((event.clientY - box.top) * scale) };
  }

  #down(event) {
    if (event.button !== 0 || !event.isPrimary || !this.drawing) return;
    event.preventDefault();
    this.above.focus({ preventScroll: true });
    this.above.setPointerCapture(event.pointerId);
    this.#begin(this.#pixel(event));
  }

  #move(event) {
    if (!this.drawing || !event.isPrimary) return;
    const touched = event.getCoalescedEvents?.() ?? [];
    for (const each of touched.length ? touched : [event]) this.#go(this.#pixel(each));
    this.#refresh();
  }

  #up(event) {
    if (!this.before || !event.isPrimary) return;
    this.#end(this.#pixel(event));
    if (event.pointerType === "touch") this.at = null;
    this.#preview();
  }

  /** Give up a stroke that has not ended. */
  cancel() {
    if (!this.before) return;
    this.drawing.ids = this.before;
    this.before = this.from = null;
    this.paint();
  }

  #leave() {
    if (this.before && this.hand.tool === "rectangle" && this.byKey) this.cancel();
    if (this.before) return;
    this.at = null;
    this.#preview();
  }

  /** Arrow keys move a cursor, Space and Enter use the tool, Escape lets go of a rectangle. */
  #key(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || !(way || [" ", "Enter", "Escape"].includes(event.key))) return;
    if (event.key === "Escape") { this.cancel(); return; }
    event.preventDefault();
    const { width, height } = this.drawing;
    this.at ??= { x: width >> 1, y: height >> 1 };
    if (way) {
      const far = event.shiftKey ? FAR : 1;
      this.at = { x: within(this.at.x + far * way[0], width), y: within(this.at.y + far * way[1], height) };
    } else if (this.before) {
      this.#end(this.at);
    } else {
      this.#begin(this.at);
      if (this.hand.tool !== "rectangle" && this.before) this.#end(this.at);
      else this.byKey = true;
    }
    this.#preview();
  }

  #begin(pixel) {
    const { width, height } = this.drawing;
    if (pixel.x < 0 || pixel.y < 0 || pixel.x >= width || pixel.y >= height) return;
    this.at = this.from = pixel;
    this.byKey = false;
    this.before = this.drawing.ids.slice();
    if (this.hand.tool === "fill") this.drawing.flood(pixel.x, pixel.y, this.hand.id);
    else if (this.hand.tool !== "rectangle") this.#go(pixel);
    this.#refresh();
  }

  #go(pixel) {
    this.at = pixel;
    if (!this.before || this.hand.tool === "rectangle" || this.hand.tool === "fill") return;
    this.drawing.line(this.from, pixel, this.hand.width, this.hand.id);
    this.from = pixel;
  }

  #end(pixel) {
    if (this.hand.tool === "rectangle") this.drawing.rectangle(this.from, pixel, this.hand.id);
    const { before } = this;
    this.before = this.from = null;
    this.paint();
    if (this.drawing.keep(before)) this.changed();
  }

  /** Paint once a frame, however many events there are. */
  #refresh() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.paint();
    });
  }

  /** Show what the tool would do under the pointer. */
  #preview() {
    const box = this.above.getBoundingClientRect();
    const dense = window.devicePixelRatio || 1;
    [this.above.width, this.above.height] = [box.width, box.height].map((side) => Math.round(side * dense));
    if (!this.drawing || !this.at || !box.width) return;
    const pen = this.above.getContext("2d");
    const scale = this.above.width / this.drawing.width;
    const { tool, width, id } = this.hand;
    const path = new Path2D();
    let filled = false;
    if (tool === "rectangle" && this.before) {
      const [left, top] = [Math.min(this.from.x, this.at.x), Math.min(this.from.y, this.at.y)];
      path.rect(left * scale, top * scale, (Math.abs(this.from.x - this.at.x) + 1) * scale, (Math.abs(this.from.y - this.at.y) + 1) * scale);
      filled = true;
    } else if (tool === "brush" || tool === "eraser") {
      const middle = width % 2 ? 0.5 : 0;
      path.arc((this.at.x + middle) * scale, (this.at.y + middle) * scale, width / 2 * scale, 0, 7);
    } else {
      const [x, y, arm] = [(this.at.x + 0.5) * scale, (this.at.y + 0.5) * scale, 9 * dense];
      path.moveTo(x - arm, y); path.lineTo(x + arm, y);
      path.moveTo(x, y - arm); path.lineTo(x, y + arm);
    }
    if (filled) {
      pen.fillStyle = `rgb(${this.colours[id]})`;
      pen.fill(path);
    }
    for (const [colour, thickness] of [["#000b", 3], ["#fff", 1.25]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = thickness * dense;
      pen.stroke(path);
    }
  }
}

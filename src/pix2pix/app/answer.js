// A model's answer to the drawing. One question is asked at a time, and of those that wait only the newest.

import { bytes, call } from "./calls.js";

export class Answer {
  /** `section` shows the answer; `failed` is called with the words of an error. */
  constructor(section, failed) {
    this.section = section;
    this.failed = failed;
    this.picture = section.querySelector("img");
    this.link = section.querySelector(".save");
    this.time = section.querySelector(".time");
  }

  /** From now on this model answers. */
  use(model) {
    this.model = model;
    this.section.querySelector(".words").textContent = model?.words ?? "";
    this.link.title = `Save the ${model?.gives} as PNG`;
    this.link.setAttribute("aria-label", `Save the ${model?.gives}`);
    this.picture.alt = `The ${model?.gives} that the model has made`;
  }

  /** The drawing has changed, so an answer will come. */
  expect() {
    this.expected = true;
    this.section.setAttribute("aria-busy", "true");
  }

  /** Ask a question: the file in base64, the seed, and the time since which a person waits. */
  async ask(question) {
    this.next = question;
    if (this.busy) return;
    this.busy = true;
    while (this.next) {
      this.expected = false;
      const { file, seed, since } = this.next;
      const { model } = this;
      this.next = null;
      try {
        const { picture } = await call("translate", model.name, file, seed);
        if (model === this.model) await this.#show(picture, seed, since);
      } catch (error) {
        this.section.classList.add("stale");
        this.time.value = "";
        if (!this.next) this.failed(error.message);
      }
    }
    this.busy = false;
    if (!this.expected) this.section.setAttribute("aria-busy", "false");
  }

  async #show(picture, seed, since) {
    const url = URL.createObjectURL(new Blob([bytes(picture)], { type: "image/png" }));
    const old = this.link.href;
    this.picture.src = url;
    await this.picture.decode();
    this.picture.hidden = false;
    this.section.classList.remove("stale");
    this.time.value = `${((performance.now() - since) / 1000).toFixed(1)} s`;
    this.link.href = url;
    this.link.download = `${this.model.gives.replace(" ", "-")}-seed-${seed}.png`;
    this.link.removeAttribute("aria-disabled");
    if (old) URL.revokeObjectURL(old);
  }
}

// A model's answer to the drawing. One question is asked at a time, and of those that wait only the newest.

import { Renewed, bytes, call } from "./calls.js";

export class Answer {
  /** `section` shows the answer. `failed` is called with the words of an error, `renewed` when the model has changed. */
  constructor(section, failed, renewed) {
    this.section = section;
    this.failed = failed;
    this.renewed = renewed;
    this.picture = section.querySelector("img");
    this.link = section.querySelector(".save");
    this.time = section.querySelector(".time");
  }

  /** From now on this model answers; null stands for none. The old one's answer and its next question are dropped. */
  use(model) {
    this.model = model;
    this.next = null;
    this.expected = false;
    this.section.setAttribute("aria-busy", "false");
    this.picture.hidden = true;
    this.time.value = "";
    if (this.link.href) URL.revokeObjectURL(this.link.href);
    this.link.removeAttribute("href");
    this.link.setAttribute("aria-disabled", "true");
    const gives = model?.gives ?? "answer";
    this.section.querySelector(".words").textContent = model?.words ?? "";
    this.link.title = `Save the ${gives} as PNG`;
    this.link.setAttribute("aria-label", `Save the ${gives}`);
    this.picture.alt = `The ${gives} that the model has made`;
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
        const { picture } = await call("translate", model.name, model.identity, file, seed);
        if (model === this.model) await this.#show(model, picture, seed, since);
      } catch (error) {
        if (model !== this.model) continue;
        this.section.classList.add("stale");
        this.time.value = "";
        if (error instanceof Renewed) await this.renewed();
        else if (!this.next) this.failed(error.message);
      }
    }
    this.busy = false;
    if (!this.expected) this.section.setAttribute("aria-busy", "false");
  }

  async #show(model, picture, seed, since) {
    const url = URL.createObjectURL(new Blob([bytes(picture)], { type: "image/png" }));
    this.picture.src = url;
    await this.picture.decode();
    if (model !== this.model) { URL.revokeObjectURL(url); return; }
    const old = this.link.href;
    this.picture.hidden = false;
    this.section.classList.remove("stale");
    this.time.value = `${((performance.now() - since) / 1000).toFixed(1)} s`;
    this.link.href = url;
    this.link.download = `${model.gives.replace(" ", "-")}-seed-${seed}.png`;
    this.link.removeAttribute("aria-disabled");
    if (old) URL.revokeObjectURL(old);
  }
}

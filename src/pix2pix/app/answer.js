// A model's answer to what is drawn: asked for once at a time, the newest question first.

import { bytes, call } from "./calls.js";

export class Answer {
  /** `section` shows it; `failed` is told of what went wrong. */
  constructor(section, failed) {
    this.section = section;
    this.failed = failed;
    this.picture = section.querySelector("img");
    this.link = section.querySelector("a.button");
    this.time = section.querySelector(".time");
  }

  /** From now on the answers are this model's. */
  use(model) {
    this.model = model;
    this.section.querySelector(".words").textContent = model?.words ?? "";
    this.section.querySelector(".saves span").textContent = `Save ${model?.gives ?? "photo"}`;
    this.picture.alt = `The ${model?.gives} that the model has made`;
  }

  /** `question`: the file in base64, the seed, and since when it is waited for. */
  async ask(question) {
    this.next = question;
    if (this.busy) return;
    this.busy = true;
    this.section.classList.add("busy");
    while (this.next) {
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
    this.section.classList.remove("busy");
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

// The page of a model that starts from noise: pictures of a seed, and the way from one noise to another.

import { call } from "./calls.js";

const COUNT = 16;
const SEEDS = 2 ** 31;
const at = (id) => document.getElementById(id);
const state = { model: "", name: "", seed: 0, pictures: [], ends: [[0, 0], [0, 1]], next: 0, waiting: false, again: false };

function tell(words) {
  at("message").hidden = !words;
  at("message").querySelector("p").textContent = words;
}

async function trying(work) {
  try {
    await work();
    tell("");
  } catch (error) {
    tell(error.message);
  }
}

const uri = (picture) => `data:image/png;base64,${picture}`;

async function choose(name) {
  const about = await call("describe", name);
  state.model = about.name;
  state.name = about.classes.includes(state.name) ? state.name : (about.classes[0] ?? "");
  at("class").replaceChildren(...about.classes.map((each) => new Option(each, each, false, each === state.name)));
  for (const each of ["class-field", "class-note", "class-option"]) at(each).hidden = !about.classes.length;
  at("words").textContent = about.words;
  await draw(state.seed);
}

async function draw(seed, ends = [[seed, 0], [seed, 1]]) {
  const { pictures } = await call("draw", state.model, seed, COUNT, state.name);
  Object.assign(state, { seed, pictures, ends, next: 0 });
  at("seed").value = seed;
  at("drawn").replaceChildren(...pictures.map(tile));
  await show();
}

function tile(picture, number) {
  const button = document.createElement("button");
  button.type = "button";
  button.title = `Seed ${state.seed}, picture ${number + 1}`;
  const image = document.createElement("img");
  image.src = uri(picture);
  image.alt = button.title;
  button.append(image);
  button.addEventListener("click", () => {
    state.ends[state.next] = [state.seed, number];
    state.next = 1 - state.next;
    trying(show);
  });
  return button;
}

// The end that is left from earlier may be of another seed, so both are asked for.
async function show() {
  for (const [place, percent] of [["first", 0], ["last", 100]]) {
    const { picture } = await call("between", state.model, ...state.ends, percent, state.name);
    const [seed, number] = state.ends[percent ? 1 : 0];
    at(place).src = uri(picture);
    at(`${place}-words`).textContent = `seed ${seed}, picture ${number + 1}`;
  }
  [...at("drawn").children].forEach((button, number) => {
    const chosen = state.ends.some(([seed, own]) => seed === state.seed && own === number);
    button.setAttribute("aria-pressed", chosen);
  });
  await go();
}

// While one picture is made, the slider may move on: then only its last place counts.
async function go() {
  if (state.waiting) {
    state.again = true;
    return;
  }
  state.waiting = true;
  try {
    do {
      state.again = false;
      const percent = Number(at("percent").value);
      const { picture } = await call("between", state.model, ...state.ends, percent, state.name);
      at("made").src = uri(picture);
      at("share").textContent = `${percent} %`;
    } while (state.again);
  } finally {
    state.waiting = false;
  }
}

at("message").querySelector("button").addEventListener("click", () => tell(""));
at("new").addEventListener("click", () => trying(() => draw(Math.floor(Math.random() * SEEDS))));
at("seed").addEventListener("change", () => trying(() => draw(Number(at("seed").value))));
at("percent").addEventListener("input", () => trying(go));
at("class").addEventListener("change", () => {
  state.name = at("class").value;
  trying(() => draw(state.seed, state.ends));
});
at("model").addEventListener("change", () => trying(() => choose(at("model").value)));

trying(async () => {
  await choose("");
  const { models } = await call("models");
  at("model").replaceChildren(...models.map(({ name, words }) => new Option(words, name, false, name === state.model)));
});

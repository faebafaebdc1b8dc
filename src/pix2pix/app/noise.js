// The page of a model that starts from noise: pictures of a seed, and the way from one noise to another.

import { Renewed, call } from "./calls.js";
import { attempt, fail, say } from "./messages.js";
import { SEEDS, seed } from "./seed.js";

const COUNT = 16;
const at = (id) => document.getElementById(id);
const uri = (picture) => `data:image/png;base64,${picture}`;
/** The choice of a seed: the way goes from its first picture to its second one; a click replaces the first end. */
const from = (number) => ({ seed: number, ends: [[number, 0], [number, 1]], next: 0 });

let shown = { model: "", name: "", ...from(0) }; // what was chosen, and the server's answers to it
let chosen = shown; // what is to be shown
let turn = 0; // of the last choice
let waiting = false; // for the picture on the way
let again = false; // since what it depends on has changed

/** Make a choice. It is shown when all of it is there, unless another one follows. If it fails, all stays as it was. */
async function choose(choice) {
  const mine = ++turn;
  chosen = { ...chosen, ...choice };
  say("");
  try {
    const found = await answered(chosen).catch((error) => {
      if (error instanceof Renewed) return answered(chosen, true);
      throw error;
    });
    if (mine === turn) show(found);
  } catch (error) {
    if (mine !== turn) return;
    fail(error.message);
    chosen = shown;
    showChoice();
  }
}

/** A choice with the server's answers. Only what has changed is asked for, and all of it of another model. */
async function answered(choice, anew = !shown.about) {
  const found = { ...choice };
  const changed = (...keys) => anew || keys.some((key) => found[key] !== shown[key]);
  if (changed("model")) {
    found.about = await call("describe", found.model);
    found.model = found.about.name;
    if (!found.about.classes.includes(found.name)) found.name = found.about.classes[0] ?? "";
  }
  if (changed("model", "name", "seed")) {
    found.pictures = (await call("draw", found.model, found.about.identity, found.seed, COUNT, found.name)).pictures;
  }
  found.outer = [await between(found, 0), await between(found, 100)]; // one end may be of another seed
  return found;
}

async function between({ model, about, ends, name }, percent) {
  return (await call("between", model, about.identity, ...ends, percent, name)).picture;
}

function show(found) {
  const old = shown;
  shown = chosen = found;
  const { about, pictures, ends, outer } = shown;
  if (about !== old.about) {
    at("class").replaceChildren(...about.classes.map((each) => new Option(each, each)));
    for (const each of ["class-field", "class-note", "class-option"]) at(each).hidden = !about.classes.length;
    at("words").textContent = about.words;
  }
  if (pictures !== old.pictures) at("drawn").replaceChildren(...pictures.map(tile));
  ["first", "last"].forEach((place, each) => {
    at(place).src = uri(outer[each]);
    at(`${place}-words`).textContent = `seed ${ends[each][0]}, picture ${ends[each][1] + 1}`;
  });
  [...at("drawn").children].forEach((button, number) => {
    button.setAttribute("aria-pressed", ends.some(([of, own]) => of === shown.seed && own === number));
  });
  showChoice();
  go();
}

function showChoice() {
  at("model").value = shown.model;
  at("class").value = shown.name;
  at("seed").value = shown.seed;
}

function tile(picture, number) {
  const button = document.createElement("button");
  button.type = "button";
  button.title = `Seed ${shown.seed}, picture ${number + 1}`;
  const image = document.createElement("img");
  image.src = uri(picture);
  image.alt = button.title;
  button.append(image);
  button.addEventListener("click", () => {
    const ends = chosen.ends.map((end, each) => (each === chosen.next ? [shown.seed, number] : end));
    choose({ ends, next: 1 - chosen.next });
  });
  return button;
}

// While one picture is made, the slider may move on: then only its last place counts.
async function go() {
  again = true;
  if (waiting) return;
  waiting = true;
  while (again) {
    again = false;
    try {
      const [asked, percent] = [shown, Number(at("percent").value)];
      const picture = await between(asked, percent);
      if (asked !== shown) continue;
      at("made").src = uri(picture);
      at("share").textContent = `${percent} %`;
    } catch (error) {
      if (error instanceof Renewed) await choose({});
      else fail(error.message);
    }
  }
  waiting = false;
}

at("new").addEventListener("click", () => choose(from(Math.floor(Math.random() * SEEDS))));
at("seed").addEventListener("change", () => choose(from(seed())));
at("percent").addEventListener("input", go);
at("class").addEventListener("change", () => choose({ name: at("class").value, next: 0 }));
at("model").addEventListener("change", () => choose({ model: at("model").value, ...from(chosen.seed) }));

await choose({});
await attempt(async () => {
  const { models, missing } = await call("models");
  at("model").replaceChildren(...models.map(({ name, words }) => new Option(words, name)));
  showChoice();
  if (missing) say(missing);
});

// The page: it joins the drawing, the models' answers, and the buttons and keys.

import { Answer } from "./answer.js";
import { Renewed, base64, bytes, call } from "./calls.js";
import { Canvas } from "./canvas.js";
import { Drawing, empty, resized } from "./drawing.js";
import { keep, kept } from "./kept.js";
import { attempt, fail, say } from "./messages.js";
import { png } from "./png.js";
import { seed } from "./seed.js";
import { slide } from "./slide.js";
import { photo, thumbnail } from "./thumbnails.js";
import { CLASS_KEYS, TOOL_KEYS, choose, hand, showClasses, showWidth } from "./tools.js";

const $ = (id) => document.getElementById(id);
const HOUSES = 5;

let model; // the server's description of the model in use
let drawing; // the label map, for a model that takes label maps
let given; // the picture to show and the file to translate, in base64, for any other model
let since; // the time of the last change
let choices = 0; // the number of the last choice of a model; the answer to an earlier one comes too late
let starts = 0; // the number of the last start of the drawing, in the same way
let house = Math.floor(Math.random() * 1e6);

const canvas = new Canvas($("sheet"), hand, changed);
const first = new Answer($("first"), fail, renew);
const second = new Answer($("second"), fail, chooseOther);

// --- Asking the models ------------------------------------------------------------------------------------

function changed() {
  since = performance.now();
  if (drawing || given) for (const answer of [first, second]) if (answer.model) answer.expect();
  showSteps();
  attempt(ask);
}

async function ask() {
  const question = { since, seed: seed() };
  if (drawing) {
    const map = await png(drawing, model.classes.map(({ colour }) => colour));
    question.file = await base64(map);
    if (question.since !== since) return; // it has changed again, and is asked about anew
    offerMap(map);
  } else if (given) {
    question.file = given.file;
  } else {
    return;
  }
  first.ask(question);
  if (second.model) second.ask({ ...question });
  if (drawing) keep(model, drawing.ids); // while the model computes
}

/** Without dropout and noise another seed is the same answer. */
function showSeed() { $("draw").hidden = ![first, second].some((answer) => answer.model?.random); }

function offerMap(map) {
  if ($("map").href) URL.revokeObjectURL($("map").href);
  $("map").href = URL.createObjectURL(map);
  $("map").download = "label-map.png";
  $("map").removeAttribute("aria-disabled");
}

// --- Models -----------------------------------------------------------------------------------------------

/** Choose a model. Nothing changes before all that it needs is there, nor if that fails; the last choice counts. */
async function chooseModel(name) {
  const mine = ++choices;
  $("board").inert = true;
  const found = await attempt(() => described(name));
  if (mine !== choices) return;
  if (found) use(...found);
  $("board").inert = !model;
  $("model").value = model?.name ?? "";
}

/** A model, and the house to begin with, if it needs one. */
async function described(name) {
  const next = await call("describe", name);
  const begins = next.houses && !(model && alike(model, next)) && !kept(next);
  return [next, begins ? await call("start", next.name, next.identity, 0) : {}];
}

/** The name of the model in use stands for another one now, such as after a training: take over its description. */
async function renew() {
  const [old, last] = [model, choices];
  const found = await attempt(() => described(old.name));
  if (found && model === old && choices === last) use(...found);
}

/** Ask the model in use for something. */
async function callModel(name, ...data) {
  try {
    return await call(name, model.name, model.identity, ...data);
  } catch (error) {
    if (error instanceof Renewed) await renew();
    throw error;
  }
}

/** Use another model. It keeps the drawing if it takes the same classes in the same proportions. */
function use(next, start) {
  const [old, before] = [model, drawing];
  model = next;
  starts++;
  first.use(model);
  $("board").style.setProperty("--ratio", model.width / model.height);
  if (![...$("model").options].some(({ value }) => value === model.name)) $("model").add(new Option(model.title, model.name));
  const draws = model.classes.length > 0;
  $("board").classList.toggle("given", !draws);
  $("keys").hidden = !draws;
  $("title").textContent = draws ? (model.houses ? "Draw a façade" : "Draw a label map") : `From ${model.takes} to ${model.gives}`;
  $("lede").textContent = draws
    ? `Paint where ${model.houses ? "wall, windows and doors are" : "each class is"}; the network makes a ${model.gives} of it.`
    : `This model takes a ${model.takes}: choose, drop or paste one${model.colours ? ". A colour photo is made grey first" : ""}.`;
  document.title = $("title").textContent;
  $("input-name").textContent = capital(model.takes);
  $("output-name").textContent = capital(model.gives);
  const same = old && alike(old, model);
  if (!same) {
    compare(null);
    showClasses(model);
    drawing = draws ? new Drawing(model, start.ids ? bytes(start.ids) : kept(model) ?? empty(model)) : null;
    given = start.picture ? picked(start) : null;
  } else if (draws && (old.width !== model.width || old.height !== model.height)) {
    drawing = new Drawing(model, resized(drawing, model));
  }
  if (drawing && drawing !== before) canvas.show(drawing, model.classes.map(({ colour }) => colour));
  if (drawing) slide(null, model);
  else showGiven();
  showStarts();
  showSeed();
  const side = Math.min(model.width, model.height);
  $("width").max = Math.max(side >> 2, 2);
  if (!same) $("width").value = Math.max(Math.round(side / 24), 1);
  showWidth();
  changed();
}

function alike(one, other) {
  const proportions = one.width * other.height === other.width * one.height;
  return proportions && one.takes === other.takes && JSON.stringify(one.classes) === JSON.stringify(other.classes);
}

/** Let a second model answer, too; null stands for none. */
function compare(other) {
  second.use(other);
  showSeed();
  makeRoom(Boolean(other));
  if (!other) $("other").value = "";
}

/** Show or hide the place of the second model's answer, under the name that is chosen in the list. */
function makeRoom(wanted) {
  $("second").hidden = !wanted;
  $("board").classList.toggle("two", wanted);
  $("second").querySelector(".name").textContent = $("other").selectedOptions[0].textContent;
}

async function listModels() {
  const { models, missing } = await call("models");
  const options = () => models.map(({ name, words }) => new Option(words, name));
  $("model").replaceChildren(...options());
  $("model").value = model.name;
  $("other").replaceChildren(new Option("nothing", ""), ...options());
  if (missing) say(missing);
}

$("model").addEventListener("change", async () => {
  await chooseModel($("model").value);
  $("model").focus(); // what is inert loses it
});

/** Compare with the model that is chosen in the list. */
async function chooseOther() {
  const name = $("other").value;
  if (!name) { compare(null); return; }
  second.use(null);
  makeRoom(true);
  second.expect(); // a model that is not loaded yet takes seconds
  const other = await attempt(() => call("describe", name));
  if ($("other").value !== name) return;
  if (other && !alike(model, other)) fail("This model takes something else: it cannot be compared on this drawing.");
  compare(other && alike(model, other) ? other : null);
  changed();
}

$("other").addEventListener("change", chooseOther);

// --- Where a drawing starts ---------------------------------------------------------------------------

/** Take a label map or a picture from the server. */
function put(start) {
  if (start.ids) { redraw(bytes(start.ids)); return; }
  starts++;
  given = picked(start);
  showGiven();
  changed();
}

function picked({ picture, file }) { return { picture, file: file ?? picture }; }

/** Draw something else, as one step for undo. */
function redraw(ids) {
  starts++;
  canvas.cancel();
  drawing.step(() => drawing.replace(ids));
  canvas.paint();
  changed();
}

async function begin(number) {
  const mine = ++starts;
  const got = await callModel("start", number);
  if (mine === starts) put(got);
}

function showGiven() {
  $("given").hidden = !given;
  if (given) $("given").src = `data:image/png;base64,${given.picture}`;
  slide(given?.picture, model);
}

function clear() { redraw(empty(model)); }

async function take(file) {
  if (!file || $("board").inert) return;
  const mine = ++starts;
  await attempt(async () => {
    try {
      const most = model.most_bytes; // this message comes at once, not after the upload
      if (file.size > most) throw new Error(`the file has ${file.size.toLocaleString("en")} bytes; ${most.toLocaleString("en")} are allowed`);
      const got = await callModel("take", await base64(file));
      if (mine !== starts) return;
      put(got);
      say(got.notes.join(" "));
    } catch (error) {
      throw new Error(`${file.name || "The picture"}: ${error.message}`);
    }
  });
}

async function showStarts() {
  const asked = model;
  $("house").hidden = !model.houses;
  $("strip").replaceChildren();
  if (drawing) addStart(model.houses ? "Empty wall" : "Empty", thumbnail(model, empty(model)), clear);
  for (let number = 0; number < HOUSES && model.houses; number++) {
    const got = await attempt(() => callModel("start", number));
    if (asked !== model || !got) return;
    addStart(`House ${number + 1}`, got.picture ? photo(got.picture) : thumbnail(model, bytes(got.ids)), () => put(got));
  }
}

function addStart(name, picture, work) {
  const button = document.createElement("button");
  button.type = "button";
  button.title = name;
  button.setAttribute("aria-label", name);
  button.append(picture);
  button.addEventListener("click", () => { say(""); work(); });
  $("strip").append(button);
}

$("house").addEventListener("click", () => attempt(async () => { say(""); await begin(HOUSES + house++); }));
$("own").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", async () => {
  await take($("file").files[0]);
  $("file").value = ""; // so that the same file can be chosen again
});
document.addEventListener("paste", (event) => {
  const file = [...(event.clipboardData?.files ?? [])][0];
  if (file) take(file);
});
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    $("sheet").classList.add("dropping");
  });
}
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) $("sheet").classList.remove("dropping"); });
document.addEventListener("drop", (event) => {
  event.preventDefault();
  $("sheet").classList.remove("dropping");
  take(event.dataTransfer.files[0]);
});

// --- Buttons and keys -------------------------------------------------------------------------------------

function capital(words) { return words[0].toUpperCase() + words.slice(1); }

function showSteps() {
  $("undo").disabled = !drawing?.past.length;
  $("redo").disabled = !drawing?.future.length;
}

function step(way) {
  canvas.cancel();
  if (!drawing?.[way]()) return;
  canvas.paint();
  changed();
}

$("undo").addEventListener("click", () => step("undo"));
$("redo").addEventListener("click", () => step("redo"));
$("clear").addEventListener("click", clear);
$("seed").addEventListener("input", changed);
$("dice").addEventListener("click", () => {
  $("seed").value = Math.floor(Math.random() * 10000);
  changed();
});

document.addEventListener("keydown", (event) => {
  if (!drawing || event.target.matches("input[type=number], select")) return;
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && !event.altKey && (key === "z" || key === "y")) {
    event.preventDefault();
    step(key === "y" || event.shiftKey ? "redo" : "undo");
  } else if (!event.ctrlKey && !event.metaKey && !event.altKey) {
    if (TOOL_KEYS[key]) choose("tool", TOOL_KEYS[key]);
    else if (key.length === 1 && CLASS_KEYS.includes(key)) choose("class", CLASS_KEYS.indexOf(key));
    else if (key === "[" || key === "]") {
      $("width").value = hand.width + (key === "]" ? 1 : -1);
      showWidth();
      canvas.paint();
    }
  }
});

await chooseModel("");
if (model) await attempt(listModels);

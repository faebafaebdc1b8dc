"use strict";

// The pauses before the first and the second picture are those of the paper's study.
const BEFORE_MS = 900, BETWEEN_MS = 600, RETRY_MS = 2000;
// A picture goes with the frame that is nearest to its time, since frames do not come to the microsecond.
const EARLY_MS = 4;
const SIDES = ["left", "right"];
const KEYS = { ArrowLeft: "left", ArrowUp: "left", ArrowRight: "right", ArrowDown: "right" };
const { practice, scored, exposure } = Object.fromEntries(Object.entries(document.documentElement.dataset).map(([name, value]) => [name, Number(value)]));
const trials = practice + scored;
const $ = id => document.getElementById(id);
const other = side => SIDES[1 - SIDES.indexOf(side)];
const wait = ms => new Promise(done => setTimeout(done, ms));
const frame = () => new Promise(requestAnimationFrame);

class Refused extends Error {
  constructor(status, words) { super(words); this.status = status; }
}

function complain(words) {
  $("trouble").textContent = `${words} Nothing is lost; this page tries again …`;
  $("trouble").hidden = false;
}

// Ask the server. While it does not or cannot answer, the page keeps the request and sends it again.
async function ask(path, body) {
  const options = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  for (;;) {
    let words = "The study’s computer does not answer.";
    try {
      const answer = await fetch(`/api/${path}`, options);
      const content = await answer.json();
      if (answer.ok || answer.status < 500) {
        $("trouble").hidden = true;
        if (answer.ok) return content;
        throw new Refused(answer.status, content.error);
      }
      words = content.error;
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
    complain(words);
    await wait(RETRY_MS);
  }
}

// Wait until a person presses one of the keys (key -> answer) or clicks one of the elements ([element, answer]).
function choice(keys, elements) {
  return new Promise(done => {
    const heard = new AbortController();
    const end = answer => { heard.abort(); done(answer); };
    const pressed = event => {
      // A focused button takes Enter and the space bar by itself.
      const ours = event.key in keys && !(event.target instanceof HTMLButtonElement && [" ", "Enter"].includes(event.key));
      if (ours && !event.repeat && !event.ctrlKey && !event.altKey && !event.metaKey) {
        event.preventDefault();
        end(keys[event.key]);
      }
    };
    document.addEventListener("keydown", pressed, { signal: heard.signal });
    for (const [element, answer] of elements) element.addEventListener("click", () => end(answer), { signal: heard.signal });
  });
}

const goOn = button => choice({ Enter: true, " ": true }, [[button, true]]);

function view(name) {
  for (const each of document.querySelectorAll("main")) each.hidden = each.id !== name;
  scrollTo(0, 0);
  $(name).querySelector("h1")?.focus({ preventScroll: true });
}

// Load the two pictures of a trial, decoded; null if the server does not send them now.
async function load(number) {
  const pictures = {};
  for (const side of SIDES) {
    pictures[side] = new Image();
    pictures[side].alt = "";
    pictures[side].decoding = "sync";
    pictures[side].src = `/api/pictures/${number}/${side}`;
  }
  try {
    await Promise.all(SIDES.map(side => pictures[side].decode()));
    return pictures;
  } catch {
    return null;
  }
}

async function loaded(number, ahead) {
  for (let pictures = await ahead; ; pictures = await load(number)) {
    if (pictures) return pictures;
    if ((await ask("state"))?.next !== number) throw new Refused(409, "another window went on");
    complain("The pictures do not load.");
    await wait(RETRY_MS);
    $("trouble").hidden = true;
  }
}

function inView() {
  return document.visibilityState === "visible" ? null
    : new Promise(done => document.addEventListener("visibilitychange", done, { once: true })).then(inView);
}

// Show a picture for its time. Returns the time, in ms, from the frame that drew it to the frame that hid it.
async function expose(side) {
  const shown = await frame();
  $(side).classList.add("shown");
  let now;
  do now = await frame(); while (now - shown < exposure - EARLY_MS);
  $(side).classList.remove("shown");
  return now - shown;
}

async function show(first) {
  const exposures = {};
  for (const [side, ms] of [[first, BEFORE_MS], [other(first), BETWEEN_MS]]) {
    $(side).classList.add("watch");
    await wait(ms);
    await inView();
    exposures[side] = await expose(side);
    $(side).classList.remove("watch");
  }
  return exposures;
}

function say(words, kind = "") {
  $("question").replaceChildren(...words);
  $("question").className = `question ${kind}`;
}

// Empty the stage: there are no pictures and nothing to press.
function clear() {
  for (const side of SIDES) {
    $(side).disabled = true;
    $(side).className = "place";
    $(side).querySelector(".picture").replaceChildren();
  }
  say([]);
}

function where(number) {
  const [name, place, of] = number < practice ? ["Practice", number, practice] : ["Trial", number - practice, scored];
  $("where").replaceChildren(...[`${name} ${place + 1} of ${of}`, name === "Practice" ? "does not count yet" : ""].map(words => {
    const span = document.createElement("span");
    span.textContent = words;
    return span;
  }));
  $("done").style.transform = `scaleX(${place / of})`;
}

// Run a trial, from its pictures to its answer. Returns { next }: the promise of the next trial's pictures, inside an
// object, because whoever awaits this function must not wait for them, too.
async function trial(number, ahead) {
  view("trial");
  where(number);
  const pictures = await loaded(number, ahead);
  for (const side of SIDES) $(side).querySelector(".picture").replaceChildren(pictures[side]);
  await inView();
  const { first } = await ask(`trials/${number}/begin`, {});
  await Promise.all(SIDES.map(side => pictures[side].decode()));
  const exposures = await show(first);
  const asked = performance.now();
  const next = number + 1 < trials ? load(number + 1) : null;
  say(["Which one was generated?"]);
  for (const side of SIDES) $(side).disabled = false;
  const chosen = await choice(KEYS, SIDES.map(side => [$(side), side]));
  const took = performance.now() - asked;
  for (const side of SIDES) $(side).disabled = true;
  say([]);
  const { fake } = await ask(`trials/${number}/answer`, { chosen, left_ms: exposures.left, right_ms: exposures.right, took_ms: took });
  if (fake) await feedback(chosen, fake);
  clear();
  return { next };
}

async function feedback(chosen, fake) {
  const right = chosen === fake;
  const verdict = document.createElement("b");
  verdict.textContent = right ? "Right." : "Fooled.";
  say([verdict, right ? " You found the generated one." : " The one you chose is real."], right ? "correct" : "wrong");
  for (const side of SIDES) {
    $(side).querySelector(".verdict").textContent = side === fake ? "Generated" : "Real";
    $(side).classList.add("shown", "told");
    $(side).classList.toggle("fake", side === fake);
  }
  $(chosen).classList.add("chosen", right ? "correct" : "wrong");
  $("next").hidden = false;
  await goOn($("next"));
  $("next").hidden = true;
}

async function intro(state) {
  const number = state?.next ?? 0;
  if (number) {
    const place = number < practice ? `practice trial ${number + 1} of ${practice}` : `trial ${number - practice + 1} of ${scored}`;
    const left = state.interrupted ? " The page was left while pictures were on the screen; their trial is not asked again." : "";
    $("resume").textContent = `Welcome back. Your answers are kept, and you go on with ${place}.${left}`;
    $("start").firstChild.textContent = "Go on ";
  }
  $("resume").hidden = !number;
  $("time").hidden = Boolean(number);
  view("intro");
  await goOn($("start"));
  if (state) return;
  await ask("participants", {});
  if (await ask("state")) return;
  $("trouble").textContent = "This browser keeps no cookie of this page, which needs one to know your answers. Allow cookies, and reload the page.";
  $("trouble").hidden = false;
  await new Promise(() => {}); // there is no way on
}

async function run(from) {
  let ahead = null;
  for (let number = from; number < trials; number++) {
    ahead ??= load(number);
    if (number === practice) {
      view("ready");
      await goOn($("go"));
    }
    ahead = (await trial(number, ahead)).next;
  }
}

async function end(state) {
  const { right, answered } = state;
  $("found").textContent = `${right} of ${answered}`;
  $("mark").style.left = `${answered ? 100 * right / answered : 50}%`;
  const left = scored - answered;
  $("left-out").textContent = left ? `${left} of the ${scored} trials ${left === 1 ? "was" : "were"} interrupted, and left out.` : "";
  view("end");
  await choice({}, [[$("again"), true]]);
  await ask("participants", {});
  location.reload();
}

// Ask where the participant is; null for a new person, or one of another study.
async function whereabouts() {
  try {
    return await ask("state");
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

async function main() {
  for (;;) {
    const state = await whereabouts();
    if (state?.next === trials) return end(state);
    await intro(state);
    try {
      await run(state?.next ?? 0);
    } catch (error) {
      // Another window went on, the cookie is gone, or it is another study by now: the server knows where we are.
      if (!(error instanceof Refused)) throw error;
      clear();
    }
  }
}

main().catch(error => {
  $("trouble").textContent = `The study cannot go on: ${error.message}. Reload the page; your answers are kept.`;
  $("trouble").hidden = false;
});

"use strict";
// A page is readable without this. Here pairs are put in order and enlarged, epochs and matrices take turns, and a
// command is copied.
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (selector, within = document) => within.querySelector(selector);

function browse(gallery, viewer) {
  const pairs = all(".pair", gallery);
  const parts = all(".part", gallery);
  const rest = one(".rest", gallery);
  const orders = all("[name=order]", gallery);
  const values = new Map(pairs.map(pair => [pair, JSON.parse(pair.dataset.values)]));
  const atFirst = Number(gallery.dataset.atFirst);
  let ordered = pairs;
  let shown = pairs[0];

  // Equal pairs stay as they came.
  function sorted(order) {
    const sign = JSON.parse(order.dataset.descending) ? -1 : 1;
    const value = pair => values.get(pair)[order.value];
    return [...pairs].sort((a, b) => sign * (value(a) - value(b)));
  }

  function arrange() {
    const order = orders.find(each => each.checked);
    const everything = one("[name=extent]:checked", gallery)?.value !== "ends";
    ordered = sorted(order);
    const titles = everything ? [`${order.dataset.first} first`] : [order.dataset.first, "Middle", order.dataset.last];
    const best = Math.ceil(atFirst / 3), worst = Math.floor(atFirst / 3), middle = atFirst - best - worst;
    const from = Math.floor((ordered.length - middle) / 2);
    const groups = everything ? [ordered] : [
      ordered.slice(0, best), ordered.slice(from, from + middle), ordered.slice(ordered.length - worst),
    ];
    rest.append(...ordered);
    parts.forEach((part, index) => {
      const group = groups[index] ?? [];
      part.hidden = !group.length;
      one("h3", part).textContent = titles[index] ?? "";
      one("ol", part).append(...group);
    });
    all("button", one(".by", viewer)).forEach((button, index) => button.setAttribute("aria-pressed", orders[index].checked));
  }

  function show(pair) {
    shown = pair;
    const place = ordered.indexOf(pair);
    const order = orders.find(each => each.checked);
    one(".id", viewer).textContent = one(".id", pair).textContent;
    const { first } = order.dataset;
    one(".rank", viewer).textContent = `${place + 1} of ${ordered.length}, ${first[0].toLowerCase()}${first.slice(1)} first`;
    const view = one(".view", viewer);
    const figures = one(".figures", pair).cloneNode(true);
    figures.hidden = false;
    view.replaceChildren(...all(".picture", pair).map(picture => picture.cloneNode(true)));
    all("img", view).forEach(image => { image.loading = "eager"; image.alt += `, pair ${one(".id", pair).textContent}`; });
    const columns = Number(getComputedStyle(viewer).getPropertyValue("--columns"));
    view.insertBefore(figures, columns ? view.firstChild : view.children[3] ?? null);
    view.style.setProperty("--lines", columns ? Math.ceil(all(".picture", view).length / columns) : 2);
    const slider = one("input", viewer);
    slider.value = place;
    slider.setAttribute("aria-valuetext", `${place + 1} of ${ordered.length}: ${one(".id", pair).textContent}`);
    if (!viewer.open) viewer.showModal();
  }

  function choose(order) {
    order.checked = true;
    arrange();
    if (viewer.open) show(shown);
  }

  const step = by => show(ordered[(ordered.indexOf(shown) + by + ordered.length) % ordered.length]);
  const ways = {
    ArrowLeft: () => step(-1), ArrowRight: () => step(1), Home: () => show(ordered[0]), End: () => show(ordered.at(-1)),
  };
  const digit = event => !event.ctrlKey && !event.altKey && !event.metaKey && orders[Number(event.key) - 1];

  for (const order of orders) {
    const button = document.createElement("button");
    button.type = "button";
    button.innerHTML = order.nextElementSibling.innerHTML;
    button.addEventListener("click", () => choose(order));
    one(".by", viewer).append(button);
    order.addEventListener("change", arrange);
  }
  all("[name=extent]", gallery).forEach(extent => extent.addEventListener("change", arrange));
  pairs.forEach(pair => one(".tile", pair).addEventListener("click", () => show(pair)));
  all("[data-by]", viewer).forEach(button => button.addEventListener("click", () => step(Number(button.dataset.by))));
  one("input", viewer).max = pairs.length - 1;
  one("input", viewer).addEventListener("input", event => show(ordered[event.target.value]));
  one(".close", viewer).addEventListener("click", () => viewer.close());
  viewer.addEventListener("close", () => {
    const tile = one(".tile", shown);
    (tile.offsetParent ? tile : one(".part .tile", gallery)).focus();
  });
  viewer.addEventListener("keydown", event => {
    const order = digit(event);
    if (!ways[event.key] && !order) return;
    event.preventDefault();
    order ? choose(order) : ways[event.key]();
  });
  gallery.addEventListener("keydown", event => {
    const order = digit(event);
    if (order) choose(order);
  });
  one(".tools", gallery).hidden = false;
  one(".hint").hidden = false;
  arrange();
}

// One of several figures at a time, by a slider.
function turn(label, frames) {
  const slider = one("input", label);
  const show = () => {
    frames.forEach((frame, index) => { frame.hidden = index !== Number(slider.value); });
    const { epoch } = frames[slider.value].dataset;
    one("output", label).value = epoch;
    slider.setAttribute("aria-valuetext", `epoch ${epoch}`);
  };
  slider.max = frames.length - 1;
  slider.value = slider.max;
  slider.addEventListener("input", show);
  label.hidden = false;
  show();
}

// One of several parts at a time, by radio buttons that name them.
function alternate(choice) {
  const inputs = all("input", choice);
  const show = () => inputs.forEach(input => { document.getElementById(input.value).hidden = !input.checked; });
  inputs.forEach(input => input.addEventListener("change", show));
  choice.hidden = false;
  show();
}

function copy(button) {
  const text = one("pre", button.parentElement);
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent.trim());
      button.textContent = "Copied";
    } catch { // an old browser, or one that may not: mark it, so that Ctrl-C does
      getSelection().selectAllChildren(text);
      button.textContent = "Press Ctrl-C";
    }
  });
}

const gallery = one(".gallery");
if (gallery) browse(gallery, one(".viewer"));
const frames = all(".frame");
if (frames.length > 1) turn(one(".slider"), frames);
all(".alternatives").forEach(alternate);
all("[data-copy]").forEach(copy);

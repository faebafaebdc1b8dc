// The slider that lays the given picture over the answer, from the left edge to where the slider stands.

const $ = (id) => document.getElementById(id);

/** Show the slider for a picture, in base64, and a model; without a picture, hide it. */
export function slide(picture, model) {
  for (const name of ["before", "edge", "slide"]) $(name).hidden = !picture;
  if (!picture) return;
  $("before").src = `data:image/png;base64,${picture}`;
  $("before").alt = `The ${model.takes}, over the answer`;
  $("slide-left").textContent = model.takes;
  $("slide-right").textContent = model.gives;
  move();
}

function move() { $("result").style.setProperty("--cut", `${$("cut").value}%`); }

$("cut").addEventListener("input", move);

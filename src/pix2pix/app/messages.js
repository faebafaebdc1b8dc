// The message on the page.

const box = document.getElementById("message");

/** Say something; without words, close the message. */
export function say(words, kind = "note") {
  box.querySelector("p").textContent = words;
  box.className = `message ${kind}`;
  box.hidden = !words;
}

export function fail(words) { say(words, "error"); }

/** Do some work; its error becomes a message. */
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    fail(error.message);
    return undefined;
  }
}

box.querySelector("button").addEventListener("click", () => say(""));

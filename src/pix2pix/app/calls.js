// Calls to the server. The message of an error is for people.

/** The name stands for another model than the page describes, such as after a training. */
export class Renewed extends Error {}

export async function call(name, ...data) {
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ data }) };
  let answer;
  try {
    answer = await (await fetch(`calls/${name}`, request)).json();
  } catch {
    throw new Error("The server does not answer. Is it still running?");
  }
  if (answer.renewed) throw new Renewed("The model has changed in the meantime. Please try again.");
  if (answer.error) throw new Error(answer.error);
  return answer;
}

export function bytes(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

export function base64(blob) {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => fail(new Error("This file cannot be read."));
    reader.readAsDataURL(blob);
  });
}

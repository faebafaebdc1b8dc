// Calls to the server, through Gradio's queue. An error's message is for people.

export async function call(name, ...data) {
  let asked;
  try {
    asked = await fetch(`gradio_api/call/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ data }),
    });
    const queued = await asked.json();
    if (!asked.ok) throw new Error(queued.error ?? "The server refused that.");
    const told = await fetch(`gradio_api/call/${name}/${queued.event_id}`);
    return result(await told.text());
  } catch (error) {
    if (error instanceof TypeError) throw new Error("The server does not answer. Is it still running?");
    throw error;
  }
}

/** The last event of a stream: what a call has returned. */
function result(stream) {
  const last = stream.trim().split("\n\n").pop();
  const [, event, data] = last.match(/^event: (\w+)\ndata: (.*)$/) ?? [];
  if (event !== "complete") throw new Error("Something went wrong on the server; its terminal says what.");
  const [answer] = JSON.parse(data);
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

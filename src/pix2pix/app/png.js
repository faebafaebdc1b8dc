// The PNG file of a label map. It is not made with a canvas, since some browsers alter the pixels that a canvas gives.

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

/** A drawing has a byte a pixel; `colours` has [red, green, blue] for each id. */
export async function png({ ids, width, height }, colours) {
  const rows = new Uint8Array(height * (width + 1)); // a zero before each row says that it is not filtered
  for (let row = 0; row < height; row++) rows.set(ids.subarray(row * width, (row + 1) * width), row * (width + 1) + 1);
  const header = new Uint8Array([...word(width), ...word(height), 8, 3, 0, 0, 0]); // 8 bits, by palette
  const chunks = [chunk("IHDR", header), chunk("PLTE", new Uint8Array(colours.flat())), chunk("IDAT", await packed(rows)), chunk("IEND", new Uint8Array())];
  return new Blob([new Uint8Array(SIGNATURE), ...chunks], { type: "image/png" });
}

async function packed(data) {
  const stream = new Blob([data]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function chunk(name, data) {
  const body = new Uint8Array([...new TextEncoder().encode(name), ...data]);
  return new Uint8Array([...word(data.length), ...body, ...word(checksum(body))]);
}

function word(value) {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

function checksum(data) {
  let sum = 0xffffffff;
  for (const byte of data) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}

// The field of the seed.

const field = document.getElementById("seed");
export const SEEDS = 2 ** 31;

/** The seed in the field: a whole number, whatever is typed there. */
export function seed() {
  const value = Math.trunc(Number(field.value));
  return Number.isFinite(value) ? Math.min(Math.max(value, 0), SEEDS - 1) : 0;
}

field.addEventListener("change", () => { field.value = seed(); });

// @ts-check
// Numbers for people.

/** Three digits that count: 0.0123, 1.23, 12.3, 123, 1,230. @param {number | undefined} value */
export function short(value) {
  if (value === undefined || !Number.isFinite(value)) return "";
  if (value === 0 || Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}

/** @param {number | undefined} value a share, such as 0.5 */
export const percent = (value) => (value === undefined ? "" : `${short(value * 100)} %`);

/** @param {number | undefined} bytes */
export const mebibytes = (bytes) => (bytes === undefined ? "" : short(bytes / 2 ** 20));

/** @param {number | undefined} value */
export const whole = (value) => (value === undefined ? "" : Math.round(value).toLocaleString("en"));

/** @param {string} text */
export const escaped = (text) =>
  text.replace(/[&<>"]/g, (character) => `&${{ "&": "amp", "<": "lt", ">": "gt", '"': "quot" }[character]};`);

/** What may be varied, in words. */
export const units = { elements: "elements", tensors: "tensors", paramGroups: "param groups", copies: "copies" };

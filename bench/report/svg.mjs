// @ts-check
// What plots are drawn with. Colours are classes: page.css has them, for light and dark pages.
import { escaped, short } from "./words.mjs";

/** @typedef {(value: number) => number} Scale */
/** @typedef {{ title: string, unit: string, min: number, max: number, isLog: boolean, format?: (value: number) => string }} Axis */

export const frame = { width: 560, height: 340, left: 64, right: 132, top: 40, bottom: 52 };

/**
 * @param {Axis} axis
 * @param {number} from in pixels, where `min` is
 * @param {number} to
 * @returns {Scale}
 */
export function scaleOf({ min, max, isLog }, from, to) {
  const place = (/** @type {number} */ value) => (isLog ? Math.log(value) : value);
  const span = place(max) - place(min) || 1;
  return (value) => from + ((place(value) - place(min)) / span) * (to - from);
}

/**
 * Values to mark: powers of ten, or of four where there are few, on a logarithmic axis; else about five round ones.
 * @param {Axis} axis
 */
export function ticksOf({ min, max, isLog }) {
  if (isLog) {
    const base = max / min > 5_000 ? 10 : max / min > 40 ? 4 : 2;
    const first = Math.ceil(Math.log(min) / Math.log(base) - 1e-9);
    const last = Math.floor(Math.log(max) / Math.log(base) + 1e-9);
    return Array.from({ length: last - first + 1 }, (_, i) => base ** (first + i));
  }
  const rough = (max - min) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(6)));
}

/**
 * A plot with two axes, its title, and what is drawn in it.
 * @param {{ title: string, x: Axis, y: Axis, draw: (x: Scale, y: Scale) => string }} options
 */
export function plot({ title, x, y, draw }) {
  const { width, height, left, right, top, bottom } = frame;
  const across = scaleOf(x, left, width - right);
  const up = scaleOf(y, height - bottom, top);
  const [words, heights] = [x.format ?? short, y.format ?? short];
  const verticals = ticksOf(x).map(
    (value) =>
      `<line class="grid" x1="${px(across(value))}" x2="${px(across(value))}" y1="${top}" y2="${height - bottom}"/>` +
      label(across(value), height - bottom + 16, words(value), "tick", "middle"),
  );
  const horizontals = ticksOf(y).map(
    (value) =>
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${px(up(value))}" y2="${px(up(value))}"/>` +
      label(left - 8, up(value) + 4, heights(value), "tick", "end"),
  );
  return figure(width, height, title, [
    ...verticals,
    ...horizontals,
    `<line class="axis" x1="${left}" x2="${width - right}" y1="${height - bottom}" y2="${height - bottom}"/>`,
    label((left + width - right) / 2, height - 14, titleOf(x), "axis-title", "middle"),
    label(left, top - 8, titleOf(y), "axis-title", "start"),
    draw(across, up),
  ]);
}

/** @param {number} width @param {number} height @param {string} title @param {readonly string[]} inside */
export const figure = (width, height, title, inside) =>
  `<figure${width > frame.width ? ' class="wide"' : ""}><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">` +
  `<text class="plot-title" x="4" y="15">${escaped(title)}</text>${inside.join("\n")}</svg></figure>`;

/** @param {Axis} axis */
const titleOf = ({ title, unit }) => (unit ? `${title}, ${unit}` : title);

/** @param {number} value */
export const px = (value) => Number(value.toFixed(1));

/** @param {number} x @param {number} y @param {string} text @param {string} kind @param {"start" | "middle" | "end"} anchor */
export const label = (x, y, text, kind, anchor = "start") =>
  `<text class="${kind}" x="${px(x)}" y="${px(y)}" text-anchor="${anchor}">${escaped(text)}</text>`;

/** @typedef {{ name: string, colour: string, points: readonly (readonly [number, number])[], isLimit?: boolean }} Series */

/**
 * Lines with their points, and each one's name at its end, moved apart where they would cover each other.
 * @param {readonly Series[]} series @param {Scale} x @param {Scale} y
 */
export function lines(series, x, y) {
  const drawn = series.map(({ colour, points, isLimit, name }) => {
    const places = points.map(([a, b]) => `${px(x(a))},${px(y(b))}`);
    const dots = isLimit
      ? ""
      : points.map(([a, b]) => dot(x(a), y(b), colour, `${name}: ${short(b)} at ${short(a)}`)).join("");
    return `<polyline class="line ${colour}${isLimit ? " limit" : ""}" points="${places.join(" ")}"/>${dots}`;
  });
  const ends = series
    .filter(({ points }) => points.length > 0)
    .map(({ name, colour, points }) => {
      const [a, b] = /** @type {readonly [number, number]} */ (points.at(-1));
      return { name, colour, x: x(a) + 8, y: y(b) + 4 };
    })
    .sort((a, b) => a.y - b.y);
  for (const [i, end] of ends.entries()) end.y = Math.max(end.y, (ends[i - 1]?.y ?? Number.NEGATIVE_INFINITY) + 13);
  return [...drawn, ...ends.map(({ x, y, name, colour }) => label(x, y, name, `name ${colour}`))].join("\n");
}

/** @param {number} x @param {number} y @param {string} colour @param {string} words shown on hovering */
export const dot = (x, y, colour, words) =>
  `<circle class="dot ${colour}" cx="${px(x)}" cy="${px(y)}" r="3.5"><title>${escaped(words)}</title></circle>`;

/**
 * Rows with dots on one axis, and a line across all of them at `limit`.
 * @param {{ title: string, x: Axis, limit?: { at: number, name: string }, legend?: readonly { name: string, colour: string }[],
 *   rows: readonly { name: string, dots: readonly { value: number, colour: string, words: string }[], note?: string, isBar?: boolean }[] }} options
 */
export function dotRows({ title, x, limit, legend = [], rows }) {
  const { right, width, top, line } = { right: 90, width: 860, top: 64, line: 19 };
  const left = Math.max(...rows.map(({ name }) => name.length)) * 6.4 + 24;
  const end = top + rows.length * line;
  const across = scaleOf(x, left, width - right);
  let next = 12;
  const places = legend.map(({ name }) => {
    const place = next;
    next += name.length * 6.6 + 30;
    return place;
  });
  return figure(width, end + 48, title, [
    ...legend.map(
      ({ name, colour }, i) => dot(places[i] ?? 0, 32, colour, name) + label((places[i] ?? 0) + 8, 36, name, "tick"),
    ),
    ...ticksOf(x).map(
      (value) =>
        `<line class="grid" x1="${px(across(value))}" x2="${px(across(value))}" y1="${top - 6}" y2="${end}"/>` +
        label(across(value), end + 16, (x.format ?? short)(value), "tick", "middle"),
    ),
    label((left + width - right) / 2, end + 38, titleOf(x), "axis-title", "middle"),
    ...(limit
      ? [
          `<line class="line muted limit" x1="${px(across(limit.at))}" x2="${px(across(limit.at))}" y1="${top - 6}" y2="${end}"/>`,
          label(across(limit.at), top - 12, limit.name, "tick", "middle"),
        ]
      : []),
    ...rows.flatMap(({ name, dots, note, isBar }, i) => {
      const y = top + i * line + line / 2;
      const [first] = dots;
      const start = across(x.isLog ? (limit?.at ?? x.min) : x.min);
      const stretch = first ? [start, across(first.value)].sort((a, b) => a - b) : [start, start];
      const [from, to] = /** @type {[number, number]} */ (stretch);
      return [
        label(left - 10, y + 4, name, "row-name", "end"),
        isBar
          ? `<rect class="bar ${first?.colour}" x="${px(from)}" y="${px(y - 6)}" width="${px(to - from)}" height="12"/>`
          : `<line class="grid" x1="${left}" x2="${width - right}" y1="${px(y)}" y2="${px(y)}"/>` +
            dots.map(({ value, colour, words }) => dot(across(value), y, colour, words)).join(""),
        note ? label(Math.max(to, start) + 8, y + 4, note, "tick") : "",
      ];
    }),
  ]);
}

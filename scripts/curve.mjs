// @ts-check
// The picture of a run: loss against steps on the left axis, test accuracy on the right, where there is one, as an SVG that
// stands alone.

/** @typedef {{ step: number, loss: number, evaluation?: { loss: number, accuracy?: number } }} Point */

const [width, height] = [860, 420];
const plot = { left: 64, right: width - 64, top: 56, bottom: height - 48 };

/** Round steps for about `count` ticks. @param {number} low @param {number} high @param {number} count */
function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}

/** A running mean that forgets half of what it knew in `half` points. @param {number[]} values @param {number} half */
function smooth(values, half) {
  const keep = 0.5 ** (1 / half);
  let [sum, weight] = [0, 0];
  return values.map((value) => {
    sum = sum * keep + value;
    weight = weight * keep + 1;
    return sum / weight;
  });
}

const escapes = /** @type {Record<string, string>} */ ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" });
/** @param {string} text */
const escaped = (text) => text.replace(/[&<>]/g, (char) => escapes[char] ?? char);

/**
 * @param {readonly Point[]} points one a step, in order
 * @param {{ title: string, subtitle: string }} words
 * @returns {string} the SVG
 */
export function lossCurve(points, { title, subtitle }) {
  const lastStep = points.at(-1)?.step ?? 1;
  const highest = Math.max(...points.map(({ loss }) => loss).filter(Number.isFinite), 1e-3);
  const x = (/** @type {number} */ step) => plot.left + (step / lastStep) * (plot.right - plot.left);
  const y = (/** @type {number} */ share) => plot.bottom - share * (plot.bottom - plot.top);
  /** @param {[number, number][]} line */
  const path = (line) => `M${line.map(([a, b]) => `${a.toFixed(1)} ${b.toFixed(1)}`).join("L")}`;
  const drawable = points.filter(({ loss }) => Number.isFinite(loss));
  const smoothed = smooth(
    drawable.map(({ loss }) => loss),
    Math.max(1, drawable.length / 120),
  );
  const tested = points.filter(({ evaluation }) => evaluation);
  const hasAccuracy = tested.some(({ evaluation }) => evaluation?.accuracy !== undefined);
  /** What was held back: how many of it are right, or its loss. @type {number[]} */
  const heights = tested.map(({ evaluation: { loss = 0, accuracy } = {} }) =>
    hasAccuracy ? (accuracy ?? 0) : Math.min(loss / highest, 1),
  );
  const lines = [
    `<path class="raw" d="${path(drawable.map(({ step, loss }) => [x(step), y(loss / highest)]))}"/>`,
    `<path class="loss" d="${path(drawable.map(({ step }, i) => [x(step), y((smoothed[i] ?? 0) / highest)]))}"/>`,
    ...(tested.length > 1
      ? [`<path class="accuracy" d="${path(tested.map(({ step }, i) => [x(step), y(heights[i] ?? 0)]))}"/>`]
      : []),
    ...tested.map(
      ({ step }, i) =>
        `<circle class="accuracy" cx="${x(step).toFixed(1)}" cy="${y(heights[i] ?? 0).toFixed(1)}" r="2.5"/>`,
    ),
  ];
  const held = hasAccuracy ? "test accuracy" : "validation loss";
  const axes = [
    ...ticks(0, highest, 5).map(
      (tick) =>
        `<path class="grid" d="M${plot.left} ${y(tick / highest).toFixed(1)}H${plot.right}"/><text x="${plot.left - 10}" y="${(y(tick / highest) + 4).toFixed(1)}" text-anchor="end">${tick}</text>`,
    ),
    ...(hasAccuracy ? ticks(0, 1, 5) : []).map(
      (tick) => `<text x="${plot.right + 10}" y="${(y(tick) + 4).toFixed(1)}">${Math.round(tick * 100)} %</text>`,
    ),
    ...ticks(0, lastStep, 8).map(
      (tick) =>
        `<text x="${x(tick).toFixed(1)}" y="${plot.bottom + 20}" text-anchor="middle">${tick.toLocaleString("en")}</text>`,
    ),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(`${title}: loss and ${held}`)}</title>
<style>
  text { font: 12px system-ui, sans-serif; fill: #57606a }
  .title { font-size: 15px; font-weight: 600; fill: #1f2328 }
  .background { fill: #fff }
  .grid { stroke: #d8dee4; stroke-width: 1 }
  path { fill: none; stroke-width: 2; stroke-linejoin: round }
  .raw { stroke: #b6d0f5; stroke-width: 1 }
  .loss { stroke: #0b57d0 }
  path.accuracy { stroke: #b3541e }
  circle.accuracy, .accuracyWords { fill: #b3541e }
  .lossWords { fill: #0b57d0 }
</style>
<rect class="background" width="100%" height="100%"/>
<text class="title" x="${plot.left}" y="26">${escaped(title)}</text>
<text x="${plot.left}" y="44">${escaped(subtitle)}</text>
<text class="lossWords" x="${plot.right - 120}" y="26" text-anchor="end">● loss (nats${hasAccuracy ? ", left" : ""})</text>
<text class="accuracyWords" x="${plot.right}" y="26" text-anchor="end">● ${held}</text>
${axes.join("\n")}
${lines.join("\n")}
<text x="${(plot.left + plot.right) / 2}" y="${height - 10}" text-anchor="middle">step</text>
</svg>
`;
}

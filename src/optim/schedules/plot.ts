import { formatSteps, formatValue, integer, readOptions } from "./options.ts";

/** How much of a schedule a plot shows and how large it is: characters in a terminal, pixels in an SVG. */
export interface PlotOptions {
  /** The last step shown; the first is 1. The schedule's `span` when it is left out. */
  readonly steps?: number;
  readonly width?: number;
  readonly height?: number;
}

/** What there is to plot; `words` stand above it. */
interface Curve {
  readonly at: (t: number) => number;
  readonly words: string;
  readonly span: number;
}

const blocks = " ▁▂▃▄▅▆▇█";

/** `count` steps from the first to the last. */
const spread = (steps: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => 1 + Math.round((i * (steps - 1)) / Math.max(1, count - 1)));

/** `count` values as shares of the range that the schedule has, which a peak between two of them widens. */
function sample({ at }: Curve, steps: number, count: number) {
  const all = spread(steps, Math.min(steps, 10_000)).map(at);
  const high = all.reduce((a, b) => Math.max(a, b));
  const lowest = all.reduce((a, b) => Math.min(a, b));
  const low = lowest === high ? 0 : lowest;
  const share = (value: number): number => (high === low ? 0 : Math.min(1, Math.max(0, (value - low) / (high - low))));
  return { low, high, shares: spread(steps, count).map((t) => share(at(t))) };
}

/** A plot in block characters. The lowest value still has a sliver, so that every step is seen to have a value. */
export function textPlot(curve: Curve, options: PlotOptions): string {
  const { steps, width, height } = readOptions<PlotOptions>("plot", options, {
    steps: { ...integer(1), fallback: curve.span },
    width: { ...integer(16, "Count in characters"), fallback: 60 },
    height: { ...integer(2, "Count in characters"), fallback: 8 },
  });
  const { low, high, shares } = sample(curve, steps, width);
  const gutter = Math.max(formatValue(high).length, formatValue(low).length);
  const levels = shares.map((share) => 1 + Math.round(share * (8 * height - 1)));
  const lines = Array.from({ length: height }, (_, i) => {
    const base = 8 * (height - 1 - i);
    const label = i === 0 ? formatValue(high) : base === 0 ? formatValue(low) : "";
    const bars = levels.map((level) => blocks[Math.min(8, Math.max(0, level - base))]).join("");
    return `${label.padStart(gutter)} ${label ? "┤" : "│"}${bars}`.trimEnd();
  });
  const axis = `${" ".repeat(gutter)} └${"─".repeat(width)}`;
  const ends = `${" ".repeat(gutter + 2)}1${formatSteps(steps).padStart(width - 1)}`;
  return [curve.words, ...lines, axis, ends].join("\n");
}

/** A stand-alone SVG in the colour of the text around it. */
export function svgPlot(curve: Curve, options: PlotOptions): string {
  const { steps, width, height } = readOptions<PlotOptions>("svg", options, {
    steps: { ...integer(1), fallback: curve.span },
    width: { ...integer(160, "Count in pixels"), fallback: 480 },
    height: { ...integer(80, "Count in pixels"), fallback: 160 },
  });
  const [left, right, top, bottom] = [64, width - 8, 8, height - 24];
  const { low, high, shares } = sample(curve, steps, Math.min(Math.max(2, steps), right - left));
  const points = shares.map((share, i) => {
    const x = left + (i / (shares.length - 1)) * (right - left);
    return `${x.toFixed(1)} ${(bottom - share * (bottom - top)).toFixed(1)}`;
  });
  const title = curve.words.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const text = (x: number, y: number, anchor: "start" | "end", label: string): string =>
    `<text x="${x}" y="${y}" text-anchor="${anchor}">${label}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img"` +
      ` font-family="system-ui, sans-serif" font-size="11" fill="currentColor">`,
    `<title>${title}</title>`,
    `<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="currentColor" stroke-opacity="0.3"/>`,
    `<path d="M${points.join("L")}" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round"/>`,
    text(left - 8, top + 8, "end", formatValue(high)),
    text(left - 8, bottom, "end", formatValue(low)),
    text(left, height - 8, "start", "step 1"),
    text(right, height - 8, "end", `step ${formatSteps(steps)}`),
    "</svg>",
  ].join("\n");
}

import uPlot from "uplot";
import { make } from "./dom.ts";
import { number } from "./format.ts";
import type { Unit } from "./setup.ts";

/** A curve over epochs or steps. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Which of the colours `--run-0` … it has. */
  readonly colour: number;
  readonly kind: "front" | "faint" | "dotted";
}

export interface ChartOptions {
  readonly title: string;
  /** What the chart shows, in a sentence. */
  readonly hint: string;
  readonly format: (value: number) => string;
  readonly tick: (value: number) => string;
  /** The values' upper bound, where they have one. */
  readonly most?: number;
  /** The least that the chart spans, as a share of its highest value: noise must not fill it. */
  readonly leastSpan: number;
}

/** What the curves stand on. */
export interface Ground {
  /** What the x axis counts, and how far it reaches. */
  readonly unit: Unit;
  readonly reach: number;
  /** What is behind the readout's number. */
  readonly suffix?: string;
}

const HEIGHT = 196;
const increments = [1, 10, 100, 1000, 10_000, 100_000].flatMap((ten) => [ten, 2 * ten, 5 * ten]);

/** Colours come from the style sheet, where light and dark are decided. */
const colourOf = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function onThemeChange(callback: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", callback);
}

/** A titled chart with a readout: the front curve's last value, or the one under the pointer. */
export class Chart {
  readonly #options: ChartOptions;
  readonly #readout = make("p", { className: "readout" });
  readonly #plotHost = make("div", { className: "plot" });
  #plot: uPlot | undefined;
  #shape = "";
  #curves: readonly Curve[] = [];
  #ground: Ground = { unit: "epoch", reach: 1 };

  constructor(host: HTMLElement, options: ChartOptions) {
    this.#options = options;
    const heading = make("h3", { text: options.title, title: options.hint });
    host.append(make("header", {}, heading, this.#readout), this.#plotHost);
    this.#plotHost.setAttribute("role", "img");
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(this.#plotHost);
    this.show([], this.#ground);
  }

  show(curves: readonly Curve[], ground: Ground): void {
    this.#curves = curves;
    this.#ground = ground;
    const data = this.#data();
    // uPlot knows a series by its place, so that other curves need another plot.
    const shape = curves.map(({ colour, kind }) => `${kind}${colour}`).join();
    if (this.#plot && shape === this.#shape) this.#plot.setData(data);
    else this.#make(data);
    this.#shape = shape;
    this.#read();
  }

  redraw(): void {
    this.#plot?.redraw(false);
  }

  #make(data: uPlot.AlignedData): void {
    this.#plot?.destroy();
    const muted = (): string => colourOf("--muted");
    const axis = { stroke: muted, font: "11px system-ui, sans-serif", ticks: { show: false } };
    const grid = { stroke: () => colourOf("--line"), width: 1 };
    this.#plot = new uPlot(
      {
        ...this.#size(),
        padding: [8, 10, 0, 0],
        legend: { show: false },
        cursor: {
          y: false,
          drag: { x: false, y: false },
          points: { show: false },
          sync: { key: "epochs", scales: ["x", null] },
        },
        scales: { x: { time: false, range: () => [0, this.#ground.reach] }, y: { range: () => this.#range() } },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 30,
            gap: 8,
            incrs: increments,
            values: (_, ticks) => this.#ticks(ticks),
          },
          { ...axis, grid, size: 48, gap: 6, space: 34, values: (_, ticks) => ticks.map(this.#options.tick) },
        ],
        series: [{}, ...this.#curves.map(seriesOf)],
        hooks: { setCursor: [() => this.#read()] },
      },
      data,
      this.#plotHost,
    );
    // What makes a GPU lose its device may make it lose its canvases too.
    this.#plot.ctx.canvas.addEventListener("contextrestored", () => this.#make(this.#data()));
  }

  #ticks(ticks: readonly number[]): string[] {
    return ticks.map((tick) => (tick === 0 ? `${this.#ground.unit} 0` : String(tick)));
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(160, this.#plotHost.clientWidth), height: HEIGHT };
  }

  #data(): uPlot.AlignedData {
    const known = (value: number): number | null => (Number.isFinite(value) ? value : null);
    const tables = this.#curves.map(({ x, y }): uPlot.AlignedData => [[...x], y.map(known)]);
    return tables.length > 0 ? uPlot.join(tables) : [[]];
  }

  /** The solid curves fill the chart; a dotted one may come from outside in its first epoch. */
  #range(): [number, number] {
    const { most = Number.POSITIVE_INFINITY, leastSpan } = this.#options;
    const hasSolid = this.#curves.some(({ kind, y }) => kind !== "dotted" && y.length > 0);
    const values = this.#curves
      .flatMap(({ kind, x, y }) => y.filter((_, i) => kind !== "dotted" || !hasSolid || (x[i] ?? 0) > 1))
      .filter(Number.isFinite);
    if (values.length === 0) return [0, 1];
    const lowest = values.reduce((a, b) => Math.min(a, b));
    const highest = values.reduce((a, b) => Math.max(a, b));
    const lacking = Math.max(0, leastSpan * highest - (highest - lowest)) / 2;
    const margin = lacking + (highest - lowest) * 0.1;
    return [Math.max(0, lowest - margin), Math.min(most, highest + margin)];
  }

  #read(): void {
    const front = this.#curves.find(({ kind }) => kind === "front") ?? this.#curves.at(-1);
    const left = this.#plot?.cursor.left ?? -1;
    const pointed = this.#plot && left >= 0 ? this.#plot.posToVal(left, "x") : Number.POSITIVE_INFINITY;
    const at = front ? nearest(front.x, pointed) : -1;
    const value = front?.y[at];
    const { title, hint, format } = this.#options;
    const { unit, suffix = "" } = this.#ground;
    const text = value === undefined ? "" : format(value) + suffix;
    const place = `${unit} ${number(front?.x[at] ?? 0)}`;
    this.#readout.textContent = Number.isFinite(pointed) && text ? `${place}: ${text}` : text;
    this.#plotHost.setAttribute("aria-label", `${title}${text && `, now ${text}`}. ${hint}`);
  }
}

function seriesOf({ colour, kind }: Curve): uPlot.Series {
  const own = `--run-${colour}`;
  const stroke = (): string => colourOf(own) + { front: "", faint: "80", dotted: "b0" }[kind];
  return {
    stroke,
    width: { front: 2.25, faint: 1.5, dotted: 1.25 }[kind],
    ...(kind === "dotted" && { dash: [2, 3] }),
    points: { show: kind === "front", size: 5, fill: stroke, width: 0 },
  };
}

/** Index of the value nearest to `target`; -1 where there is none. */
function nearest(values: readonly number[], target: number): number {
  if (target === Number.POSITIVE_INFINITY) return values.length - 1;
  let best = -1;
  for (let i = 0; i < values.length; i++) {
    if (best < 0 || Math.abs((values[i] ?? 0) - target) < Math.abs((values[best] ?? 0) - target)) best = i;
  }
  return best;
}

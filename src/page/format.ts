/** Numbers as people read them. A no-break space stands between a number and its unit. */

export const count = (value: number): string => Math.round(value).toLocaleString("en");

export const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)}\u00a0%`;

/** Three significant digits, without an exponent for anything of everyday size. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return "not a number";
  if (value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e6))
    return value.toExponential(1).replace(".0e", "e").replace("e+", "e");
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 8 });
}

/** The same, with the zeros at the end: for numbers below each other. */
export const measured = (value: number): string =>
  Math.abs(value) >= 0.01 && Math.abs(value) < 100 ? value.toPrecision(3) : number(value);

/** A small share, such as a shrink per step: two significant digits of per cent. */
export const smallPercent = (share: number): string => `${number(Number((100 * share).toPrecision(2)))}\u00a0%`;

export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 60) return `${Math.ceil(seconds)}\u00a0s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}\u00a0min ${Math.round(seconds % 60)}\u00a0s`;
  return `${Math.floor(seconds / 3600)}\u00a0h ${Math.round((seconds % 3600) / 60)}\u00a0min`;
}

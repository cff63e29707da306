import { byId, make } from "./dom.ts";
import { count, measured } from "./format.ts";
import type { Score } from "./protocol.ts";

/** What the newest block holds: a text under way, or a whole one with its score. */
let newest: { readonly text: string; readonly score?: Score } | undefined;

/** Shows a text while the network is writing it. */
export function showWriting(text: string): void {
  if (newest?.score) keep(newest.text, newest.score);
  newest = { text };
  show("writing …");
}

/** Shows a whole text, and when it was written. */
export function showSample(text: string, score: Score): void {
  newest = { text, score };
  show(caption(score));
}

export function clearWriting(): void {
  newest = undefined;
  byId("earlier").replaceChildren();
  show("");
}

function show(said: string): void {
  byId("writing-empty").hidden = newest !== undefined;
  byId("sample").hidden = newest === undefined;
  byId("sample").textContent = asRead(newest?.text ?? "");
  byId("sample").dataset.underWay = String(newest !== undefined && !newest.score);
  byId("sample-caption").textContent = said;
}

function keep(text: string, score: Score): void {
  byId("earlier").prepend(
    make(
      "li",
      {},
      make("p", { className: "when", text: caption(score) }),
      make("p", { text: asRead(text), title: asRead(text) }),
    ),
  );
}

const caption = ({ step, loss }: Score): string =>
  step === 0 ? "before the first step" : `step ${count(step)}, ${measured(loss)}\u00a0nats`;

/** The book's lines are of a width of their own: only its paragraphs are kept. */
const asRead = (text: string): string => text.trim().replace(/([^\n])\n(?!\n)/g, "$1 ");

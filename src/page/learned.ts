/** What a browser remembers of a GPU from one visit to the next. */

/** Texts by names that say of what they are. */
export type Learned = Readonly<Record<string, string>>;

const prefix = "shrinkstep/";

/** What earlier visits have learned. A browser may refuse to remember anything. */
export function learnedBefore(): Learned {
  try {
    return Object.fromEntries(Object.entries(localStorage).filter(([name]) => name.startsWith(prefix)));
  } catch {
    return {};
  }
}

export function remember(learned: Learned): void {
  try {
    for (const [name, text] of Object.entries(learned)) localStorage.setItem(name, text);
  } catch {
    // Then the next visit learns it again.
  }
}

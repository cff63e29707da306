/** How deep a model may be called in this library's own functions before the line of its caller is lost. */
const DEPTH = 60;

/**
 * This library's files: all of its source folder or, in a bundle, the one file that everything is in. As the stack names
 * them, which is not how `import.meta.url` does everywhere.
 */
const library = (locationOf(framesHere()[0] ?? "") ?? "unknown").replace(/\/graph\/where\.[jt]s$/, "/");

/** The file, line and column of the code that called the library, such as `model.ts:12:7`; empty where there is none. */
export function caller(): string {
  const outside = framesHere().find((frame) => !frame.includes(library));
  const [, line = ""] = outside?.match(/(:\d+:\d+)\)?$/) ?? [];
  return outside ? `${locationOf(outside)?.replace(/^.*[/\\]/, "")}${line}` : "";
}

/** Where each call that is under way is, the innermost one first. */
function framesHere(): string[] {
  const settings = Error as unknown as { stackTraceLimit?: number };
  const { stackTraceLimit } = settings;
  settings.stackTraceLimit = DEPTH;
  const { stack = "" } = new Error();
  if (stackTraceLimit === undefined) delete settings.stackTraceLimit;
  else settings.stackTraceLimit = stackTraceLimit;
  return stack.split("\n").filter((line) => /:\d+:\d+\)?$/.test(line));
}

/** The file of a frame, without its line and a query. */
function locationOf(frame: string): string | undefined {
  return frame.match(/([^\s(@]+?)(\?[^:]*)?:\d+:\d+\)?$/)?.[1];
}

/** This library's files: all of its source folder or, in a bundle, the one file that everything is in. */
const library = import.meta.url.replace(/\/graph\/where\.[jt]s.*$/, "/");

/** The file, line and column of the code that called the library, such as `model.ts:12:7`; empty where there is none. */
export function caller(): string {
  const frames = new Error().stack?.split("\n") ?? [];
  const outside = frames.find((frame) => /:\d+:\d+\)?$/.test(frame) && !frame.includes(library));
  return (
    outside
      ?.match(/([^/\\(\s]+):\d+:\d+\)?$/)?.[0]
      .replace(/\)$/, "")
      .replace(/\?[^:]*/, "") ?? ""
  );
}

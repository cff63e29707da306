/**
 * A module that asks for the lengths of its arrays before anything else. WGSL keeps an index within its array, for which an
 * adapter that computes on the CPU divides at each access, lane by lane, to get the length: unless it has been asked for on
 * the way there already.
 *
 * @param isBound whether the kernel has a binding of that bind group and number: a module may declare more
 */
export function askingLengthsFirst(code: string, isBound: (group: number, binding: number) => boolean): string {
  const lengths = [...code.matchAll(runtimeSized)]
    .filter(([, group, binding]) => isBound(Number(group), Number(binding)))
    .map(([, , , name]) => `arrayLength(&${name})`);
  // It never returns there, since no binding is empty: only so the lengths count as used.
  return lengths.length === 0
    ? code
    : code.replace(mainBody, (head) => `${head} if ((${lengths.join(" | ")}) == 0u) { return; }`);
}

/** A binding that is an array as long as its buffer. */
const runtimeSized = /^@group\((\d+)\) @binding\((\d+)\) var<storage(?:, \w+)?> (\w+): array<[\w<>]+>;/gm;
const mainBody = /fn main\([^{]*\{/;

/**
 * A module that asks for the lengths of its arrays before anything else. WGSL keeps an index within its array, for which an
 * adapter that computes on the CPU divides at each access, lane by lane, to get the length: unless it has been asked for on
 * the way there already.
 *
 * @param isBound whether the kernel has a binding of that bind group and number: a module may declare more
 */
export function askingLengthsFirst(code: string, isBound: (group: number, binding: number) => boolean): string {
  const declared = [...code.matchAll(bindings)].map(([, group, binding, array]) => ({ group, binding, array }));
  const lengths = declared
    // Where a module gives one number to two bindings, only one of them is the kernel's.
    .filter((each) => !declared.some((other) => other !== each && isSame(other, each)))
    .filter(({ group, binding, array }) => array && isBound(Number(group), Number(binding)))
    .map(({ array }) => `arrayLength(&${array})`);
  // It never returns there, since no binding is empty: only so the lengths count as used.
  return lengths.length === 0
    ? code
    : code.replace(mainBody, (head) => `${head} if ((${lengths.join(" | ")}) == 0u) { return; }`);
}

type Slot = Record<"group" | "binding", string | undefined>;

const isSame = (a: Slot, b: Slot): boolean => a.group === b.group && a.binding === b.binding;

/** A binding, with its name where it is an array as long as its buffer. */
const bindings = /^@group\((\d+)\) @binding\((\d+)\) var(?:<storage(?:, \w+)?> (\w+): array<[\w<>]+>;)?/gm;
const mainBody = /fn main\([^{]*\{/;

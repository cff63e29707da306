/** Loads and stores of each buffer of elements in a shader's text, by its name, and the bytes of an element there. */
export function accesses(code: string): Record<string, { loads: number; stores: number; bytes: number }> {
  const text = live(code);
  // A tile's sums are not its elements.
  const declared = [...text.matchAll(/var<storage, read_write> (?!sums\b)(\w+): array<(Wide|vec4f|vec2u|u32|f32)>/g)];
  return Object.fromEntries(
    declared.map(([, name = "", type = ""]) => {
      const uses = [...text.matchAll(new RegExp(`\\b${name}\\[[^\\]]*\\]( = )?`, "g"))];
      const stores = uses.filter(([, assigned]) => assigned).length;
      return [name, { loads: uses.length - stores, stores, bytes: name.endsWith("Scale") ? 4 / 256 : bytesOf(type) }];
    }),
  );
}

/** A lane has four elements, but for those of float32 that are taken one by one. */
const bytesOf = (type: string): number => ({ Wide: 4, vec4f: 4, vec2u: 2, u32: 1, f32: 4 })[type] as number;

/** Bytes moved an element: all loads and stores but those that are left out, such as `{ grad: "stores" }`. */
export function bytesMoved(code: string, leftOut: Readonly<Record<string, "loads" | "stores">>): number {
  return Object.entries(accesses(code)).reduce((sum, [name, { loads, stores, bytes }]) => {
    const without = leftOut[name];
    return sum + bytes * ((without === "loads" ? 0 : loads) + (without === "stores" ? 0 : stores));
  }, 0);
}

/** The code without what `main` does not call, directly or not. */
function live(code: string): string {
  const text = code.replace(/\/\/.*/g, "");
  const functions = new Map(
    [...text.matchAll(/^fn (\w+)\(.*?(?:\{\}$|^\})/gms)].map(([body, name]) => [name as string, body]),
  );
  const visit = (name: string): void => {
    const body = functions.get(name) ?? "";
    functions.delete(name);
    for (const [, called] of body.matchAll(/\b(\w+)\(/g)) visit(called as string);
  };
  visit("main");
  return [...functions.values()].reduce((rest, body) => rest.replace(body, ""), text);
}

/** Models as lists of shapes, at sizes of choice. Pure. */

export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

const size = (count: number): number => Math.max(1, Math.round(count));

/** One matrix, about square. */
export function oneTensor(parameters: number): NamedShape[] {
  const columns = 2 ** Math.floor(Math.log2(parameters) / 2);
  return [{ name: "w", shape: [size(parameters / columns), columns] }];
}

/** So many matrices, alike, with so many parameters in all. */
export function manyTensors(count: number, parameters: number): NamedShape[] {
  const each = parameters / count;
  const columns = [100, 64].find((columns) => each % columns === 0) ?? 1;
  return Array.from({ length: count }, (_, i) => ({ name: `w${i}`, shape: [size(each / columns), columns] }));
}

const gpt2 = { vocabulary: 50_257, context: 1024, width: 768, layers: 12, parameters: 124_439_808 };

/** The 148 tensors of GPT-2 small (Radford et al. 2019), every side scaled alike, so that there are about so many parameters. */
export function gpt2Tensors(parameters: number): NamedShape[] {
  const scale = Math.sqrt(parameters / gpt2.parameters);
  const width = size(gpt2.width * scale);
  const norm = (name: string): NamedShape[] => [
    { name: `${name}.weight`, shape: [width] },
    { name: `${name}.bias`, shape: [width] },
  ];
  const linear = (name: string, inputs: number, outputs: number): NamedShape[] => [
    { name: `${name}.weight`, shape: [inputs, outputs] },
    { name: `${name}.bias`, shape: [outputs] },
  ];
  const block = (_: unknown, i: number): NamedShape[] => [
    ...norm(`h.${i}.ln_1`),
    ...linear(`h.${i}.attn.c_attn`, width, 3 * width),
    ...linear(`h.${i}.attn.c_proj`, width, width),
    ...norm(`h.${i}.ln_2`),
    ...linear(`h.${i}.mlp.c_fc`, width, 4 * width),
    ...linear(`h.${i}.mlp.c_proj`, 4 * width, width),
  ];
  return [
    { name: "wte.weight", shape: [size(gpt2.vocabulary * scale), width] },
    { name: "wpe.weight", shape: [size(gpt2.context * scale), width] },
    ...Array.from({ length: gpt2.layers }, block).flat(),
    ...norm("ln_f"),
  ];
}

/** 65,536 as `64k`, 1,048,576 as `1M`, and other numbers of parameters in thousands or millions. */
export function sizeName(parameters: number): string {
  const [unit, name] = parameters >= 2 ** 20 ? [2 ** 20, "M"] : [1024, "k"];
  if (parameters % unit === 0) return `${parameters / unit}${name}`;
  const [decimal, word] = parameters >= 1e6 ? [1e6, "M"] : [1e3, "k"];
  return `${+(parameters / decimal).toFixed(1)}${word}`;
}

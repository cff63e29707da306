import type { AdapterDescription } from "./adapter.ts";
import { AlignmentError, LimitError, ShaderError } from "./errors.ts";
import { foldGrid } from "./grid.ts";
import { askingLengthsFirst } from "./lengths.ts";
import type { Limits } from "./limits.ts";
import { explain, join, type ShaderPart } from "./shader.ts";
import type { Slice } from "./slice.ts";
import type { Dispatch } from "./stream.ts";

/** How a kernel uses a binding: `read` and `readWrite` are storage, `uniform` is uniform. */
export type Access = "read" | "readWrite" | "uniform";

/** What a bind group holds, by the numbers of the bindings; an array where they are 0, 1, …. */
export type Bindings<T> = Readonly<Record<number, T>>;

/** One WGSL entry point, `main`, and the bind groups it takes. */
export interface KernelSource {
  /** `room/thing`, such as `optim/adamw`. */
  readonly label: string;
  /** Files that make up the module, in order. */
  readonly parts: readonly ShaderPart[];
  /** For each bind group, the access of its bindings. */
  readonly bindings: readonly Bindings<Access>[];
  /** Values of the module's `override` constants. */
  readonly constants?: Readonly<Record<string, number>>;
}

/** A compiled kernel. */
export class Kernel {
  constructor(
    readonly label: string,
    readonly pipeline: GPUComputePipeline,
    readonly source: KernelSource,
    readonly device: GPUDevice,
    readonly limits: Limits,
    readonly layouts: readonly GPUBindGroupLayout[],
  ) {}

  /**
   * A launch of `workgroups` workgroups over the given slices, one for each of the kernel's bindings. More workgroups
   * than one side of a grid may have are folded into two sides (see `foldGrid`).
   * @throws AlignmentError or LimitError naming the binding that the device would refuse.
   */
  prepare(slices: readonly Bindings<Slice>[], workgroups: number): Dispatch {
    const [x, y] = foldGrid(workgroups, this.limits.maxComputeWorkgroupsPerDimension);
    for (const [i, group] of slices.entries()) for (const [j, slice] of numbered(group)) this.#checkSlice(slice, i, j);
    const bindGroups = slices.map((group, i) =>
      this.device.createBindGroup({
        label: this.label,
        layout: this.layouts[i] as GPUBindGroupLayout,
        entries: numbered(group).map(([binding, resource]) => ({ binding, resource })),
      }),
    );
    return { label: this.label, pipeline: this.pipeline, bindGroups, x, y };
  }

  #checkSlice({ offset, size }: Slice, group: number, binding: number): void {
    const { minStorageBufferOffsetAlignment: multiple, maxStorageBufferBindingSize: max } = this.limits;
    const which = `${this.label}: binding ${binding} of bind group ${group}`;
    if (offset % multiple) {
      throw new AlignmentError(
        `${which} starts at byte ${offset} (allowed multiples of ${multiple}). Move the tensor.`,
      );
    }
    if (size > max) {
      throw new LimitError(`${which} is too large (got ${size} bytes, allowed ${max}). Bind it window by window.`);
    }
  }
}

const numbered = <T>(group: Bindings<T>): [number, T][] =>
  Object.entries(group).map(([binding, value]) => [Number(binding), value]);

/** Compiled kernels, each made once. */
export class KernelCache {
  readonly #device: GPUDevice;
  readonly #limits: Limits;
  readonly #adapter: Pick<AdapterDescription, "isSoftware">;
  readonly #kernels = new Map<string, Promise<Kernel>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(device: GPUDevice, limits: Limits, adapter: Pick<AdapterDescription, "isSoftware">) {
    this.#device = device;
    this.#limits = limits;
    this.#adapter = adapter;
  }

  /**
   * The kernel for a source.
   * @throws ShaderError, by rejection, whose message reads `shaders/optim/adamw.wgsl:17:9: …` with the source line.
   */
  get(source: KernelSource): Promise<Kernel> {
    const key = JSON.stringify([source.parts.map((part) => part.code), source.bindings, source.constants]);
    const known = this.#kernels.get(key);
    if (known) return known;
    const kernel = this.#compile(source);
    this.#kernels.set(key, kernel);
    return kernel;
  }

  async #compile(source: KernelSource): Promise<Kernel> {
    const device = this.#device;
    const { label, parts, bindings, constants } = source;
    const layouts = bindings.map((group) => this.#layout(group));
    device.pushErrorScope("validation");
    const whole = join(parts);
    const isBound = (group: number, binding: number): boolean => bindings[group]?.[binding] !== undefined;
    const code = this.#adapter.isSoftware ? askingLengthsFirst(whole, isBound) : whole;
    const module = device.createShaderModule({ label, code });
    const failure = device.popErrorScope();
    const { messages } = await module.getCompilationInfo();
    const errors = messages.filter(({ type }) => type === "error");
    if (errors.length) throw new ShaderError(errors.map((message) => explain(parts, message)).join("\n"));
    const invalid = await failure;
    if (invalid) throw new ShaderError(`${label}: ${invalid.message}`);
    try {
      const compute = { module, entryPoint: "main", ...(constants && { constants }) };
      // Each kernel has a pipeline layout of its own: wgpu checks the sizes of bindings by the needs of the pipeline before
      // it where the two share one, and then refuses a binding of one float after a kernel that takes four at a time.
      const layout = device.createPipelineLayout({ label, bindGroupLayouts: layouts });
      const pipeline = await device.createComputePipelineAsync({ label, layout, compute });
      return new Kernel(label, pipeline, source, device, this.#limits, layouts);
    } catch (error) {
      throw new ShaderError(`${label}: no pipeline could be made of it. ${(error as Error).message}`, { cause: error });
    }
  }

  #layout(group: Bindings<Access>): GPUBindGroupLayout {
    const key = JSON.stringify(group);
    const known = this.#layouts.get(key);
    if (known) return known;
    const types = { read: "read-only-storage", readWrite: "storage", uniform: "uniform" } as const;
    const layout = this.#device.createBindGroupLayout({
      label: key,
      entries: numbered(group).map(([binding, access]) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: types[access] },
      })),
    });
    this.#layouts.set(key, layout);
    return layout;
  }
}

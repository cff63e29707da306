import { WebGPUUnavailableError } from "./errors.ts";

/** Which adapter the work runs on. */
export interface AdapterDescription {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** True for an adapter that computes on the CPU (SwiftShader, lavapipe, WARP): right, but slow. */
  readonly isSoftware: boolean;
  /** One line for a person, such as `google swiftshader (software adapter)`. */
  readonly label: string;
}

export function describeAdapter(info: GPUAdapterInfo): AdapterDescription {
  const { vendor, architecture, device, description } = info;
  // wgpu gives PCI numbers for the vendor and the device, which tell a person nothing.
  const names = [vendor, architecture, description || device].filter((name) => !/^\d*$/.test(name));
  const words = names.join(" ");
  const isSoftware = info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(words);
  const label = `${words || "unnamed adapter"}${isSoftware ? " (software adapter)" : ""}`;
  return { vendor, architecture, device, description, isSoftware, label };
}

/**
 * The best adapter there is.
 * @throws WebGPUUnavailableError naming the reason and the remedy.
 */
export async function requestAdapter(options: GPURequestAdapterOptions): Promise<GPUAdapter> {
  if (globalThis.isSecureContext === false) {
    throw new WebGPUUnavailableError(
      "WebGPU: not available on an insecure page (got http, allowed https or localhost). Serve the page over https.",
    );
  }
  if (!globalThis.navigator?.gpu) {
    throw new WebGPUUnavailableError(
      "WebGPU: this browser does not have it (navigator.gpu is missing). Use Chrome or Edge 121+, Safari 26+ or " +
        "Firefox 141+; on Linux start Chrome with --enable-unsafe-webgpu --enable-features=Vulkan.",
    );
  }
  const adapter = await navigator.gpu.requestAdapter(options);
  if (adapter) return adapter;
  throw new WebGPUUnavailableError(
    "WebGPU: the browser has it but offers no adapter. Turn on hardware acceleration or update the graphics driver; after " +
      "repeated GPU crashes reload the page; without a GPU start Chrome with --enable-unsafe-webgpu --enable-unsafe-swiftshader.",
  );
}

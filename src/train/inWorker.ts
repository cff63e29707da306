import type { NamedNumbers } from "../engine/index.ts";
import { type FitOptions, type Fittable, fit, type Progress } from "./fit.ts";

/** What a worker is to do: a training, and what `fit` is told of it. The training is destroyed when it is done. */
export interface Run<Batch, Evaluation> extends Pick<FitOptions<Batch, Evaluation>, "steps" | "batch" | "evaluate"> {
  readonly training: Fittable<Batch> & {
    readWeights(): Promise<ReadonlyMap<string, NamedNumbers>>;
    destroy(): void;
  };
}

type ToWorker =
  | { readonly fit: number; readonly type: "start"; readonly request: unknown }
  | { readonly fit: number; readonly type: "stop" };

type FromWorker<Evaluation> =
  | { readonly fit: number; readonly type: "progress"; readonly progress: Progress<Evaluation> }
  | { readonly fit: number; readonly type: "done"; readonly weights: ReadonlyMap<string, NamedNumbers> }
  | { readonly fit: number; readonly type: "failed"; readonly name: string; readonly message: string };

/**
 * Called in a worker: has `fitInWorker` train there, where neither the page's work nor a hidden tab slows it down.
 * @param prepare makes the training of a request, which is plain data that the page has sent
 */
export function serveFit<Request, Batch, Evaluation = undefined>(
  prepare: (request: Request) => Promise<Run<Batch, Evaluation>>,
): void {
  const stops = new Map<number, AbortController>();
  addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
    if (data?.type === "stop") stops.get(data.fit)?.abort();
    if (data?.type !== "start") return;
    const stop = new AbortController();
    stops.set(data.fit, stop);
    const tell = (told: object): void => postMessage({ fit: data.fit, ...told });
    const work = async (): Promise<void> => {
      const { training, ...options } = await prepare(data.request as Request);
      try {
        const onProgress = (progress: Progress<Evaluation>): void => tell({ type: "progress", progress });
        await fit(training, { ...options, signal: stop.signal, onProgress });
        tell({ type: "done", weights: await training.readWeights() });
      } finally {
        training.destroy();
      }
    };
    work()
      .catch((error: unknown) => tell({ type: "failed", ...wordsOf(error) }))
      .finally(() => stops.delete(data.fit));
  });
}

/**
 * Trains in a worker that calls `serveFit`: until the steps are done, or until the signal.
 *
 * @param request what the worker's `prepare` makes a training of: plain data
 * @returns the weights to evaluate with, by name
 * @throws by rejection what ended it there, an Error with the same name and message; and where the worker cannot be loaded.
 */
export function fitInWorker<Evaluation = undefined>(
  worker: Worker,
  request: unknown,
  { signal, onProgress = () => {} }: Pick<FitOptions<never, Evaluation>, "signal" | "onProgress"> = {},
): Promise<ReadonlyMap<string, NamedNumbers>> {
  const own = fits++;
  const tell = (message: ToWorker): void => worker.postMessage(message);
  const stop = (): void => tell({ fit: own, type: "stop" });
  const ended = new AbortController();
  const { signal: isEnded } = ended;
  return new Promise<ReadonlyMap<string, NamedNumbers>>((resolve, reject) => {
    const onMessage = ({ data }: MessageEvent<FromWorker<Evaluation>>): void => {
      if (data?.fit !== own) return;
      if (data.type === "done") resolve(data.weights);
      if (data.type === "failed") reject(Object.assign(new Error(data.message), { name: data.name }));
      if (data.type !== "progress") return;
      try {
        onProgress(data.progress);
      } catch (error) {
        stop();
        reject(error);
      }
    };
    const onError = ({ message }: Partial<ErrorEvent>): void =>
      reject(
        new Error(`worker: it ended with an error (got ${message || "one without words"}). Look into its console.`),
      );
    worker.addEventListener("message", onMessage, { signal: isEnded });
    worker.addEventListener("error", onError, { signal: isEnded });
    signal?.addEventListener("abort", stop, { signal: isEnded });
    tell({ fit: own, type: "start", request });
    if (signal?.aborted) stop();
  }).finally(() => ended.abort());
}

let fits = 0;

const wordsOf = (error: unknown): { readonly name: string; readonly message: string } =>
  error instanceof Error ? { name: error.name, message: error.message } : { name: "Error", message: String(error) };

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Chrome, type OpenPage, openPage, startChrome } from "./openPage.ts";

let chrome: Chrome;
beforeAll(async () => void (chrome = await startChrome()));
afterAll(() => chrome?.close());

let open: OpenPage | undefined;
const opened = async (options?: Parameters<typeof openPage>[1]): Promise<OpenPage> =>
  (open = await openPage(chrome, options));

afterEach(async () => {
  await open?.close();
  open = undefined;
});

const small = { dataset: "digits", epochs: 5, batch: 16, width: 48 };

const hiddenOf = (elements: Element[]): boolean[] =>
  elements.map((element) => (element as HTMLElement).hidden === true);

test("trains to the bar, draws it, and compares it with the other kind of decay", async () => {
  const { page, reach, set, text, pixels, faults } = await opened();
  await reach("idle");
  expect(await text("adapter")).toMatch(/\w/);
  await set({ ...small, lr: 0.003, weightDecay: 0.1 });
  await page.click("#go");
  await reach("finished");

  const accuracy = await page.$eval("#chart-accuracy .readout", (readout) => readout.textContent);
  expect(Number.parseFloat(accuracy)).toBeGreaterThan(90);
  expect(await text("stat-step")).toBe("445 of 445");
  expect(await text("stat-submits")).toBe("1");
  expect(Number(await text("stat-dispatches"))).toBeGreaterThan(1);
  for (const chart of ["chart-accuracy", "chart-loss", "chart-norm"]) {
    expect(await pixels(chart, 0), chart).toBeGreaterThan(100);
  }
  const captions = await page.$$eval("#mistakes li", (tiles) => tiles.map((tile) => (tile as HTMLElement).innerText));
  expect(captions.length).toBeGreaterThan(0);
  for (const caption of captions) expect(caption).toMatch(/^\d\s+\d+.% sure\s+right: \d$/);
  const inked = await page.$eval("#mistakes canvas", (canvas) =>
    (canvas as HTMLCanvasElement)
      .getContext("2d")!
      .getImageData(0, 0, 8, 8)
      .data.some((value) => value > 0),
  );
  expect(inked).toBe(true);

  await page.click("#compare");
  await reach("finished");
  expect(await page.$$eval("#runs-rows tr", (rows) => rows.map((row) => row.dataset.optimizer))).toEqual([
    "adam",
    "adamw",
  ]);
  expect(await text("verdict")).toMatch(/Same seed, same decay of 0.1, same 445 steps/);
  expect(await pixels("chart-norm", 1)).toBeGreaterThan(100);

  mkdirSync(fileURLToPath(new URL("../../reports", import.meta.url)), { recursive: true });
  await page.screenshot({
    path: fileURLToPath(new URL("../../reports/page.png", import.meta.url)) as `${string}.png`,
    fullPage: true,
  });
  expect(faults).toEqual([]);
});

test("shows a transformer learning to write", async () => {
  const { page, reach, set, text, pixels, faults } = await opened();
  await reach("idle");
  await set({ task: "gpt" });
  expect(await page.$$eval("#dataset-field, #epochs-field, #chart-accuracy, #mistakes-section", hiddenOf)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(Number(await page.$eval("#lr", (input) => (input as HTMLInputElement).value))).toBe(0.003);
  await set({ width: 18 });
  expect(await text("problem")).toBe("Width must be a multiple of 4.");
  await set({ steps: 2, batch: 2, width: 16 });
  expect(await text("problem")).toBe("");
  await page.click("#go");
  await page.waitForSelector("#sample[data-under-way=true]");
  await reach("finished");

  expect(await text("stat-step")).toBe("2 of 2");
  expect(await text("sample-caption")).toMatch(/^step 2, 4\.\d\d\snats$/);
  expect((await text("sample")).length).toBeGreaterThan(200);
  const earlier = await page.$$eval("#earlier .when", (captions) => captions.map((caption) => caption.textContent));
  expect(earlier).toEqual([expect.stringMatching(/^step 1, /), "before the first step"]);
  expect(await text("chart-loss")).toMatch(/4\.\d\d nats a character/);
  for (const chart of ["chart-loss", "chart-norm"]) expect(await pixels(chart, 0), chart).toBeGreaterThan(100);
  expect(await text("runs-rows")).toMatch(/transformer.*4\.\d\d\snats/s);
  expect(faults).toEqual([]);
});

test("trains a convolutional network too, and keeps what each task had", async () => {
  const { page, reach, set, text, faults } = await opened();
  await reach("idle");
  await set({ task: "cnn", dataset: "digits" });
  await set({ epochs: 1, width: 4, batch: 100 });
  await set({ task: "gpt" });
  await set({ task: "cnn" });
  await page.click("#go");
  await reach("finished");
  expect(await text("stat-step")).toBe("14 of 14");
  expect(await text("chart-accuracy")).toMatch(/\d.%/);
  expect((await page.$$("#mistakes li")).length).toBeGreaterThan(0);
  expect(faults).toEqual([]);
});

test("pauses, resumes and resets", async () => {
  const { page, reach, set, steps, text, faults } = await opened();
  await reach("idle");
  await set({ ...small, epochs: 500 });
  await page.click("#go");
  await page.waitForSelector("#mistakes li");

  await page.click("#go");
  await reach("paused");
  const paused = await steps();
  expect(paused).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await steps()).toBe(paused);
  expect(await text("go")).toBe("Resume");

  await page.click("#go");
  await page.waitForFunction(
    (before) => Number(document.getElementById("stat-step")?.dataset.step) > before,
    {},
    paused,
  );

  await page.click("#reset");
  await reach("idle");
  expect(await text("stat-step")).toBe("–");
  expect(await page.$$("#mistakes li")).toEqual([]);
  expect(await page.$$("#runs-rows tr")).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await text("headline")).toBe("Ready");
  expect(faults).toEqual([]);
});

test("says what a weight decay means, and what a setup lacks", async () => {
  const { page, reach, set, text } = await opened();
  await reach("idle");
  await set({ dataset: "fashion", batch: 100, lr: 0.001, weightDecay: 0.1 });
  expect(await text("meaning-words")).toBe(
    "Every step takes 0.01\u00a0% off each weight, whatever its gradient. " +
      "Left alone, a weight would be half gone after 6,931 steps (116 epochs).",
  );
  await set({ optimizer: "adam" });
  expect(await text("meaning-words")).toMatch(/no steady shrink/);
  await set({ optimizer: "sgd", momentum: 0.5 });
  expect(await text("meaning-words")).toMatch(/0\.01.% off each weight at first, about 0\.02.% a step later/);
  await set({ weightDecay: 0 });
  expect(await text("meaning-words")).toMatch(/^No decay/);

  const isBlocked = () => page.$eval("#go", (button) => (button as HTMLButtonElement).disabled);
  for (const [name, wrong, right] of [
    ["epochs", 0, 2],
    ["lr", -1, 0.1],
    ["batch", 2000, 64],
    ["seed", 1.5, 1],
  ] as const) {
    await set({ [name]: wrong });
    expect(await text("problem"), name).toMatch(/must be a (whole )?number from/);
    expect(await isBlocked()).toBe(true);
    await set({ [name]: right });
    expect(await isBlocked()).toBe(false);
  }
  await set({ lr: 1, weightDecay: 2 });
  expect(await text("problem")).toMatch(/lr \* weightDecay must be below 1/);
});

test("tells of a lost device, and opens another", async () => {
  const { page, reach, set, text } = await opened({
    inWorker: `const { requestDevice } = GPUAdapter.prototype;
      GPUAdapter.prototype.requestDevice = async function (descriptor) {
        return (globalThis.device = await requestDevice.call(this, descriptor));
      };`,
  });
  await reach("idle");
  await set({ ...small, epochs: 500 });
  await page.click("#go");
  await page.waitForSelector("#mistakes li");
  await page.workers()[0]!.evaluate("device.destroy()");
  await reach("lost");
  expect(await text("notice")).toMatch(/The GPU went away\s+.*Press Reset.*\s+device: it was destroyed/);
  await page.click("#reset");
  await reach("idle");
  await set({ epochs: 1 });
  await page.click("#go");
  await reach("finished");
});

test("tells of a run that cannot start, and lets another one", async () => {
  const { page, reach, text } = await opened({
    inWorker: `globalThis.fetch = async () => new Response("", { status: 404 });`,
  });
  await reach("idle");
  await page.click("#go");
  await reach("failed");
  expect(await text("notice")).toMatch(/The run ended early\s+.*\.gz: the server does not give it \(got 404\)/s);
  expect(await page.$$("#runs-rows tr")).toEqual([]);
  expect(await text("go")).toBe("Start training");
});

test("without WebGPU, trains small networks on the CPU, says so, and refuses large ones", async () => {
  const takeAway = "delete Object.getPrototypeOf(navigator).gpu;";
  const { page, reach, set, text, faults } = await opened({ inPage: takeAway, inWorker: takeAway });
  await reach("idle");
  const words = /the CPU trains, slowly.*WebGPU: this browser does not have it .* Use Chrome or Edge \d+\+/s;
  expect(await text("notice")).toMatch(words);
  expect(await text("adapter")).toBe("the CPU reference, not a GPU (no WebGPU)");
  await set({ ...small, epochs: 1, batch: 100, lr: 0.01 });
  await page.click("#go");
  await reach("finished");
  expect(await text("stat-step")).toBe("14 of 14");
  expect(await text("stat-submits")).toBe("0");
  expect(await text("chart-accuracy")).toMatch(/[5-9]\d\.\d.%/);
  expect(await text("notice")).toMatch(words);
  await set({ task: "gpt" });
  await page.click("#go");
  await reach("failed");
  expect(await text("notice")).toMatch(/run: the CPU would need about \d.* \(got 460 steps of .*, allowed 10.min/s);
  expect(faults).toEqual([]);
});

test("a GPU that cannot be opened is an error, and the CPU does not take its place", async () => {
  const refuse = `GPUAdapter.prototype.requestDevice = async () => { throw new Error("no device for you"); };`;
  const { page, reach, text, faults } = await opened({ inWorker: refuse });
  await reach("unavailable");
  expect(await text("notice")).toMatch(/This browser cannot train here\s+no device for you/);
  const enabled = "input:enabled, button:enabled:not([hidden])";
  expect(await page.$$eval(enabled, (controls) => controls.map((control) => control.id))).toEqual([]);
  expect(await text("chart-accuracy")).toMatch(/Right answers/);
  expect(faults).toEqual([]);
});

test("fits narrow windows, and names every control", async () => {
  const { page, reach, set } = await opened();
  await reach("idle");
  for (const task of ["gpt", "mlp"]) {
    await page.setViewport({ width: 1280, height: 800 });
    await set({ task });
    for (const width of [360, 390, 768, 920, 1024]) {
      await page.setViewport({ width, height: 800 });
      const taken = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(taken, `${task}, ${width} px`).toBeLessThanOrEqual(width);
    }
  }
  const unnamed = await page.$$eval("input, button:not([hidden])", (controls) =>
    controls
      .filter((control) => {
        const labels = [...((control as HTMLInputElement).labels ?? [])];
        const name = labels.map((label) => label.textContent).join("") || control.ariaLabel || control.textContent;
        return !name?.trim();
      })
      .map((control) => control.outerHTML),
  );
  expect(unnamed).toEqual([]);
});

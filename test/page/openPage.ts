import { openChrome } from "../../scripts/page.mjs";

/** Makes the page's Worker run a script of ours before its own. */
function wrapWorkers(script: string): string {
  return `
    const Original = Worker;
    globalThis.Worker = class extends Original {
      constructor(url, options) {
        const first = ${JSON.stringify(`data:text/javascript,${encodeURIComponent(script)}`)};
        const body = [first, new URL(url, location.href).href].map((each) => "import " + JSON.stringify(each)).join(";");
        super(URL.createObjectURL(new Blob([body], { type: "text/javascript" })), options);
      }
    };`;
}

export type OpenPage = Awaited<ReturnType<typeof openPage>>;

/** One browser, and one server, for the pages of a file. */
export type Chrome = Awaited<ReturnType<typeof openChrome>>;
export const startChrome = (): Promise<Chrome> => openChrome({ onConsole: () => {} });

/** Opens index.html as a newcomer would, with `inWorker` run in its worker first and `inPage` in the page itself. */
export async function openPage({ browser, origin }: Chrome, { inWorker = "", inPage = "" } = {}) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  /** What the page complained of: console errors and uncaught exceptions. */
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => void (message.type() === "error" && faults.push(message.text())));
  page.setDefaultTimeout(60_000);
  await page.setViewport({ width: 1280, height: 900 });
  if (inWorker) await page.evaluateOnNewDocument(wrapWorkers(inWorker));
  if (inPage) await page.evaluateOnNewDocument(inPage);
  await page.goto(`${origin}/index.html`);

  const text = (id: string): Promise<string> => page.$eval(`#${id}`, (element) => (element as HTMLElement).innerText);

  return {
    page,
    faults,
    close: () => context.close(),
    text,
    /** Waits for one of the page's states. */
    reach: (...states: string[]) =>
      page.waitForFunction((wanted) => wanted.includes(document.body.dataset.state ?? ""), { polling: 50 }, states),
    /** Steps done, as shown. */
    steps: () => page.$eval("#stat-step", (element) => Number((element as HTMLElement).dataset.step)),
    /** Fills in the form as a person would. */
    async set(values: Record<string, string | number>): Promise<void> {
      for (const [name, value] of Object.entries(values)) {
        const isRadio = (await page.$(`[name=${name}][type=radio]`)) !== null;
        if (isRadio) await page.click(`[name=${name}][value="${value}"]`);
        else await page.locator(`#${name}`).fill(String(value));
      }
    },
    /** Pixels of a chart that have, more or less, the colour of a run. */
    pixels: (chart: string, colour: number) =>
      page.$eval(
        `#${chart} canvas`,
        (element, colour) => {
          const canvas = element as HTMLCanvasElement;
          const name = `--run-${colour}`;
          const hex = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
          const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
          const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
          let count = 0;
          for (let i = 0; i < data.length; i += 4) {
            const distance = Math.abs(data[i]! - r) + Math.abs(data[i + 1]! - g) + Math.abs(data[i + 2]! - b);
            if (data[i + 3]! > 60 && distance < 24) count += 1;
          }
          return count;
        },
        colour,
      ),
  };
}

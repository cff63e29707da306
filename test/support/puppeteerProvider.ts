import { defineBrowserProvider } from "@vitest/browser";
import type { Browser, Page } from "puppeteer";
import type { BrowserModuleMocker, BrowserProvider, CDPSession, TestProject } from "vitest/node";
import { launchOptions } from "../../scripts/chrome.mjs";

const stuckAfter = Number(process.env.PAGE_STUCK_MS ?? 120_000);

/** Runs Vitest's browser mode in a Chrome that puppeteer starts. */
class PuppeteerProvider implements BrowserProvider {
  readonly name = "puppeteer";
  /** Each project has a Chrome of its own; within one, files take turns (`maxWorkers`). */
  readonly supportsParallelism = true;
  /** Vitest runs projects side by side only where modules could be mocked; none are. */
  readonly mocker: BrowserModuleMocker = {
    register: () => Promise.reject(new Error("vi.mock: not in these tests.")),
    delete: () => Promise.resolve(),
    clear: () => Promise.resolve(),
  };
  #browser: Promise<Browser> | undefined;
  readonly #pages = new Map<string, Page>();

  constructor(readonly project: TestProject) {}

  async openPage(sessionId: string, url: string): Promise<void> {
    await this.#pages.get(sessionId)?.close();
    const browser = await (this.#browser ??= this.#launch());
    const page = await browser.newPage();
    this.#pages.set(sessionId, page);
    page.on("error", (error) => this.project.vitest.logger.error(`page crashed: ${error.message}`));
    await page.goto(url, { timeout: 0 });
    this.#watch(page, browser);
  }

  getCommandsContext(sessionId: string): Record<string, unknown> {
    return { page: this.#pages.get(sessionId) };
  }

  async getCDPSession(sessionId: string): Promise<CDPSession> {
    const page = this.#pages.get(sessionId);
    if (!page) throw new Error(`getCDPSession: no page is open for session ${sessionId}.`);
    return (await page.createCDPSession()) as unknown as CDPSession;
  }

  async close(): Promise<void> {
    const browser = await this.#browser;
    this.#browser = undefined;
    this.#pages.clear();
    await browser?.close();
  }

  async #launch(): Promise<Browser> {
    const { default: puppeteer } = await import("puppeteer");
    return puppeteer.launch(launchOptions({ headed: !this.project.config.browser.headless }));
  }

  /** Vitest's own time-outs live in the page, so a page in an endless loop never fires them: end it from outside. */
  #watch(page: Page, browser: Browser): void {
    const timer = setInterval(async () => {
      const verdict = await answers(page);
      if (verdict === "alive") return;
      clearInterval(timer);
      if (verdict === "gone") return;
      this.project.vitest.logger.error(`The page did not answer for ${stuckAfter / 1000} s; ending the browser.`);
      browser.process()?.kill("SIGKILL");
    }, 5_000);
    timer.unref();
    page.once("close", () => clearInterval(timer));
  }
}

async function answers(page: Page): Promise<"alive" | "gone" | "stuck"> {
  let late: NodeJS.Timeout | undefined;
  const verdict = await Promise.race([
    page.evaluate("0").then(
      () => "alive" as const,
      () => "gone" as const,
    ),
    new Promise<"stuck">((resolve) => {
      late = setTimeout(resolve, stuckAfter, "stuck");
    }),
  ]);
  clearTimeout(late);
  return verdict;
}

/** The `provider` of a Vitest browser project. */
export const puppeteerProvider = defineBrowserProvider({
  name: "puppeteer",
  supportedBrowser: ["chrome"],
  providerFactory: (project) => new PuppeteerProvider(project),
});

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { cases } from "../parity/cases.ts";

const text = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The examples are type-checked and run as files; the README shows them as a user of the package writes them. */
test.each(["examples/training.ts", "examples/model.ts", "examples/buffers.ts"])(
  "the README shows %s as it is",
  (path) => {
    const shown = text(path)
      .replace('"../src/index.ts"', '"shrinkstep"')
      .replace('"../src/engine/index.ts"', '"shrinkstep/engine"')
      .replace('"../src/train/index.ts"', '"shrinkstep/train"');
    expect(text("README.md")).toContain(`\`\`\`ts\n${shown}\`\`\``);
  },
);

test("the README counts the parity cases right", () => {
  expect(text("README.md")).toContain(`${cases.length.toLocaleString("en")} cases of 50 steps`);
});

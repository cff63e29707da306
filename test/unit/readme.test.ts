import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import costs from "../costs.json";
import { cases } from "../parity/cases.ts";

const text = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The examples are type-checked and run as files; the README shows them as a user of the package writes them. */
test.each(["examples/training.ts", "examples/model.ts", "examples/block.ts", "examples/buffers.ts"])(
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

test("the README says what steps take as it is recorded", () => {
  const { "mlp 784-512-512-10, batch 128, Adam": mlp, "npm start -- --task gpt": gpt } = costs.tasks;
  const words = text("README.md").replaceAll("\n", " ");
  expect(words).toContain(
    `takes ${mlp.dispatches} dispatches and ${mlp.submits} submit a step with Adam on a software adapter, ` +
      `a character transformer of 4 layers ${gpt.dispatches} and ${gpt.submits}.`,
  );
  expect(words).toContain(`${costs.rules.muon.dispatches} dispatches an update however many there are`);
});

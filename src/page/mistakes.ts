import { byId, make } from "./dom.ts";
import { count, percent } from "./format.ts";
import type { ImagePlan, ImageScore, Mistake } from "./protocol.ts";

/** Shows the test images with the most confident wrong answers. */
export function showMistakes({ mistakes, wrong }: ImageScore, plan: ImagePlan): void {
  byId("mistakes-empty").hidden = true;
  byId("mistakes-count").textContent =
    `${count(wrong)} of ${count(plan.testImages)} test images, the surest mistakes first`;
  byId("mistakes").replaceChildren(...mistakes.map((mistake) => tile(mistake, plan)));
}

export function clearMistakes(): void {
  byId("mistakes-empty").hidden = false;
  byId("mistakes-count").textContent = "";
  byId("mistakes").replaceChildren();
}

function tile({ index, pixels, truth, guess, confidence }: Mistake, plan: ImagePlan): HTMLLIElement {
  // A tile is narrow: a name like T-shirt must not be broken at its hyphen.
  const nameOf = (label: number): string => (plan.classes[label] ?? String(label)).replaceAll("-", "\u2011");
  const guessName = nameOf(guess);
  const truthName = nameOf(truth);
  const canvas = draw(pixels, plan);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `Test image ${index}`);
  const item = make(
    "li",
    { title: `Test image ${index}: the network says ${guessName}, right is ${truthName}` },
    canvas,
    make("p", { className: "said", text: guessName }),
    make("p", { className: "sure", text: `${percent(confidence, 0)} sure` }),
    make("p", { className: "truth", text: `right: ${truthName}` }),
  );
  item.dataset.index = String(index);
  return item;
}

/** Ink on whatever is behind: a pixel's value is how much of it there is, so that it looks right on dark and on light. */
function draw(pixels: Float32Array, { imageWidth, imageHeight }: ImagePlan): HTMLCanvasElement {
  const canvas = make("canvas");
  canvas.width = imageWidth;
  canvas.height = imageHeight;
  const image = new ImageData(imageWidth, imageHeight);
  pixels.forEach((value, i) => {
    image.data[4 * i + 3] = Math.round(255 * value);
  });
  // Read frequently means kept off the GPU, with which it could be lost.
  canvas.getContext("2d", { willReadFrequently: true })?.putImageData(image, 0, 0);
  return canvas;
}

import { type Dataset, loadDataset } from "../train/datasets.ts";
import type { Trainer } from "../train/index.ts";
import type { ImageScores, Scores, Task, TextScores } from "../train/tasks/index.ts";
import type { ImagePlan, ImageScore, Mistake, Score } from "./protocol.ts";
import { type FetchBytes, imageTask, loadBook, textTask } from "./runSetup.ts";
import { type Setup, tasks } from "./setup.ts";

const mistakesShown = 16;
/** Looks at what a network writes, in one run. */
const samples = 10;

/** What a look at a network finds, but for its weights. */
export type Findings = Pick<Score, "loss" | "images" | "sample">;

/** What a run learns: a task, and what the page is shown of it. */
export interface Lesson {
  readonly task: Task<Scores>;
  readonly images?: ImagePlan;
  /** Prepares the looks at how well it has been learned; `onWriting` is told of what the network writes meanwhile. */
  looker(
    training: Trainer<Task["model"], Task["batch"]>,
    onWriting: (text: string) => void,
  ): Promise<(isLast: boolean) => Promise<Findings>>;
}

export async function lessonOf(setup: Setup, fetchBytes: FetchBytes): Promise<Lesson> {
  if (tasks[setup.task].isText) {
    const every = Math.ceil(setup.steps / samples);
    return textLesson(textTask({ ...setup, schedule: "cosine" }, await loadBook(fetchBytes), every));
  }
  const dataset = await loadDataset(setup.dataset, fetchBytes);
  return imageLesson(imageTask({ ...setup, schedule: "constant" }, dataset), dataset);
}

function textLesson(task: Task<TextScores>): Lesson {
  return {
    task,
    async looker(training, onWriting) {
      const score = await task.scorer(training);
      return (isLast) => score(isLast, onWriting);
    },
  };
}

function imageLesson(task: Task<ImageScores>, dataset: Dataset): Lesson {
  const { test, classes, width: imageWidth, height: imageHeight } = dataset;
  return {
    task,
    images: { testImages: test.count, classes, imageWidth, imageHeight },
    async looker(training) {
      const score = await task.scorer(training);
      return async (isLast) => {
        const scores = await score(isLast);
        return { loss: scores.loss, images: imageScore(dataset, scores) };
      };
    },
  };
}

function imageScore({ test, features }: Dataset, { accuracy, predictions, confidences }: ImageScores): ImageScore {
  const wrong = [...predictions.keys()].filter((index) => predictions[index] !== test.y[index]);
  const sure = (index: number): number => confidences[index] as number;
  const shown = wrong.toSorted((a, b) => sure(b) - sure(a)).slice(0, mistakesShown);
  const mistakes = shown.map((index): Mistake => {
    const pixels = test.x.slice(index * features, (index + 1) * features);
    const [truth, guess] = [test.y[index] as number, predictions[index] as number];
    return { index, pixels, truth, guess, confidence: sure(index) };
  });
  return { accuracy, wrong: wrong.length, mistakes };
}

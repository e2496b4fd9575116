import { expect, it } from "vitest";

import { Lanes } from "@/library/lanes";

it("runs no more at once than its width and starts the next when one ends", async () => {
  const lanes = new Lanes(2);
  const started: number[] = [];
  const finish: (() => void)[] = [];
  for (const n of [0, 1, 2]) {
    lanes.add(() => {
      started.push(n);
      return new Promise((resolve) => finish.push(resolve));
    });
  }
  expect(started).toEqual([0, 1]);
  finish[0]?.();
  await new Promise((resolve) => setTimeout(resolve));
  expect(started).toEqual([0, 1, 2]);
});

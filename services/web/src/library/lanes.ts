/** Runs at most `width` tasks at once, the others in their order after them. */
export class Lanes {
  private readonly waiting: (() => Promise<void>)[] = [];
  private running = 0;

  constructor(private readonly width: number) {}

  add(task: () => Promise<void>): void {
    this.waiting.push(task);
    this.next();
  }

  private next(): void {
    while (this.running < this.width) {
      const task = this.waiting.shift();
      if (!task) return;
      this.running += 1;
      void task().finally(() => {
        this.running -= 1;
        this.next();
      });
    }
  }
}

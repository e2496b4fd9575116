const STEPS = [1, 2, 2.5, 5, 10];

/** Round marks from 0 to a little over the largest value. */
export function ticks(largest: number, wanted = 4): number[] {
  if (!(largest > 0)) return [0, 1];
  const rough = largest / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((one) => one * power >= rough * 0.999) ?? 10) * power;
  const count = Math.ceil(largest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, n) => Number((n * step).toPrecision(12)));
}

/** Which of the labels have room, when each needs so many pixels. */
export function spaced(count: number, width: number, each: number): number[] {
  const every = Math.max(1, Math.ceil((count * each) / Math.max(width, 1)));
  return Array.from({ length: count }, (_, n) => n).filter((n) => n % every === 0);
}

/** An SVG path through the points; a missing value breaks the line. */
export function path(points: ([number, number] | null)[]): string {
  let broken = true;
  const parts: string[] = [];
  for (const point of points) {
    if (point) parts.push(`${broken ? "M" : "L"}${point[0].toFixed(1)} ${point[1].toFixed(1)}`);
    broken = point === null;
  }
  return parts.join(" ");
}

/** Means of numbers by name over steps; every step has the same names. */
export class Means<Name extends string> {
  readonly #sums = new Map<Name, number>();
  #steps = 0;

  add(numbers: Readonly<Record<Name, number>>): void {
    for (const [name, value] of Object.entries(numbers) as [Name, number][]) {
      this.#sums.set(name, (this.#sums.get(name) ?? 0) + value);
    }
    this.#steps++;
  }

  values(): Record<Name, number> {
    return Object.fromEntries([...this.#sums].map(([name, sum]) => [name, sum / this.#steps])) as Record<Name, number>;
  }
}

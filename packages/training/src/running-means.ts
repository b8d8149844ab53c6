/** Means by name of what has been added so far. A value that is NaN, of something absent, does not count. */
export class RunningMeans {
  readonly #sums = new Map<string, { total: number; count: number }>();

  add(values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values)) {
      const { total, count } = this.#sums.get(name) ?? { total: 0, count: 0 };
      const counts = !Number.isNaN(value);
      this.#sums.set(name, { total: counts ? total + value : total, count: counts ? count + 1 : count });
    }
  }

  /** In the order of their first appearance; NaN where nothing counted. */
  get means(): Record<string, number> {
    return Object.fromEntries([...this.#sums].map(([name, { total, count }]) => [name, total / count]));
  }

  clear(): void {
    this.#sums.clear();
  }
}

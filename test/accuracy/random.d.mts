export class Random {
  constructor(seed: number);
  next(): number;
  between(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  weigh<T extends string>(weights: Readonly<Record<T, number>>): T;
  shuffle<T>(list: readonly T[]): T[];
}

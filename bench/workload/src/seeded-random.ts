/**
 * sfc32 (Chris Doty-Humphrey's Small Fast Chaotic generator, 128 bits of state, period about 2^127; passes PractRand).
 * Written out here so that the benchmark's events are the same under every version of every runtime.
 */
export class SeededRandom {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;
  private spareGaussian: number | null = null;

  /** @param stream generators of one seed and different streams are independent */
  constructor(seed: number, stream: number) {
    this.a = seed | 0;
    this.b = stream | 0;
    this.c = 0x9e3779b9;
    for (let round = 0; round < 15; round++) this.uint32();
  }

  uint32(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** Uniform integer in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  choice<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  /** Normal with the given mean and standard deviation (Marsaglia's polar method). */
  gaussian(mean = 0, deviation = 1): number {
    if (this.spareGaussian !== null) {
      const spare = this.spareGaussian;
      this.spareGaussian = null;
      return mean + deviation * spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const squared = x * x + y * y;
      if (squared >= 1 || squared === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(squared)) / squared);
      this.spareGaussian = y * scale;
      return mean + deviation * x * scale;
    }
  }
}

/** Slices of the window in which ids are forgotten together. More slices: less is kept beyond the window, more maps. */
const SLICES = 32;

/**
 * The ids that were accepted within the window of event time: a fold over the accepted events.
 *
 * An id is remembered as long as its event time is at least `watermark − windowMs`, where the watermark is the newest
 * accepted event time; the answer is exact whenever memory is reclaimed, so that a state rebuilt from any longer stretch
 * of the log gives the same answers. Where lateness is bounded by no more than the window, a repeated event is either
 * remembered or too late.
 *
 * Memory: one entry for each event accepted in the newest window and a thirty-second of one more, about 100 bytes and
 * the id. It does not grow with the length of the stream.
 */
export class SeenIds {
  private readonly timeOf = new Map<string, number>();
  private readonly slices = new Map<number, string[]>();
  private readonly sliceMs: number;
  private oldestSlice = Number.POSITIVE_INFINITY;
  private horizonMs = Number.NEGATIVE_INFINITY;

  /** @param windowMs above 0 */
  constructor(private readonly windowMs: number) {
    this.sliceMs = Math.max(1, Math.ceil(windowMs / SLICES));
  }

  /** Ids in memory, remembered or soon to be reclaimed. */
  get size(): number {
    return this.timeOf.size;
  }

  has(id: string): boolean {
    const timeMs = this.timeOf.get(id);
    return timeMs !== undefined && timeMs >= this.horizonMs;
  }

  /** Takes an accepted event in. An event older than the window leaves no trace. */
  accept(id: string, timeMs: number): void {
    if (timeMs < this.horizonMs) return;
    this.timeOf.set(id, timeMs);
    const slice = Math.floor(timeMs / this.sliceMs);
    const ids = this.slices.get(slice);
    if (ids !== undefined) {
      ids.push(id);
      return;
    }
    this.slices.set(slice, [id]);
    if (slice < this.oldestSlice) this.oldestSlice = slice;
  }

  /** Moves the watermark; one that lies behind the last changes nothing. */
  advance(watermarkMs: number): void {
    const horizonMs = watermarkMs - this.windowMs;
    if (horizonMs <= this.horizonMs) return;
    this.horizonMs = horizonMs;
    const firstKept = Math.floor(horizonMs / this.sliceMs);
    if (this.oldestSlice < firstKept) this.forgetBefore(firstKept);
  }

  private forgetBefore(firstKept: number): void {
    let oldest = Number.POSITIVE_INFINITY;
    for (const [slice, ids] of this.slices) {
      if (slice >= firstKept) {
        if (slice < oldest) oldest = slice;
        continue;
      }
      this.slices.delete(slice);
      for (const id of ids) {
        // An id that came again with a newer time lives on in a newer slice.
        if (Math.floor(this.timeOf.get(id)! / this.sliceMs) < firstKept) this.timeOf.delete(id);
      }
    }
    this.oldestSlice = oldest;
  }
}

import { execFile } from 'node:child_process';
import { rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { StackError } from '../stack-error.js';

/** How far below its bound a full disk is: what others free meanwhile must not make it usable. */
const OVERFULL_BYTES = 512 * 1024 * 1024;

/**
 * A part of the disk for ClickHouse. A file system of its own would need root; instead the server is told to leave free
 * what was free beyond its part (`keep_free_space_bytes`). What anybody writes to the same disk counts: so does the file
 * by which it is filled, and the server's own space reservation then refuses inserts and merges with NOT_ENOUGH_SPACE,
 * as it does on any full disk. Writes without a reservation (its own state, system log buffers) still succeed.
 */
export class LimitedDisk {
  private constructor(
    private readonly fillPath: string,
    readonly keepFreeBytes: number,
  ) {}

  /** @throws StackError when the disk has not as much to give. */
  static async measure(fillPath: string, diskBytes: number): Promise<LimitedDisk> {
    await rm(fillPath, { force: true }); // of a stack that was killed while its disk was full
    const keepFreeBytes = (await freeBytes(fillPath)) - diskBytes;
    if (keepFreeBytes < 2 * OVERFULL_BYTES) {
      throw new StackError(
        `The disk of ${dirname(fillPath)} has no ${toMiB(diskBytes + 2 * OVERFULL_BYTES)} MiB free, which --clickhouse-disk-mb ${toMiB(diskBytes)} needs.`,
      );
    }
    return new LimitedDisk(fillPath, keepFreeBytes);
  }

  /** Takes real space of the disk until nothing is left of the server's part. @throws StackError where no space can be taken. */
  async fill(): Promise<void> {
    await this.free();
    const sizeBytes = (await freeBytes(this.fillPath)) - this.keepFreeBytes + OVERFULL_BYTES;
    if (sizeBytes <= 0) return; // others have filled it already
    try {
      await promisify(execFile)('fallocate', ['-l', String(sizeBytes), this.fillPath]);
    } catch (cause) {
      await this.free();
      throw new StackError(`Cannot take ${toMiB(sizeBytes)} MiB of the disk by ${this.fillPath}: ${String(cause)}`, {
        cause,
      });
    }
  }

  /** Gives the space back. */
  free(): Promise<void> {
    return rm(this.fillPath, { force: true });
  }
}

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(dirname(path));
  return bavail * bsize;
}

function toMiB(sizeBytes: number): number {
  return Math.ceil(sizeBytes / (1024 * 1024));
}

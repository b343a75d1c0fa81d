import { close, DataType, load, open } from 'ffi-rs';
import { closeSync, constants, existsSync, openSync, statSync } from 'node:fs';

/**
 * Linux Landlock (kernel 5.13 and newer): a process gives up, for good, every file that it does not name. The engine's
 * SQL function `file()` has no access check in this build of ClickHouse, so that any user of the server could read what
 * the operating system's user can; the kernel refuses it instead.
 */

/** System calls of x86-64 and arm64 alike, and constants of <linux/landlock.h>, <linux/prctl.h>. */
const SYS_CREATE_RULESET = 444;
const SYS_ADD_RULE = 445;
const SYS_RESTRICT_SELF = 446;
const SYS_PRCTL = process.arch === 'arm64' ? 167 : 157;
const PR_SET_NO_NEW_PRIVS = 38;
const RULE_PATH_BENEATH = 1;
const CREATE_RULESET_VERSION = 1;
const O_PATH = 0o10000000;

const EXECUTE = 1n << 0n;
const WRITE_FILE = 1n << 1n;
const READ_FILE = 1n << 2n;
const READ_DIR = 1n << 3n;
const TRUNCATE = 1n << 14n;
/** Every file system right of Landlock's first version; later kernels know more, which are not taken away here, but for truncation. */
const ALL_OF_ABI_1 = (1n << 13n) - 1n;
const REFER = 1n << 13n;
/** Rights that mean something for a file; the rest are about folders. */
const OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE;

const LIBC = 'landlock-libc';

export interface FileRights {
  /** Files, and folders with all that is below them; those that do not exist are passed over. */
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/** @returns whether the kernel took it; false where Landlock is missing or switched off. */
export function confineToFiles(rights: FileRights): boolean {
  if (process.platform !== 'linux') return false;
  open({ library: LIBC, path: 'libc.so.6' });
  try {
    const version = syscall(SYS_CREATE_RULESET, null, 0, CREATE_RULESET_VERSION);
    if (version < 1) return false;
    const handled = ALL_OF_ABI_1 | (version >= 2 ? REFER : 0n) | (version >= 3 ? TRUNCATE : 0n);
    const attributes = Buffer.alloc(8);
    attributes.writeBigUInt64LE(handled);
    const ruleset = syscall(SYS_CREATE_RULESET, attributes, attributes.length, 0);
    if (ruleset < 0) return false;
    const readable = handled & (EXECUTE | READ_FILE | READ_DIR);
    for (const path of rights.read) allow(ruleset, path, readable);
    for (const path of rights.write) allow(ruleset, path, handled);
    syscall(SYS_PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0);
    const isConfined = syscall(SYS_RESTRICT_SELF, ruleset, 0, 0) === 0;
    closeSync(ruleset);
    return isConfined;
  } finally {
    close(LIBC);
  }
}

function allow(ruleset: number, path: string, rights: bigint): void {
  if (!existsSync(path)) return;
  const fd = openSync(path, constants.O_RDONLY | O_PATH);
  const rule = Buffer.alloc(12); // packed: u64 allowed_access, s32 parent_fd
  rule.writeBigUInt64LE(statSync(path).isDirectory() ? rights : rights & OF_FILES);
  rule.writeInt32LE(fd, 8);
  const result = syscall(SYS_ADD_RULE, ruleset, RULE_PATH_BENEATH, rule);
  closeSync(fd);
  if (result !== 0) throw new Error(`Landlock takes no rule for ${path}`);
}

/** The argument that is a buffer, or null, is passed as an address. */
function syscall(number: number, ...args: (number | Buffer | null)[]): number {
  const padded = [...args, ...Array<number>(5 - args.length).fill(0)];
  return load({
    library: LIBC,
    funcName: 'syscall',
    retType: DataType.I32,
    paramsType: [DataType.I64, ...padded.map((arg) => (Buffer.isBuffer(arg) ? DataType.U8Array : DataType.I64))],
    paramsValue: [number, ...padded.map((arg) => arg ?? 0)],
  } as never) as unknown as number;
}

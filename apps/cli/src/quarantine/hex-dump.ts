const PER_LINE = 16;

/** `00000000  00 00 00 00 07 06 6e 73  77 2d …  |......nsw-…|`, at most `most` bytes, then how many were left out. */
export function hexDump(bytes: Buffer, most = 512): string[] {
  const lines: string[] = [];
  const shown = Math.min(bytes.length, most);
  for (let start = 0; start < shown; start += PER_LINE) {
    const row = bytes.subarray(start, Math.min(start + PER_LINE, shown));
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, '0'));
    const left = hex.slice(0, 8).join(' ').padEnd(23);
    const right = hex.slice(8).join(' ').padEnd(23);
    const text = [...row].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${start.toString(16).padStart(8, '0')}  ${left}  ${right}  |${text}|`);
  }
  if (shown < bytes.length) lines.push(`… ${bytes.length - shown} more bytes`);
  return lines;
}

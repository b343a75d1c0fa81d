/** Four digits tell all that rows can. */
export function figure(value: number | null): string {
  return value === null || !Number.isFinite(value) ? 'no value' : String(Number(value.toPrecision(4)));
}

export function signed(value: number): string {
  return `${value >= 0 ? '+' : ''}${figure(value)}`;
}

export function percent(ratio: number): string {
  return Number.isFinite(ratio) ? `${Number((ratio * 100).toPrecision(3))} %` : 'no value';
}

/** 1234567 → `1,234,567`. */
export function count(rows: number): string {
  return String(rows).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** JSON has no NaN. */
export function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

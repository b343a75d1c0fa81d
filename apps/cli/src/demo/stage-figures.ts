/** A Prometheus sample: name, labels, value. */
interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** What one scrape of a service says about one stage of a pipeline. Counts since the service started. */
export interface StageFigures {
  readonly records: number;
  readonly quarantined: number;
  readonly dropped: number;
  readonly lag: number;
  /** Cumulative count by upper bound in seconds, ascending, the last one +Inf. */
  readonly ages: readonly (readonly [upperSeconds: number, count: number])[];
}

export const NO_FIGURES: StageFigures = { records: 0, quarantined: 0, dropped: 0, lag: 0, ages: [] };

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Reads the transport's metrics out of a Prometheus text. */
export function stageFigures(text: string, pipeline: string): StageFigures {
  const samples = parse(text).filter(({ labels }) => labels.get('pipeline') === pipeline);
  const sum = (name: string, outcome?: string): number =>
    samples
      .filter((sample) => sample.name === name && (outcome === undefined || sample.labels.get('outcome') === outcome))
      .reduce((total, { value }) => total + value, 0);
  const buckets = samples.filter(({ name }) => name === 'eddyline_stage_record_age_bucket');
  const ages = new Map<number, number>();
  for (const { labels, value } of buckets) {
    const upper = labels.get('le') === '+Inf' ? Infinity : Number(labels.get('le'));
    ages.set(upper, (ages.get(upper) ?? 0) + value);
  }
  return {
    records: sum('eddyline_stage_records_total'),
    quarantined: sum('eddyline_stage_records_total', 'quarantined'),
    dropped: sum('eddyline_stage_records_total', 'dropped'),
    lag: sum('eddyline_stage_lag'),
    ages: [...ages].sort(([a], [b]) => a - b),
  };
}

/** Quantile of what came between two scrapes, interpolated within its bucket, in ms; null when nothing came. */
export function ageQuantileMs(before: StageFigures, after: StageFigures, q: number): number | null {
  const earlier = new Map(before.ages);
  const counts = after.ages.map(([upper, count]) => [upper, count - (earlier.get(upper) ?? 0)] as const);
  const total = counts.at(-1)?.[1] ?? 0;
  if (total <= 0) return null;
  const rank = q * total;
  let lower = 0;
  let below = 0;
  for (const [upper, count] of counts) {
    if (count >= rank) {
      if (upper === Infinity) return lower * 1_000;
      const within = count === below ? 1 : (rank - below) / (count - below);
      return (lower + (upper - lower) * within) * 1_000;
    }
    lower = upper;
    below = count;
  }
  return lower * 1_000;
}

function parse(text: string): readonly Sample[] {
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('#')) return [];
    const match = LINE.exec(line);
    if (match === null) return [];
    const labels = new Map([...(match[2] ?? '').matchAll(LABEL)].map(([, name, value]) => [name!, value!]));
    return [{ name: match[1]!, labels, value: Number(match[3]) }];
  });
}

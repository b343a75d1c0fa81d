import { type CardTransaction, CATEGORIES, CHANNELS, COUNTRIES, CURRENCIES } from './card-transaction.js';
import { MAX_AMOUNT, MAX_LATE_MS } from './rules.js';
import { SeededRandom } from './seeded-random.js';

export const EVENTS = 200_000;
export const SEED = 7;

const FAULTS = ['null', 'range', 'enum', 'late', 'hour'] as const;
export type Fault = (typeof FAULTS)[number];

export interface WorkloadEvent {
  /** Without its time, which is when it is sent less `ageMs`. */
  readonly event: Omit<CardTransaction, 'event_time'>;
  /** What was made wrong on purpose, or null. */
  readonly fault: Fault | null;
  readonly ageMs: number;
}

/** The same events for the same seed, in order, without end of its own: about `faultRatio` of them break a rule. */
export function* workloadEvents(count = EVENTS, seed = SEED, faultRatio = 0.01): Generator<WorkloadEvent> {
  const random = new SeededRandom(seed, 1);
  const numeric = new SeededRandom(seed, 2);
  for (let index = 0; index < count; index++) {
    const high = random.below(2 ** 24);
    const low = random.below(2 ** 24);
    const event: Omit<CardTransaction, 'event_time'> = {
      event_id: `evt-${hex(index, 8)}-${hex(high, 6)}${hex(low, 6)}`,
      card_id: `card-${digits(random.below(50_000), 6)}`,
      terminal_id: `term-${digits(random.below(8_000), 5)}`,
      amount: Math.round((Math.exp(random.gaussian(3.5, 1.2)) + 0.01) * 100) / 100,
      currency: random.choice(CURRENCIES),
      channel: random.choice(CHANNELS),
      country: random.choice(COUNTRIES),
      merchant_category: random.choice(CATEGORIES),
      is_chip: random.uniform() < 0.6,
      hour: random.below(24),
      day_of_week: random.below(7),
      f1: numeric.gaussian(),
      f2: numeric.gaussian(),
      f3: numeric.gaussian(),
      f4: numeric.gaussian(),
      f5: numeric.gaussian(),
      f6: numeric.gaussian(),
      f7: numeric.gaussian(),
      f8: numeric.gaussian(),
      f9: numeric.gaussian(),
      f10: numeric.gaussian(),
      f11: numeric.gaussian(),
      f12: numeric.gaussian(),
    };
    let fault: Fault | null = event.amount! > MAX_AMOUNT ? 'range' : null;
    let ageMs = 0;
    if (random.uniform() < faultRatio) {
      fault = random.choice(FAULTS);
      if (fault === 'late') ageMs = 2 * MAX_LATE_MS;
      else spoil(event, fault);
    }
    yield { event, fault, ageMs };
  }
}

function spoil(event: Omit<CardTransaction, 'event_time'>, fault: Exclude<Fault, 'late'>): void {
  switch (fault) {
    case 'null':
      event.amount = null;
      break;
    case 'range':
      event.amount = -1;
      break;
    case 'enum':
      event.currency = 'XXX';
      break;
    case 'hour':
      event.hour = 24;
      break;
  }
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, '0');
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

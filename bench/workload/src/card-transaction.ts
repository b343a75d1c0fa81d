/** An event of the benchmark, as `event.avsc` has it. */
export interface CardTransaction {
  event_id: string;
  /** ms since epoch. */
  event_time: number;
  card_id: string;
  terminal_id: string;
  amount: number | null;
  currency: string;
  channel: string;
  country: string;
  merchant_category: string | null;
  is_chip: boolean;
  hour: number;
  day_of_week: number;
  f1: number;
  f2: number;
  f3: number;
  f4: number;
  f5: number;
  f6: number;
  f7: number;
  f8: number;
  f9: number;
  f10: number;
  f11: number;
  f12: number;
}

export const CURRENCIES = ['USD', 'EUR', 'GBP', 'JPY', 'CHF'] as const;
export const CHANNELS = ['pos', 'ecom', 'atm', 'moto'] as const;
export const CATEGORIES = [
  'grocery',
  'fuel',
  'travel',
  'dining',
  'gaming',
  'health',
  'books',
  'jewelry',
  'electronics',
  'cash',
  'utilities',
  'other',
] as const;
export const COUNTRIES = ['US', 'DE', 'FR', 'GB', 'JP', 'CH', 'BR', 'IN', 'NG', 'AU'] as const;

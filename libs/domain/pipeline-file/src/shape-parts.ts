import { z } from 'zod';
import { DURATION_PATTERN } from './duration.js';

/** Parts of which the shapes of all sections are made. */

export const name = (description: string, ...examples: string[]) => z.string().min(1).meta({ description, examples });

export const names = (description: string, ...examples: string[]) =>
  z
    .array(z.string().min(1))
    .min(1)
    .meta({ description, examples: [examples] });

export const duration = (description: string, ...examples: string[]) =>
  z
    .string()
    .regex(DURATION_PATTERN, { error: 'not a duration; write a whole number and a unit: 500ms, 30s, 10m, 6h or 7d' })
    .meta({ description, examples });

export const scalar = z.union([z.string(), z.number(), z.boolean()]);

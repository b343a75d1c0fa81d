import { z } from 'zod';
import { DURATION_PATTERN } from './duration.js';
import { PERCENT_PATTERN } from './share.js';
import { SIZE_PATTERN } from './size.js';

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

export const size = (description: string, ...examples: string[]) =>
  z
    .string()
    .regex(SIZE_PATTERN, { error: 'not a size; write a whole number and a unit: 500kB, 50MB or 2GiB' })
    .meta({ description, examples });

/** A part of a whole: `5%` or 0.05. */
export const share = (description: string, ...examples: (string | number)[]) =>
  z
    .union([
      z.number().min(0).max(1),
      z.string().regex(PERCENT_PATTERN, { error: 'not a share; write it as 5% or as 0.05' }),
    ])
    .meta({ description, examples });

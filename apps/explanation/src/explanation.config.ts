import { z } from 'zod';
import {
  artifactsUriField,
  checkServiceConfig,
  clickhouseUrlField,
  integer,
  serviceConfigShape,
  variable,
} from '#platform/config';

export const explanationConfig = z
  .object({
    ...serviceConfigShape({ port: 8087 }),
    /** Where predictions are looked up that somebody asks for. */
    clickhouseUrl: clickhouseUrlField(),
    /** Where lies what explains models. */
    artifacts: artifactsUriField(),
    /** Model versions, of all pipelines, that are kept in memory. */
    maxExplainers: variable('EDDYLINE_MAX_EXPLAINERS', integer(1, 1_000).default(16), { example: '16' }),
  })
  .superRefine(checkServiceConfig);

export type ExplanationConfig = z.infer<typeof explanationConfig>;

// as libs/platform/kafka/src/knows-too-much.ts
import { compileFeatures } from '#domain/features'; // ✗ @nx/enforce-module-boundaries
import type { Outcome } from '#platform/outcomes';
import type { StageRecord } from './stage.js';

export const known: [unknown, Outcome?, StageRecord?] = [compileFeatures];

// as libs/domain/features/src/looks-up.ts
import { Retriable } from '#platform/outcomes'; // ✗ @nx/enforce-module-boundaries, no-restricted-imports
import type { PipelineDefinition } from '#contracts';

export const both: [unknown, PipelineDefinition?] = [Retriable];

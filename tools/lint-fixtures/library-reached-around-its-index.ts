// as apps/inference/src/reaches-inside.ts
import { drop } from '../../../libs/platform/outcomes/src/outcome.js'; // ✗ @nx/enforce-module-boundaries
import { emit } from '#platform/outcomes';

export const outcomes = [drop, emit];

// as apps/inference/src/borrows.ts
import { anything } from '../../validation/src/validation.config.js'; // ✗ @nx/enforce-module-boundaries
import type { Retriable } from '#platform/outcomes';

export const borrowed: [unknown, Retriable?] = [anything];

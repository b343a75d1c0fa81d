// as libs/contracts/src/not-just-data.ts
import { z } from 'zod'; // ✗ @nx/enforce-module-boundaries
import { Retriable } from '#platform/outcomes'; // ✗ @nx/enforce-module-boundaries
import { HEADER } from './headers.js';

export const notJustData = [z, Retriable, HEADER];

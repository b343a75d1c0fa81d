// as libs/platform/outcomes/src/circle.ts
import { createKafka } from '#platform/kafka'; // ✗ @nx/enforce-module-boundaries
import { drop } from '#platform/outcomes'; // ✗ @nx/enforce-module-boundaries

export const circle = [createKafka, drop];

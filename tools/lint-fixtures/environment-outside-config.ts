// as apps/inference/src/peeks.ts
import { env } from 'node:process'; // ✗ no-restricted-imports

const { PORT } = process.env; // ✗ no-restricted-properties
export const peeked = [env, PORT, process.pid];

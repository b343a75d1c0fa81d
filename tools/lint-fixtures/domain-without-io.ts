// as libs/domain/features/src/does-io.ts
import { readFileSync } from 'node:fs'; // ✗ no-restricted-imports
import { join } from 'path'; // ✗ no-restricted-imports
import avsc from 'avsc'; // ✗ no-restricted-imports
import { z } from 'zod';
import { HEADER } from '#contracts';

export async function doesIo(): Promise<unknown> {
  console.log(HEADER.ceId); // ✗ no-console, no-restricted-globals
  const home = process.env['HOME']; // ✗ no-restricted-globals
  const secret = globalThis.process; // ✗ no-restricted-globals
  const answer = await fetch('http://127.0.0.1'); // ✗ no-restricted-globals
  const lazy: unknown = await import('./something.js'); // ✗ no-restricted-syntax
  const bytes = Buffer.alloc(1); // ✗ no-restricted-globals
  return [home, secret, answer, lazy, bytes, readFileSync, join, avsc, z.string()];
}

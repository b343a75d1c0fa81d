// as apps/inference/src/promises.ts
async function work(): Promise<number> {
  return 1;
}

export async function waits(): Promise<unknown> {
  work(); // ✗ @typescript-eslint/no-floating-promises
  if (work()) await 7; // ✗ @typescript-eslint/await-thenable, @typescript-eslint/no-misused-promises
  try {
    return work(); // ✗ @typescript-eslint/return-await
  } catch {
    throw 'text'; // ✗ @typescript-eslint/only-throw-error
  }
}

import { PATIENCE_MS } from '#platform/testing';

/** What is waited for. @throws Error with what `late` says, where it does not come */
export async function inTime<T>(waiting: Promise<T>, late: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`after ${PATIENCE_MS} ms: ${late()}`)), PATIENCE_MS);
  });
  return Promise.race([waiting, tooLate]).finally(() => clearTimeout(timer));
}

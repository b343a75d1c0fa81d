/** What has not come by then never will. */
const DUE_MS = 240_000;

/** What is waited for. @throws Error with what `late` says, where it does not come */
export async function inTime<T>(waiting: Promise<T>, late: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`after ${DUE_MS} ms: ${late()}`)), DUE_MS);
  });
  return Promise.race([waiting, tooLate]).finally(() => clearTimeout(timer));
}

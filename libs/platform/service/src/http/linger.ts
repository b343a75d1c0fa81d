import type { IncomingMessage } from 'node:http';

/** How long the rest of a refused body is thrown away as it comes, once the answer is out; then the connection is cut. */
const LINGER_MS = 10_000;
/** The same for a sender that does not read its answer. */
const UNREAD_ANSWER_MS = 30_000;
/** A rest that is not larger is read and thrown away, and the connection goes on. */
const SMALL_REST_BYTES = 64 << 10;

/**
 * For a request that is answered before its body was read. Closing a connection with unread bytes makes the kernel reset it,
 * and the reset may overtake the answer: so the answer is sent, then the sending side is shut, and what still comes is
 * thrown away for a while.
 * @returns whether the answer must say `Connection: close`
 */
export function lingerUnread(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  const small = request.headers['transfer-encoding'] === undefined && Number(length ?? 0) <= SMALL_REST_BYTES;
  // Node throws away what nobody has begun to read; what was begun must be resumed.
  request.resume();
  if (small || request.complete) return false;
  const { socket } = request;
  // Called by Node once an answer with `Connection: close` is sent, in place of destroying the socket there and then.
  socket.destroySoon = () => {
    let cut = setTimeout(() => socket.destroy(), UNREAD_ANSWER_MS);
    socket.end(() => {
      clearTimeout(cut);
      cut = setTimeout(() => socket.destroy(), LINGER_MS);
    });
    socket.once('close', () => clearTimeout(cut));
  };
  return true;
}

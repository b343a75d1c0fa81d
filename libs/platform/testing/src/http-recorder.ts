import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface RecordedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An HTTP server that keeps what it is asked, and answers as the test says; `hang` never answers. */
export class HttpRecorder {
  readonly requests: RecordedRequest[] = [];
  /** Asked for every request, which is kept already. */
  answer: (request: RecordedRequest) => RecordedAnswer | 'hang' = () => ({ status: 200 });
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const recorded = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
      this.requests.push(recorded);
      const answer = this.answer(recorded);
      if (answer !== 'hang') response.writeHead(answer.status, { ...answer.headers }).end(answer.body ?? '');
    });
  });
  private port = 0;

  /** Listens, at first on any port, later on the same one again. @returns `http://127.0.0.1:<port>` */
  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
    return `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<unknown>((resolve) => this.server.close(resolve));
  }
}

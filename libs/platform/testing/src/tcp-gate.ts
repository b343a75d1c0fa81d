import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that can be shut, so that a test sees it go away and come back without stopping it for others. */
export class TcpGate {
  private readonly sockets = new Set<Socket>();
  private readonly target: { host: string; port: number };
  private readonly server;
  private port = 0;

  constructor(private readonly url: string) {
    const { hostname, port } = new URL(url);
    this.target = { host: hostname, port: Number(port) };
    this.server = createServer((inbound) => {
      const outbound = connect(this.target);
      for (const socket of [inbound, outbound]) {
        this.sockets.add(socket);
        socket.on('error', () => socket.destroy()).on('close', () => this.sockets.delete(socket));
      }
      inbound.pipe(outbound).pipe(inbound);
    });
  }

  /** @returns the target's URL by way of the gate */
  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
    const url = new URL(this.url);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.toString();
  }

  /** Refuses connections and breaks those that are open. */
  async shut(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

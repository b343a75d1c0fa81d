/** Thrown when an MLflow server refuses, cannot be reached, or keeps things where it does not hand them out. */
export class MlflowFailure extends Error {
  override readonly name = 'MlflowFailure';

  constructor(
    message: string,
    /** MLflow's `error_code`, e.g. `RESOURCE_ALREADY_EXISTS`; null where the server gave none. */
    readonly code: string | null = null,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

export interface MlflowAccess {
  /** As `MLFLOW_TRACKING_URI`: `http(s)://host:port`. */
  readonly uri: string;
  readonly token?: string;
  readonly username?: string;
  readonly password?: string;
}

const TIMEOUT_MS = 60_000;
const API = '/api/2.0/mlflow';
const ARTIFACTS = '/api/2.0/mlflow-artifacts/artifacts';
/** Artifacts that the server hands out itself (`--serve-artifacts`, the default). */
const PROXIED = 'mlflow-artifacts:/';

/** The tracking and registry API of an MLflow server, as far as models are handed over by it. */
export class MlflowServer {
  private readonly base: string;
  private readonly authorization: string | undefined;

  constructor({ uri, token, username, password }: MlflowAccess) {
    this.base = uri.replace(/\/+$/, '');
    if (token !== undefined) this.authorization = `Bearer ${token}`;
    else if (username !== undefined && password !== undefined) {
      this.authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    }
  }

  /** @throws MlflowFailure */
  async get<T>(path: string, query: Readonly<Record<string, string>>): Promise<T> {
    return (await this.send('GET', `${API}/${path}?${new URLSearchParams(query).toString()}`)).json() as Promise<T>;
  }

  /** @throws MlflowFailure */
  async post<T>(path: string, body: unknown): Promise<T> {
    const response = await this.send('POST', `${API}/${path}`, JSON.stringify(body), 'application/json');
    return response.json() as Promise<T>;
  }

  /** @throws MlflowFailure */
  async putArtifact(folder: string, name: string, bytes: Uint8Array): Promise<void> {
    await this.send('PUT', `${ARTIFACTS}/${pathIn(folder)}/${name}`, bytes, 'application/octet-stream');
  }

  /** @throws MlflowFailure */
  async getArtifact(folder: string, name: string): Promise<Uint8Array> {
    const response = await this.send('GET', `${ARTIFACTS}/${pathIn(folder)}/${name}`);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Names of the files of a folder. @throws MlflowFailure */
  async listArtifacts(folder: string): Promise<readonly string[]> {
    const query = new URLSearchParams({ path: pathIn(folder) }).toString();
    const { files } = (await (await this.send('GET', `${ARTIFACTS}?${query}`)).json()) as {
      readonly files?: readonly { readonly path: string; readonly is_dir: boolean }[];
    };
    return (files ?? []).filter((file) => !file.is_dir).map(({ path }) => path);
  }

  private async send(
    method: string,
    path: string,
    body?: string | Uint8Array,
    contentType?: string,
  ): Promise<Response> {
    const what = `${method} ${path.replace(/\?.*/, '')}`;
    let response: Response;
    try {
      response = await fetch(`${this.base}${path}`, {
        method,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          ...(this.authorization !== undefined && { authorization: this.authorization }),
          ...(contentType !== undefined && { 'content-type': contentType }),
        },
        ...(body !== undefined && { body: body as string }),
      });
    } catch (cause) {
      const { message, cause: inner } = cause as Error & { cause?: unknown };
      const why = inner instanceof Error ? inner.message : message;
      throw new MlflowFailure(`the MLflow server ${this.base} cannot be reached: ${why}`, null, { cause });
    }
    if (response.ok) return response;
    const text = await response.text();
    const { error_code: code, message } = errorIn(text);
    throw new MlflowFailure(
      `the MLflow server ${this.base} answered ${what} with ${response.status}: ${message ?? text.slice(0, 200)}`,
      code ?? null,
    );
  }
}

function pathIn(folder: string): string {
  if (folder.startsWith(PROXIED)) return folder.slice(PROXIED.length).replace(/^\/+/, '');
  throw new MlflowFailure(
    `the artifacts lie at ${folder}, and the MLflow server does not hand them out: start it with --serve-artifacts and an ` +
      '--artifacts-destination, or fetch the file yourself and give it to `eddyline models register`',
  );
}

function errorIn(text: string): { readonly error_code?: string; readonly message?: string } {
  try {
    return JSON.parse(text) as { readonly error_code?: string; readonly message?: string };
  } catch {
    return {};
  }
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readConfig } from '#platform/config';

// No Docker runs where these tests run: what can be known without it is checked here, the rest deploy/README.md owns up to.
const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[] };
}

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const APPS = ['ingestion', 'validation', 'inference', 'feedback', 'monitoring', 'retraining', 'explanation'];

/** As Compose does where no variable is set: `${NAME:-default}` is the default. */
function interpolate(text: string): string {
  return text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');
}

function environmentOf(name: string): Record<string, string> {
  const entries = Object.entries(compose.services[name]?.environment ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, interpolate(value)]));
}

describe('docker-compose.yml', () => {
  it('has the services and what they stand on', () => {
    expect(services.map(([name]) => name).sort()).toEqual(
      [
        ...[...APPS, 'cli', 'clickhouse', 'kafka', 'otel-collector', 'schema-registry'],
        ...['prometheus', 'alertmanager', 'grafana'],
      ].sort(),
    );
  });

  it.each(APPS)(
    'gives %s a configuration that its own code takes, and no variable that nothing reads',
    async (name) => {
      const path = join(root, 'apps', name, 'src', `${name}.config.ts`);
      const module = (await import(path)) as Record<string, Parameters<typeof readConfig>[0]>;
      const schema = module[`${name}Config`]!;
      const given = environmentOf(name);
      const wanted = new Set<string>();
      const environment = new Proxy(given, {
        get(target, variable) {
          wanted.add(String(variable));
          return target[String(variable)];
        },
      });
      expect(readConfig(schema, environment)).toMatchObject({ ok: true, config: { host: '0.0.0.0' } });
      const forTelemetry = /^OTEL_/;
      expect(Object.keys(given).filter((variable) => !wanted.has(variable) && !forTelemetry.test(variable))).toEqual(
        [],
      );
    },
  );

  it.each(APPS)('runs a program of %s that exists, on the port it publishes', (name) => {
    const { command, ports } = compose.services[name]!;
    const [program] = command!;
    expect(existsSync(join(root, program!.replace(/^dist\//, '').replace(/\.js$/, '.ts')))).toBe(true);
    const port = environmentOf(name)['PORT'];
    expect(ports).toEqual([`127.0.0.1:${port}:${port}`]);
  });

  it('addresses services by names and ports that are there', () => {
    const addresses = services.flatMap(([name]) =>
      Object.values(environmentOf(name)).flatMap((value) => [
        ...value.matchAll(/(?:\/\/|@|^|,)([a-z][a-z-]*[a-z]):(\d+)/g),
      ]),
    );
    const hosts = new Set(addresses.map(([, host]) => host));
    expect([...hosts].sort()).toEqual(['clickhouse', 'kafka', 'otel-collector', 'schema-registry']);
    const listeners = environmentOf('kafka')['KAFKA_LISTENERS']!;
    for (const [, host, port] of addresses) if (host === 'kafka') expect(listeners).toContain(`:${port}`);
  });

  it('opens no port to other machines', () => {
    for (const [, { ports = [] }] of services) for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('waits only for what can become healthy', () => {
    const dockerfileHasOne = read('deploy/Dockerfile').includes('\nHEALTHCHECK ');
    for (const [, { depends_on = {} }] of services) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        const target = compose.services[name]!;
        expect(condition).toBe('service_healthy');
        expect(target.healthcheck?.test !== undefined || (target.build !== undefined && dockerfileHasOne)).toBe(true);
      }
    }
  });

  it('mounts files that exist and volumes that are declared, and pins every image', () => {
    for (const [, { volumes = [], image }] of services) {
      expect(image).toMatch(/:[\w.-]+$/);
      expect(image).not.toMatch(/:latest$/);
      for (const volume of volumes) {
        const [source = ''] = volume.split(':');
        expect(source.startsWith('./') ? existsSync(join(root, source)) : source in compose.volumes).toBe(true);
      }
    }
  });
});

describe('deploy/Dockerfile', () => {
  const lines = read('deploy/Dockerfile').split('\n');
  const copied = lines
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
    .flatMap((line) => line.split(' ').slice(1, -1));

  it('copies what exists and what .dockerignore lets through', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(copied.length).toBeGreaterThan(5);
    for (const path of copied) {
      expect(existsSync(join(root, path))).toBe(true);
      expect(allowed).toContain(path);
    }
  });

  it('does not run as root', () => {
    const user = lines.findLastIndex((line) => line.startsWith('USER '));
    expect(lines[user]).toBe('USER node');
    expect(user).toBeGreaterThan(lines.findLastIndex((line) => line.startsWith('FROM ')));
  });
});

describe('deploy/otel-collector/config.yaml', () => {
  const config = parse(read('deploy/otel-collector/config.yaml')) as Record<string, Record<string, unknown>> & {
    service: { pipelines: Record<string, Record<string, string[]>> };
  };

  it('names in its pipelines only what it defines', () => {
    for (const pipeline of Object.values(config.service.pipelines)) {
      for (const [kind, names] of Object.entries(pipeline))
        for (const name of names) expect(config[kind]).toHaveProperty([name]);
    }
  });

  it('writes where the queries look: otel.otel_traces', () => {
    expect(config['exporters']?.['clickhouse']).toMatchObject({ database: 'otel', traces_table_name: 'otel_traces' });
  });

  it('reads only variables that Compose gives it', () => {
    const named = [...read('deploy/otel-collector/config.yaml').matchAll(/\$\{env:(\w+)\}/g)].map(([, name]) => name!);
    expect(Object.keys(environmentOf('otel-collector'))).toEqual(expect.arrayContaining(named));
  });
});

describe('deploy/prometheus', () => {
  const config = parse(read('deploy/prometheus/prometheus.yml')) as {
    readonly scrape_configs: readonly {
      readonly job_name: string;
      readonly static_configs: readonly { readonly targets: readonly string[] }[];
    }[];
    readonly alerting: {
      readonly alertmanagers: readonly { readonly static_configs: readonly { targets: string[] }[] }[];
    };
  };

  it('scrapes every service, where it listens', () => {
    const targets = config.scrape_configs.map(({ job_name, static_configs }) => [job_name, static_configs[0]!.targets]);
    expect(Object.fromEntries(targets)).toEqual(
      Object.fromEntries(APPS.map((name) => [name, [`${name}:${environmentOf(name)['PORT']}`]])),
    );
  });

  it('tells the Alertmanager that is there', () => {
    expect(config.alerting.alertmanagers[0]!.static_configs[0]!.targets).toEqual(['alertmanager:9093']);
    expect(compose.services['alertmanager']!.ports).toEqual(['127.0.0.1:9093:9093']);
  });
});

describe('deploy/grafana', () => {
  const sources = parse(read('deploy/grafana/provisioning/datasources/eddyline.yml')) as {
    readonly datasources: readonly {
      readonly uid: string;
      readonly type: string;
      readonly url?: string;
      readonly jsonData: Readonly<Record<string, unknown>>;
    }[];
  };
  const dashboards = readdirSync(join(root, 'deploy/grafana/dashboards')).map((file) => ({
    file,
    text: read(`deploy/grafana/dashboards/${file}`),
  }));

  it('asks the ClickHouse and the Prometheus that are there', () => {
    const [clickhouse, prometheus] = sources.datasources;
    expect(clickhouse!.jsonData).toMatchObject({ host: 'clickhouse', port: 8123, username: 'analyst' });
    expect(prometheus!.url).toBe('http://prometheus:9090');
    expect(Object.keys(environmentOf('grafana'))).toContain('ANALYST_PASSWORD');
  });

  it.each(dashboards)('$file names only data sources that are provided, and itself', ({ file, text }) => {
    const uids = new Set(
      [...text.matchAll(/"uid": "(eddyline-(?:clickhouse|prometheus)[^"]*)"/g)].map(([, uid]) => uid),
    );
    for (const uid of uids) expect(sources.datasources.map((source) => source.uid)).toContain(uid);
    expect((JSON.parse(text) as { uid: string }).uid).toBe(file.replace('.json', ''));
  });

  it('finds its dashboards where Compose mounts them', () => {
    const provided = parse(read('deploy/grafana/provisioning/dashboards/eddyline.yml')) as {
      readonly providers: readonly { readonly options: { readonly path: string } }[];
    };
    expect(compose.services['grafana']!.volumes).toContain(
      `./deploy/grafana/dashboards:${provided.providers[0]!.options.path}:ro`,
    );
  });
});

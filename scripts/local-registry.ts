/** The packages as they would be published, served on loopback: what a stranger's npm finds under `@skill-engine`. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

export interface LocalRegistry extends Disposable {
  /** For npm's setting `@skill-engine:registry`. */
  readonly url: string;
}

/** Packs every workspace into `folder`, as `npm publish` would, and serves the archives. */
export async function serveWorkspaces(folder: string): Promise<LocalRegistry> {
  const archives = new Map<string, { manifest: PackageJson; archive: Buffer }>();
  const { workspaces } = readJson<{ workspaces: string[] }>(join(root, 'package.json'));
  for (const path of workspaces) {
    const manifest = readJson<PackageJson>(join(root, path, 'package.json'));
    const args = ['pack', '--silent', '--pack-destination', folder, '-w', manifest.name];
    const output = execFileSync('npm', args, { cwd: root, encoding: 'utf8' });
    archives.set(manifest.name, {
      manifest,
      archive: readFileSync(join(folder, output.trim().split('\n').at(-1)!)),
    });
  }
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/').slice(1);
    const isArchive = path.endsWith('.tgz');
    const found = archives.get(isArchive ? path.slice(0, -4) : path);
    if (found === undefined) response.writeHead(404).end('{}');
    else if (isArchive) response.end(found.archive);
    else response.end(JSON.stringify(packument(found.manifest, found.archive, url)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface PackageJson {
  readonly name: string;
  readonly version: string;
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

function packument(manifest: PackageJson, archive: Buffer, url: string): unknown {
  const { name, version } = manifest;
  const dist = {
    tarball: `${url}${name}.tgz`,
    integrity: `sha512-${createHash('sha512').update(archive).digest('base64')}`,
  };
  return {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, dist } },
  };
}

import { parseManifest } from '@skill-engine/engine';
import { expect, it } from 'vitest';
import { importKubiya } from './import-kubiya.ts';

const manifest = `version = "1"

[defaults]
capabilities.allowed_paths = ["/srv/shared"]
env.LANG = "\${LANG}"

[skills.Weather]
source = "./skills/weather"
description = "Says \\"rain\\"\\u007f"
default_instance = "eu"

[[skills.Weather.services]]
name = "proxy"

[skills.Weather.instances.eu]
config.region = "eu"
config.units = "\${UNITS:-metric}"
config.station = "\${STATION}"
config.api_key = "abc"
env.REGION = "\${REGION:-x}"
env.LEVEL = "debug"
env.WEATHER_TOKEN = "\${WEATHER_TOKEN}"
capabilities.network_access = true
capabilities.allowed_paths = ["\${HOME}/maps", "\${PWD}", "/data/*", "a/../b", "./local", "../beside"]
capabilities.max_concurrent_requests = 3

[skills.Weather.instances.us]
config.region = "us"

[skills.remote]
source = "github:someone/remote@v1"

[skills.kubectl]
source = "./kubectl"
runtime = "native"

[skills.convert]
source = "docker:example/convert:1"
runtime = "docker"

[skills.convert.docker]
image = "example/convert:1"
command = ["--json"]
volumes = ["/srv/in:/in:ro", "/srv/out:/out", "\${PWD}:/work", "named:/x"]
memory = "512m"
cpus = "1.5"
network = "host"
user = "root"
extra_args = ["--privileged"]
`;

const skillsOf = (toml: string) => parseManifest(toml, { file: 'skills.toml' }).skills;

it('writes what has a counterpart, and no more', () => {
  const { toml } = importKubiya(manifest);
  const [weather, remote, convert, ...more] = skillsOf(toml);
  expect(more).toEqual([]);
  expect(weather).toMatchObject({
    name: 'weather',
    description: 'Says "rain"\u007f',
    component: './skills/weather/skill.wasm',
    config: { region: 'eu', units: 'metric' },
    resources: { concurrency: 3 },
    capabilities: {
      filesystem: {
        grants: ['~/maps', './local', '../beside', '/srv/shared'].map((path) => ({
          path,
          access: 'read',
        })),
      },
      network: { rules: [] },
      environment: { allowlist: ['LANG', 'REGION'] },
      credentials: [],
    },
  });
  expect(remote).toMatchObject({ name: 'remote', component: './remote.wasm' });
  expect(convert).toMatchObject({
    name: 'convert',
    docker: { image: 'example/convert:1', command: ['--json'], user: '1000:1000', readOnly: true },
    capabilities: {
      network: { rules: [] },
      volumes: [
        { hostPath: '/srv/in', guestPath: '/in', access: 'read' },
        { hostPath: '/srv/out', guestPath: '/out', access: 'read-write' },
      ],
    },
  });
});

it('says what it leaves, secrets without their values', () => {
  const { left } = importKubiya(manifest);
  const places = left.map((line) => line.slice('skills.'.length, line.indexOf(': ')));
  expect([...new Set(places)].toSorted()).toEqual([
    'Weather.allowed_paths',
    'Weather.config.api_key',
    'Weather.config.station',
    'Weather.config.units',
    'Weather.env.LEVEL',
    'Weather.env.REGION',
    'Weather.env.WEATHER_TOKEN',
    'Weather.instances.us',
    'Weather.network_access',
    'Weather.services',
    'Weather.source',
    'convert.allowed_paths',
    'convert.docker.extra_args',
    'convert.docker.network',
    'convert.docker.user',
    'convert.docker.volumes',
    'kubectl',
    'remote.allowed_paths',
    'remote.source',
  ]);
  expect(left.join('\n')).not.toContain('abc');
});

it('takes one skill, or another instance', () => {
  const { toml } = importKubiya(manifest, { skill: 'Weather', instance: 'us' });
  expect(skillsOf(toml)).toMatchObject([{ name: 'weather', config: { region: 'us' } }]);
  expect(toml).not.toContain('maps');
});

it.each([
  ['no TOML', '[skills', /./u],
  ['nothing', 'version = "1"', /no skill of it/u],
  ['native skills only', '[skills.a]\nsource = "./a"\nruntime = "native"\n', /SKILL\.md/u],
  ['a name that has no form', '[skills."ä"]\nsource = "./a"\n', /lower-case/u],
  ['an image that is none', '[skills.a]\nsource = "docker:x"\nruntime = "docker"\n', /image/u],
])('refuses %s', (_, text, message) => {
  expect(() => importKubiya(text)).toThrow(message);
});

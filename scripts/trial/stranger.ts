import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** Somebody with Node and some compilers, who has nothing of this repository: an own PATH, an own state, an own npm prefix. */
export class Stranger {
  /** Where projects are made. */
  readonly work: string;
  readonly #tools: string;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(folder: string, registry: string) {
    this.work = join(folder, 'work');
    this.#tools = join(folder, 'tools');
    const node = join(folder, 'node');
    for (const path of [this.work, this.#tools, node]) mkdirSync(path);
    symlinkSync(process.execPath, join(node, 'node'));
    const config = join(folder, 'npmrc');
    writeFileSync(config, `@skill-engine:registry=${registry}\n`);
    // npm tells its scripts how it was called; a stranger's npm is told nothing but where the packages are.
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'));
    const foreign = (process.env['PATH'] ?? '')
      .split(delimiter)
      .filter((path) => !path.includes('node_modules') && !path.includes('node-gyp'));
    this.#environment = {
      ...Object.fromEntries(own),
      PATH: [join(this.#tools, 'bin'), node, ...foreign].join(delimiter),
      SKILL_ENGINE_HOME: join(folder, 'state'),
      npm_config_globalconfig: config,
      npm_config_update_notifier: 'false',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      NO_COLOR: '1',
    };
  }

  /** As the guides say, but into a prefix of its own. */
  async installSkill(): Promise<void> {
    const args = ['install', '--global', '--prefix', this.#tools, '@skill-engine/cli'];
    const { code, stderr } = await this.run(this.work, 'npm', args);
    if (code !== 0) throw new Error(`npm ${args.join(' ')}\n${stderr}`);
  }

  /** The environment with a PATH on which only Node and `skill` are. */
  get withoutCompilers(): NodeJS.ProcessEnv {
    const [tools, node] = this.#environment['PATH']!.split(delimiter);
    return { PATH: [tools, node].join(delimiter), WASI_SDK_PATH: '' };
  }

  start(
    cwd: string,
    program: string,
    args: readonly string[],
    environment: NodeJS.ProcessEnv = {},
  ) {
    return spawn(program, args, {
      cwd,
      env: { ...this.#environment, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async run(
    cwd: string,
    program: string,
    args: readonly string[],
    environment: NodeJS.ProcessEnv = {},
  ): Promise<Ran> {
    const before = performance.now();
    const child = this.start(cwd, program, args, environment);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (exit) => resolve(exit ?? -1));
    });
    return { code, stdout, stderr, milliseconds: performance.now() - before };
  }

  skill(cwd: string, ...args: string[]): Promise<Ran> {
    return this.run(cwd, 'skill', args);
  }

  /** A line as the documentation has it, by a shell. */
  line(cwd: string, text: string): Promise<Ran> {
    return this.run(cwd, 'sh', ['-c', text]);
  }
}

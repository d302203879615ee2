/** Projects that `skill new` makes, in a folder where the workspace's packages are found as if installed. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Home, root } from '../cli/skill.ts';

export class Projects implements Disposable {
  readonly home: Home = new Home();
  readonly folder: string;

  constructor() {
    mkdirSync(join(root, '.cache'), { recursive: true });
    this.folder = mkdtempSync(join(root, '.cache', 'author-'));
  }

  /** Makes a project and returns its folder. */
  async make(name: string, ...args: string[]): Promise<string> {
    const made = await this.home.run(['new', name, ...args], { cwd: this.folder });
    if (made.code !== 0) throw new Error(made.stderr);
    return join(this.folder, name);
  }

  /** `skill` with the machine's compilers, in a project. */
  skill(cwd: string, ...args: string[]) {
    const environment = Object.fromEntries(
      Object.entries(process.env).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    );
    return this.home.run(args, {
      cwd,
      environment: { ...environment, SKILL_ENGINE_HOME: this.home.path },
    });
  }

  /** Removes a project, so that another may have its name. */
  forget(folder: string): void {
    rmSync(folder, { recursive: true, force: true });
  }

  [Symbol.dispose](): void {
    this.home[Symbol.dispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

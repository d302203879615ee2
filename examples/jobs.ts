/** A queue of jobs in one SQLite file, for any number of workers. `node examples/jobs.ts FILE [TOOL PARAMETERS]` adds one, or lists them. */
import { DatabaseSync } from 'node:sqlite';

export interface Job {
  readonly id: number;
  readonly tool: string;
  readonly parameters: string;
  /** 1 for the first. */
  readonly attempt: number;
}

/** `unknown`: a worker died while it ran; it may have had an effect, and is not run again by itself. */
export type End = 'done' | 'failed' | 'unknown';

export class Jobs implements Disposable {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path, { timeout: 5000 });
    this.#database.exec(`PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS jobs (
      id INTEGER PRIMARY KEY, tool TEXT NOT NULL, parameters TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting',
      worker TEXT, attempt INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL DEFAULT 0, execution_id TEXT, answer TEXT
    ) STRICT`);
  }

  add(tool: string, parameters: string): number {
    const add = this.#database.prepare('INSERT INTO jobs (tool, parameters) VALUES (?, ?)');
    return Number(add.run(tool, parameters).lastInsertRowid);
  }

  /** The oldest that is due. One statement, so two workers never get the same. */
  take(worker: string): Job | undefined {
    const take = this.#database
      .prepare(`UPDATE jobs SET state = 'running', worker = ?, attempt = attempt + 1
      WHERE id = (SELECT id FROM jobs WHERE state = 'waiting' AND due <= ? ORDER BY id LIMIT 1)
      RETURNING id, tool, parameters, attempt`);
    return take.get(worker, Date.now()) as unknown as Job | undefined;
  }

  end(job: Job, state: End, executionId: string, answer: string): void {
    this.#database
      .prepare('UPDATE jobs SET state = ?, execution_id = ?, answer = ? WHERE id = ?')
      .run(state, executionId, answer, job.id);
  }

  /** Back into the queue: after a delay, or because it did not begin. */
  again(job: Job, delayMs: number): void {
    this.#database
      .prepare("UPDATE jobs SET state = 'waiting', due = ? WHERE id = ?")
      .run(Date.now() + delayMs, job.id);
  }

  /** What a worker of this name was at when it died. */
  leftBy(worker: string): Job[] {
    const left = this.#database.prepare(
      "SELECT id, tool, parameters, attempt FROM jobs WHERE state = 'running' AND worker = ?",
    );
    return left.all(worker) as unknown as Job[];
  }

  list(): unknown[] {
    return this.#database.prepare('SELECT * FROM jobs ORDER BY id').all();
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

if (import.meta.main) {
  const [path = 'jobs.db', tool, parameters = '{}'] = process.argv.slice(2);
  using jobs = new Jobs(path);
  if (tool === undefined) for (const job of jobs.list()) console.log(JSON.stringify(job));
  else console.log(jobs.add(tool, parameters));
}

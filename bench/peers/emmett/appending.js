// Appending with emmett: a command handler reads the stream, decides and appends with the expected version, as its documentation does.
import { CommandHandler } from '@event-driven-io/emmett';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import pg from 'pg';

const [url, data] = process.argv.slice(2);
// The fastest of 5, 10 (the driver's default), 20 and 40 connections for 64 callers.
const pool = new pg.Pool({ connectionString: url, max: 20 });
const store = getPostgreSQLEventStore(url, { connectionOptions: { pool } });
await store.schema.migrate();
const fact = JSON.parse(data);

const handle = CommandHandler({ initialState: () => null, evolve: (_, { data }) => data });
const recordStatus = (status) => (state) => (state === null ? { type: 'StatusRecorded', data: status } : []);

const answer = async ({ callers, seconds }) => {
  const began = performance.now();
  const deadline = began + seconds * 1000;
  let count = 0;
  const caller = async () => {
    while (performance.now() < deadline) {
      await handle(store, `status-${randomUUID()}`, recordStatus(fact));
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { rate: count / ((performance.now() - began) / 1000), count };
};

for await (const line of createInterface({ input: process.stdin })) {
  const answered = await answer(JSON.parse(line)).catch((error) => ({ error: String(error) }));
  process.stdout.write(`${JSON.stringify(answered)}\n`);
}
await store.close();
await pool.end();

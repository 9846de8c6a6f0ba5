// DuckDB on an exported work: node duckdb.mjs FOLDER RUNS
// The registry is kept as two 64-bit numbers a row, its fastest persisted form.
import { DuckDBInstance } from '@duckdb/node-api';
import { existsSync } from 'node:fs';
import { report } from './report.mjs';

const [dir, runs] = [process.argv[2], Number(process.argv[3])];
const made = existsSync(`${dir}/duckdb.db`);
const db = await DuckDBInstance.create(`${dir}/duckdb.db`, { threads: '2', memory_limit: '16GB' });
const con = await db.connect();
const words = (hex) => `('0x' || ${hex}[1:16])::UBIGINT hi, ('0x' || ${hex}[17:32])::UBIGINT lo`;
if (!made) {
  await con.run(`create table reg as select ${words('email_sha256')}, account
    from read_csv('${dir}/registry.csv', header = true, columns = {'email_sha256': 'VARCHAR', 'account': 'UINTEGER'})`);
  await con.run('checkpoint');
}
await report('DuckDB', runs, async () => {
  const r = await con.runAndReadAll(`select count(*) from (select distinct account from
    (select ${words('email_sha256')} from read_csv('${dir}/list.csv', header = true, columns = {'email_sha256': 'VARCHAR'})) l
    join reg r on r.hi = l.hi and r.lo = l.lo)`);
  return Number(r.getRows()[0][0]);
});

// ClickHouse, in process, on an exported work: node clickhouse.mjs FOLDER RUNS
// The registry is kept as two 64-bit numbers a row, ordered by the first.
import chdb from 'chdb';
import { existsSync, writeFileSync } from 'node:fs';
import { report } from './report.mjs';

const [dir, runs] = [process.argv[2], Number(process.argv[3])];
const session = new chdb.Session(`${dir}/clickhouse`);
const words = (hex) => `reinterpretAsUInt64(reverse(unhex(substring(${hex}, 1, 16)))) hi,
  reinterpretAsUInt64(reverse(unhex(substring(${hex}, 17, 16)))) lo`;
if (!existsSync(`${dir}/clickhouse.made`)) {
  session.query('create database if not exists w');
  session.query('create table w.reg (hi UInt64, lo UInt64, account UInt32) engine = MergeTree order by hi');
  session.query(`insert into w.reg select ${words('email_sha256')}, account
    from file('${dir}/registry.csv', 'CSVWithNames', 'email_sha256 String, account UInt32')`);
  session.query('optimize table w.reg final');
  writeFileSync(`${dir}/clickhouse.made`, '');
}
const forms = {
  'ClickHouse, hash join': `select uniqExact(account) from w.reg r inner join
    (select ${words('email_sha256')} from file('${dir}/list.csv', 'CSVWithNames', 'email_sha256 String')) l using (hi, lo)`,
  'ClickHouse, IN': `select uniqExact(account) from w.reg where (hi, lo) in
    (select ${words('email_sha256')} from file('${dir}/list.csv', 'CSVWithNames', 'email_sha256 String'))
    settings use_index_for_in_with_subqueries = 0`,
};
for (const [name, sql] of Object.entries(forms)) {
  await report(name, runs, async () => Number(String(session.query(`${sql.includes('settings') ? sql + ', max_threads = 2' : sql + ' settings max_threads = 2'}`, 'TabSeparated')).trim()));
}

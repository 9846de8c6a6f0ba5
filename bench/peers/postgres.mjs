// PostgreSQL on an exported work: node postgres.mjs FOLDER RUNS
// A server of its own in the folder, without fsync; the parallel hash join that
// the planner would not choose by itself; the list copied and decoded each time.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { report } from './report.mjs';

const [dir, runs] = [process.argv[2], Number(process.argv[3])];
const version = readdirSync('/usr/lib/postgresql').sort().at(-1);
const bin = `/usr/lib/postgresql/${version}/bin`;
// Where the user that the server runs as can get to.
const home = `${tmpdir()}/selvedge-bench-postgres/${basename(dir)}`;
const root = process.getuid() === 0;
// The server refuses to run as root.
const as = (program, args) => (root ? ['runuser', ['-u', 'postgres', '--', program, ...args]] : [program, args]);
const run = (program, args, input) => execFileSync(...as(program, args), { input, stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 1 << 20 }).toString();

if (!existsSync(home)) {
  mkdirSync(home, { recursive: true });
  if (root) execFileSync('chown', ['postgres', home]);
  run(`${bin}/initdb`, ['-D', `${home}/data`, '-U', 'postgres', '--auth=trust', '--no-sync']);
}
const settings = {
  listen_addresses: '', fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_wal_size: '20GB', shared_buffers: '6GB',
  work_mem: '3GB', hash_mem_multiplier: '2', jit: 'off', max_parallel_workers_per_gather: '2', parallel_setup_cost: '0',
  parallel_tuple_cost: '0', min_parallel_table_scan_size: '0',
};
spawn(...as(`${bin}/postgres`, ['-D', `${home}/data`, '-k', home, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])]), { stdio: 'ignore' });
const psql = (sql) => execFileSync(`${bin}/psql`, ['-qAt', '-v', 'ON_ERROR_STOP=1', '-h', home, '-U', 'postgres', '-d', 'postgres'],
  { input: sql, stdio: ['pipe', 'pipe', 'pipe'] }).toString().trim();
for (let tries = 0; ; tries++) {
  try {
    psql('select 1');
    break;
  } catch (e) {
    if (tries === 300) throw e;
    await new Promise((r) => setTimeout(r, 100));
  }
}
try {
  if (!existsSync(`${home}/made`)) {
    psql(`drop table if exists raw, reg;
      create unlogged table raw (h text, account int4);
      
\\copy raw from '${dir}/registry.csv' with (format csv, header)

      create unlogged table reg as select decode(h, 'hex') h, account from raw;
      drop table raw; alter table reg add primary key (h); vacuum analyze reg;`);
    writeFileSync(`${home}/made`, '');
  }
  await report('PostgreSQL', runs, async () => Number(psql(`begin;
    create unlogged table lt (t text) with (autovacuum_enabled = off); 
\\copy lt from '${dir}/list.csv' with (format csv, header)

    create unlogged table lb as select decode(t, 'hex') h from lt; analyze lb;
    select count(*) from (select distinct account from reg join lb using (h)) d;
    rollback;`)), true);
} finally {
  run(`${bin}/pg_ctl`, ['-D', `${home}/data`, '-m', 'fast', '-w', 'stop']);
}

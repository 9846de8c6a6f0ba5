// GNU sort and join on an exported work: node sortjoin.mjs FOLDER RUNS
// The registry is kept sorted.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { report } from './report.mjs';

const [dir, runs] = [process.argv[2], Number(process.argv[3])];
const sh = (script) => execFileSync('bash', ['-euo', 'pipefail', '-c', script], { env: { ...process.env, LC_ALL: 'C', TMPDIR: dir } }).toString();
if (!existsSync(`${dir}/sorted.csv`)) {
  sh(`tail -n +2 ${dir}/registry.csv | sort -S 4G --parallel=2 -t, -k1,1 > ${dir}/sorted.part && mv ${dir}/sorted.part ${dir}/sorted.csv`);
}
await report('sort and join', runs, async () => Number(sh(
  `tail -n +2 ${dir}/list.csv | sort -u -S 4G --parallel=2 | join -t, - ${dir}/sorted.csv | cut -d, -f2 | sort -u -S 2G --parallel=2 | wc -l`)), true);

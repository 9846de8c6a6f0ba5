// Prints one table of what the engines printed: node table.mjs EXPECTED < LINES
// It fails if one of them found another number of accounts.
import { readFileSync } from 'node:fs';

const expected = Number(process.argv[2]);
const lines = readFileSync(0, 'utf8').trim().split('\n').map((l) => JSON.parse(l));
const [ours] = lines;
console.log('| engine | seconds | processors | peak memory | ours is |');
console.log('| --- | --- | --- | --- | --- |');
for (const l of lines) {
  const count = l.count ?? l.matched_accounts;
  if (count !== expected) throw new Error(`${l.name} found ${count} accounts, not ${expected}`);
  const cpu = l.cpu_seconds ? `${l.cpu_seconds.toFixed(2)} s` : 'not measured';
  const rss = l.peak_rss_bytes ? `${(l.peak_rss_bytes / 2 ** 20).toFixed(0)} MiB` : 'not measured';
  console.log(`| ${l.name ?? 'selvedge'} | ${l.seconds.toFixed(3)} | ${cpu} | ${rss} | ${l === ours ? '' : (l.seconds / ours.seconds).toFixed(1) + ' times as fast'} |`);
}

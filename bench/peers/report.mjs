// Runs one query several times and prints a line of JSON: the median of the
// wall times, what this process used in that run unless the work is done by
// another, and the count that was found.
export async function report(name, runs, query, elsewhere = false) {
  const all = [];
  for (let i = 0; i < runs; i++) {
    const cpu = process.cpuUsage();
    const start = process.hrtime.bigint();
    const count = await query();
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    const used = process.cpuUsage(cpu);
    const own = elsewhere ? {} : { cpu_seconds: (used.user + used.system) / 1e6, peak_rss_bytes: process.resourceUsage().maxRSS * 1024 };
    all.push({ name, count, seconds, ...own });
  }
  all.sort((a, b) => a.seconds - b.seconds);
  console.log(JSON.stringify(all[Math.floor(runs / 2)]));
}

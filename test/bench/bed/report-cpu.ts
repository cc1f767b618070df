import { writeFileSync } from 'node:fs'

/** Loaded before a program (`--import`): writes to `BENCH_CPU` how many microseconds of CPU its process and all its threads took. */
process.once('exit', () => {
  const { user, system } = process.cpuUsage()
  writeFileSync(process.env.BENCH_CPU!, String(user + system))
})

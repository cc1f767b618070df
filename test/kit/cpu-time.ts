/** Milliseconds of this thread's CPU that some work takes: a busy machine makes it wait, and that is not counted. */
export const cpuTime = (work: () => void): number => {
  const start = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(start)
  return (user + system) / 1000
}

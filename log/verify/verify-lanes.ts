import type { Database } from 'better-sqlite3'
import { availableParallelism } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { LogError } from '../log-error.ts'
import { chunkExaminer } from './verify-chunk.ts'
import type { ChunkResult, ChunkTask } from './examine-rows.ts'

/** Pieces from which on threads are worth the time that it takes to start them. */
const MANY = 4
const MAX_THREADS = 4

/**
 * Examines pieces of the log: a few of them here, many in threads.
 * @returns one result for each piece, in their order
 * @throws LogError (as a rejection) `ERR_LOG_UNREADABLE`, and what SQLite throws
 */
export const examineChunks = async (
  directory: string,
  database: Database,
  tasks: readonly ChunkTask[],
  onResult: (result: ChunkResult) => void,
): Promise<ChunkResult[]> => {
  const threads = Math.min(availableParallelism(), MAX_THREADS, tasks.length)
  if (tasks.length < MANY || threads < 2) return examineHere(database, tasks, onResult)
  const results: ChunkResult[] = []
  const queue = tasks.entries()
  const take = (index: number, result: ChunkResult): void => {
    results[index] = result
    onResult(result)
  }
  const lanes = Array.from({ length: threads }, () => openLane(directory, queue, take))
  try {
    await Promise.all(lanes.map(({ ended }) => ended))
    return results
  } finally {
    await Promise.all(lanes.map(({ thread }) => thread.terminate()))
  }
}

const examineHere = async (
  database: Database,
  tasks: readonly ChunkTask[],
  onResult: (result: ChunkResult) => void,
): Promise<ChunkResult[]> => {
  const examine = chunkExaminer(database)
  const results: ChunkResult[] = []
  for (const task of tasks) {
    results.push(examine(task))
    onResult(results.at(-1)!)
    await setImmediate()
  }
  return results
}

/** A thread that takes one task after the other from the queue that all share. */
const openLane = (
  directory: string,
  queue: IterableIterator<[number, ChunkTask]>,
  take: (index: number, result: ChunkResult) => void,
): { readonly thread: Worker; readonly ended: Promise<void> } => {
  const thread = new Worker(new URL('./verify-thread.ts', import.meta.url), { workerData: directory })
  const ended = new Promise<void>((resolve, reject) => {
    let current = -1
    const next = (): void => {
      const { value, done } = queue.next()
      if (!done) current = value[0]
      thread.postMessage(done ? null : value[1], [])
    }
    thread.on('message', (result: ChunkResult) => {
      take(current, result)
      next()
    })
    thread.once('error', reject)
    thread.once('exit', code => {
      if (code === 0) resolve()
      else reject(new LogError('ERR_LOG_UNREADABLE', 'a thread that reads the log ended early'))
    })
    next()
  })
  return { thread, ended }
}

import { parentPort, workerData } from 'node:worker_threads'
import { writeSegment } from './write-segment.ts'
import type { SegmentRange } from './write-segment.ts'

/** Thread that writes a segment, so that requests are answered meanwhile. A fault ends it. */
export type SegmentTask = { readonly directory: string; readonly range: SegmentRange }

const { directory, range } = workerData as SegmentTask
parentPort?.postMessage(await writeSegment(directory, range), [])

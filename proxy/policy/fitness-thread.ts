import { parentPort, workerData } from 'node:worker_threads'
import { objectionTo } from './bundle-fitness.ts'
import type { PolicyBundle } from './policy-bundle.ts'

/** Thread that says what speaks against one bundle, or null. */
parentPort?.postMessage(objectionTo(workerData as PolicyBundle, Date.now()), [])

import { parentPort, workerData } from 'node:worker_threads'
import { fitnessOf } from './bundle-fitness.ts'
import type { PolicyBundle } from './policy-bundle.ts'

/** Thread that says whether the policy of one bundle may come into force. */
parentPort?.postMessage(fitnessOf(workerData as PolicyBundle, Date.now()), [])

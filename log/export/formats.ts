import { csv } from './csv.ts'
import { ecs } from './ecs.ts'
import type { Encoder } from './encoder.ts'
import { jsonl } from './jsonl.ts'
import { ocsf } from './ocsf.ts'

/** The forms in which the log can be handed on; docs/export.md describes them. */
export const formats = { jsonl, csv, ocsf, ecs } as const satisfies Record<string, Encoder>

export type Format = keyof typeof formats

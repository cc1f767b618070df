import type { PathTemplate } from '../path-template.ts'

/** What tells routes apart, besides their destination. */
export type RouteScope = {
  readonly method: string
  /** Null: every instrument of the policy. */
  readonly instruments: readonly string[] | null
  /** Null when it could not be read. */
  readonly template: PathTemplate | null
}

/** Whether one request can fit both routes, as far as method, path and instruments go. */
export const areAlike = (a: RouteScope, b: RouteScope): boolean =>
  a.method === b.method &&
  share(a.instruments, b.instruments) &&
  a.template !== null &&
  b.template !== null &&
  canBothMatch(a.template, b.template)

/** Whether some path fits both templates. A parameter takes any segment that is not empty: schemas do not choose routes. */
export const canBothMatch = (a: PathTemplate, b: PathTemplate): boolean =>
  a.segments.length === b.segments.length &&
  a.segments.every((one, index) => {
    const other = b.segments[index]!
    if ('literal' in one && 'literal' in other) return one.literal === other.literal
    return !('literal' in one && one.literal === '') && !('literal' in other && other.literal === '')
  })

const share = (a: readonly string[] | null, b: readonly string[] | null): boolean =>
  a === null || b === null || a.some(id => b.includes(id))

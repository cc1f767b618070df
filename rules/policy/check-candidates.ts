import { parsePathTemplate } from '../path-template.ts'
import type { Proofreader } from './proofreader.ts'
import type { RawRoute } from './raw-policy.ts'
import { areAlike, type RouteScope } from './route-overlap.ts'

/**
 * Reports two `report-only` routes that one request can fit: its record names one trial. Destinations do not tell them apart,
 * because clients of the gateway name none.
 */
export const checkCandidates = (routes: readonly RawRoute[], proof: Proofreader): void => {
  const candidates = routes.flatMap((route, index) =>
    route.mode === 'report-only' ? [{ id: route.id, index, scope: scopeOf(route) }] : [],
  )
  for (const [position, { index, scope }] of candidates.entries()) {
    const earlier = candidates.slice(0, position).find(other => areAlike(other.scope, scope))
    if (!earlier) continue
    const message = `a request that fits the report-only route ${earlier.id} fits this one too: at most one can be on trial`
    proof.report(['routes', index, 'path'], message)
  }
}

const scopeOf = ({ method, instruments, path }: RawRoute): RouteScope => ({
  method,
  instruments: instruments ?? null,
  template: parsePathTemplate(path),
})

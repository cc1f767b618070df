import type { Block, BlockReason } from './verdict.ts'

type Detail = Partial<Pick<Block, 'rule' | 'place' | 'findings' | 'retryAfter'>>

/** A step that ends the way of the request. A class, so that no request can look like one. */
export class Stop {
  readonly reason: BlockReason
  readonly detail: Detail
  constructor(reason: BlockReason, detail: Detail) {
    this.reason = reason
    this.detail = detail
  }
}

export const stop = (reason: BlockReason, detail: Detail = {}): Stop => new Stop(reason, detail)

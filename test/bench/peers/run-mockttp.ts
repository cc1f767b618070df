/** mockttp that does the job for everything that passes. @see https://github.com/httptoolkit/mockttp */
import { openJob, requirePeer, told } from './job.ts'

type Request = { readonly body: { readonly buffer: Buffer } }
type Mockttp = {
  readonly getLocal: (options: object) => {
    readonly start: (port: number) => Promise<void>
    readonly forAnyRequest: () => { readonly thenPassThrough: (options: object) => Promise<unknown> }
  }
}

const { authority, port, vendorCa, ...rest } = told()
const job = openJob(rest)
const server = (requirePeer('mockttp') as Mockttp).getLocal({ https: authority })
await server.start(port)
await server.forAnyRequest().thenPassThrough({
  additionalTrustedCAs: [{ cert: vendorCa }],
  trustAdditionalCAs: [{ cert: vendorCa }],
  beforeRequest: async ({ body }: Request) =>
    (await job(body.buffer)) ? {} : { response: { statusCode: 403, body: 'blocked' } },
})

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { inspect } from '../rules/inspect.ts'
import type { Field } from '../rules/message.ts'
import { gateway, generousPolicy, messageOf, packFolder, shippedPolicy } from './kit/message.ts'
import type { Leak } from './kit/leak.ts'

const folder = join(import.meta.dirname, 'leaks')
const leaks = await Promise.all(
  readdirSync(folder).map(async file => (await import(join(folder, file))) as { readonly leak: Leak }),
)

const required: readonly Field[] = [
  ['Host', 'sluice.lab'],
  ['Content-Type', 'application/json'],
]

const shipped = shippedPolicy()
const generous = generousPolicy()
const atAppliance = { ...gateway, client: '127.0.0.1' }

t.test('P1: leaks: a policy that is too generous by far, and the detectors stop every one', async t => {
  t.ok(leaks.length >= 15)
  for (const { leak } of leaks) {
    const { method, target, fields = [], body = {} } = leak
    const request = messageOf({
      method: method ?? 'POST',
      target: target ?? '/telemetry',
      fields: [...required, ...fields],
      body: JSON.stringify(body),
    })
    const verdict = inspect(request, generous)
    if (verdict.kind === 'forward') t.fail(`${leak.name}: was let through`)
    else {
      t.equal(verdict.reason, 'sensitive-content', leak.name)
      t.equal(verdict.rule, null, `${leak.name}: no schema stopped it`)
      t.ok(
        verdict.findings.some(({ detector }) => detector === leak.detector),
        `${leak.name}: ${leak.detector}`,
      )
    }
  }
})

t.test('P1: leaks: the shipped policy stops every one, on each of its routes', async t => {
  for (const { leak } of leaks)
    for (const { path, method } of shipped.routes) {
      const { fields = [], body = {} } = leak
      const query = leak.target?.split('?')[1]
      const target = leak.target === undefined ? path.text : `${path.text}?${query}`
      const request = messageOf({
        arrival: atAppliance,
        method: leak.method ?? method,
        target,
        fields: [...required, ...fields],
        body: JSON.stringify(body),
      })
      t.equal(inspect(request, shipped).kind, 'block', `${leak.name}: ${path.text}`)
    }
})

t.test('P7: leaks: no verdict repeats any text of its leak', async t => {
  const wordsOf = (value: unknown): readonly string[] =>
    typeof value === 'string'
      ? [value]
      : typeof value === 'object' && value !== null
        ? Object.values(value).flatMap(wordsOf)
        : []
  for (const { leak } of leaks) {
    const { fields = [], body = {} } = leak
    const request = messageOf({
      method: leak.method ?? 'POST',
      target: leak.target ?? '/telemetry',
      fields: [...required, ...fields],
      body: JSON.stringify(body),
    })
    const written = JSON.stringify(inspect(request, generous))
    for (const word of [...wordsOf(body), ...wordsOf(fields.map(([, value]) => value)), 'jane.doe@example.org'])
      t.notOk(written.includes(word), leak.name)
  }
})

t.test('telemetry: every sample of the shipped pack passes its route, and leaves as the same value', async t => {
  let count = 0
  for (const { id, path } of shipped.routes) {
    const samples = join(packFolder, 'samples', id)
    for (const file of readdirSync(samples)) {
      const body = readFileSync(join(samples, file))
      const verdict = inspect(messageOf({ arrival: atAppliance, target: path.text, body }), shipped)
      if (verdict.kind === 'block') t.fail(`${file}: ${JSON.stringify(verdict)}`)
      else t.same(JSON.parse(Buffer.from(verdict.request.body).toString()), JSON.parse(body.toString()), file)
      count++
    }
  }
  t.ok(count > 15)
})

import t from 'tap'
import { outlineOf } from '../../../cli/review/outline.ts'
import type { Head } from '../../../rules/message.ts'

const head: Head = { method: 'POST', target: '/', version: '1.1', fields: [['content-type', 'application/json']] }
const rowsOf = (value: unknown) => outlineOf(Buffer.from(JSON.stringify(value)), head)

t.test('outline: places, types and shapes of a payload, with no value in it', async t => {
  t.same(rowsOf({ lane: 12, note: 'Jane Doe' }), [
    { pointer: '', type: 'object', size: 2, shape: '' },
    { pointer: '/lane', type: 'number', size: 2, shape: '00' },
    { pointer: '/note', type: 'string', size: 8, shape: 'Aaaa Aaa' },
  ])
})

t.test('P7: outline: a property name in which something is found, never shown', async t => {
  const read = 'GATTACAGATTACACCGTTAGCATGCAT'
  const text = JSON.stringify(rowsOf({ [read]: 1, runs: [{ 'jane.doe@example.org': { ssn: 1 } }] }))
  t.notMatch(text, /GATTACA|jane|doe/)
  t.match(text, /"\/runs\/0\//)
})

t.test('outline: what is no JSON, one row', async t => {
  t.same(outlineOf(Buffer.from('@r1\nACGT'), head), [{ pointer: '', type: 'text', size: 8, shape: '@a0⏎AAAA' }])
  t.match(outlineOf(Buffer.from([0xff, 0xfe]), head), [{ type: 'octets', size: 2 }])
})

t.test('outline: the parts of a form, each by itself', async t => {
  const part = (name: string, file: string, content: string): string =>
    `--X\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${content}\r\n`
  const form = `${part('meta', '', '{"lane":1}')}${part('Jane Doe', '; filename="jane.log"', 'Jane')}--X--\r\n`
  const fields = [['content-type', 'multipart/form-data; boundary=X']] as const
  t.same(outlineOf(Buffer.from(form), { ...head, fields }), [
    { pointer: '', type: 'parts', size: 2, shape: '' },
    { pointer: '/meta/content', type: 'object', size: 1, shape: '' },
    { pointer: '/meta/content/lane', type: 'number', size: 1, shape: '0' },
    { pointer: '/Aaaa Aaa/fileName', type: 'string', size: 8, shape: 'aaaa.aaa' },
    { pointer: '/Aaaa Aaa/content', type: 'text', size: 4, shape: 'Aaaa' },
  ])
})

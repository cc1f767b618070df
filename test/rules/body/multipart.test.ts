import * as fc from 'fast-check'
import t from 'tap'
import { readMultipart, writeMultipart, type Part } from '../../../rules/body/multipart.ts'

const read = (text: string, boundary = 'X', maxParts = 5) => readMultipart(Buffer.from(text), boundary, maxParts)
const head = 'Content-Disposition: form-data; name="a"'
const form = (section: string): string => `--X\r\n${section}\r\n--X--\r\n`

t.test('multipart: names, file names, media types and contents are read octet for octet', async t => {
  const text =
    `--X\r\n${head}\r\n\r\none\r\n--X\r\ncontent-disposition:form-data;name=b ; filename="c d.bin"\r\n` +
    'Content-Transfer-Encoding: binary\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\r\n\r\n--X--'
  const reading = read(text)
  t.ok(reading.ok)
  if (!reading.ok) return
  t.same(
    reading.parts.map(part => ({ ...part, content: Buffer.from(part.content).toString() })),
    [
      { name: 'a', fileName: null, contentType: null, content: 'one' },
      { name: 'b', fileName: 'c d.bin', contentType: 'text/plain; charset=utf-8', content: '\r\n' },
    ],
  )
  t.match(read(form(`${head}\r\n\r\n`)), { ok: true, parts: [{ name: 'a', content: { length: 0 } }] })
})

t.test('P1: multipart: what readers could tell apart in other ways is refused', async t => {
  const good = form(`${head}\r\n\r\none`)
  t.match(read(good), { ok: true })
  const boundaries: Readonly<Record<string, string>> = {
    'nothing at all': '',
    'no part': '--X--\r\n',
    'a preamble': `hello\r\n${good}`,
    'a line break in front': `\r\n${good}`,
    'an epilogue': `${good}hello`,
    'two line breaks behind': `${good}\r\n`,
    'no end': good.slice(0, -6),
    'half an end': good.replace('--X--\r\n', '--X-'),
    'line feeds alone': good.replaceAll('\r\n', '\n'),
    'a line feed in front of the boundary': good.replace('one\r\n', 'one\n'),
    'blanks behind the boundary': good.replace('--X\r\n', '--X \r\n'),
    'the boundary in the content': form(`${head}\r\n\r\none --X two`),
    'the boundary at a line, with more behind it': form(`${head}\r\n\r\none\r\n--XY\r\ntwo`),
    'the boundary in a header': form(`${head}--X\r\n\r\none`),
    'another boundary': good.replaceAll('--X', '--Y'),
    'a part behind the end': `${good.replace('--X--\r\n', '--X--')}\r\n--X\r\n${head}\r\n\r\ntwo\r\n--X--`,
    'nothing between two boundaries': '--X\r\n--X--\r\n',
  }
  for (const [name, text] of Object.entries(boundaries)) t.match(read(text), { ok: false, rule: 'boundary' }, name)
  t.match(read(form(`${head}\r\n\r\none\r\n--X\r\n${head}\r\n\r\ntwo`), 'X', 1), { ok: false, rule: 'maxMembers' })
})

t.test('P1: multipart: a part says its name once, perhaps a file name and a media type, and nothing else', async t => {
  const headers: Readonly<Record<string, string>> = {
    'no header': '\r\none',
    'no blank line': head,
    'no name': 'Content-Disposition: form-data\r\n\r\none',
    'not form-data': 'Content-Disposition: attachment; name="a"\r\n\r\none',
    'two names': `${head}; name="b"\r\n\r\none`,
    'an extended file name': `${head}; filename*=utf-8''b\r\n\r\none`,
    'another parameter': `${head}; size=3\r\n\r\none`,
    'an escape in quotes': 'Content-Disposition: form-data; name="a\\"b"\r\n\r\none',
    'a quote left open': 'Content-Disposition: form-data; name="a\r\n\r\none',
    'text behind the name': `${head} b\r\n\r\none`,
    'two dispositions': `${head}\r\n${head}\r\n\r\none`,
    'two types': `${head}\r\nContent-Type: a/b\r\nContent-Type: a/b\r\n\r\none`,
    'another header': `${head}\r\nX-Run: 1\r\n\r\none`,
    'a folded line': `${head};\r\n filename="b"\r\n\r\none`,
    'a space in front of the colon': 'Content-Disposition : form-data; name="a"\r\n\r\none',
    'a line feed alone': `${head}\nContent-Type: a/b\r\n\r\none`,
    'a control character': 'Content-Disposition: form-data; name="a\tb"\r\n\r\none',
    'a NUL': 'Content-Disposition: form-data; name="a\0"\r\n\r\none',
    'too long a header': `${head}; filename="${'a'.repeat(1024)}"\r\n\r\none`,
  }
  for (const [name, section] of Object.entries(headers))
    t.match(read(form(section)), { ok: false, rule: 'part-header', part: 0 }, name)
  t.match(readMultipart(Buffer.from(form(head.replace('"a"', '"\xff"') + '\r\n\r\n'), 'latin1'), 'X', 5), {
    rule: 'part-header',
  })
  for (const coding of ['base64', 'quoted-printable', 'gzip'])
    t.match(read(form(`${head}\r\nContent-Transfer-Encoding: ${coding}\r\n\r\none`)), {
      ok: false,
      rule: 'transfer-encoding',
      part: 0,
    })
})

t.test(
  'P2: multipart: what is written has a boundary that stands nowhere in it, and is read again as it was',
  async t => {
    const first = writeMultipart([{ name: 'a', fileName: null, contentType: null, content: Buffer.from('x') }])
    t.equal(first.boundary, 'sluice-00000000')
    const content = Buffer.from('--sluice-00000000 --sluice-000000011 \r\n--sluice-00000003--sluice-0000000')
    const evading = writeMultipart([{ name: 'a', fileName: null, contentType: null, content }])
    t.equal(evading.boundary, 'sluice-00000002')
    const text = fc.stringMatching(/^[ !#-[\]-~é]{1,20}$/)
    const parts = fc.array(
      fc.record({
        name: text,
        fileName: fc.option(text),
        contentType: fc.constantFrom(null, 'application/json'),
        content: fc.oneof(
          fc.uint8Array(),
          fc.stringMatching(/^(?:\r\n|--|sluice-|0000000[01]|a)*$/).map(one => Buffer.from(one)),
        ),
      }),
      { minLength: 1, maxLength: 4 },
    )
    const plain = (all: readonly Part[]) =>
      all.map(part => ({ ...part, content: Buffer.from(part.content).toString('hex') }))
    fc.assert(
      fc.property(parts, parts => {
        const { boundary, content } = writeMultipart(parts)
        const reading = readMultipart(content, boundary, 5)
        return reading.ok && JSON.stringify(plain(reading.parts)) === JSON.stringify(plain(parts))
      }),
      { numRuns: 300 },
    )
    t.throws(() => writeMultipart([{ name: 'a"b', fileName: null, contentType: null, content }]), TypeError)
  },
)

t.test('multipart: hostile content takes time in proportion to its size', async t => {
  const many = Array.from({ length: 200_000 }, (_, index) => `--sluice-${String(index).padStart(8, '0')}`).join('')
  const part = { name: 'a', fileName: null, contentType: null, content: Buffer.from(many) }
  t.equal(writeMultipart([part]).boundary, 'sluice-00200000')
})

import { join } from 'node:path'
import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { anchorName, readAnchors } from '../../../log/proofs/anchor-files.ts'
import { signCheckpoint } from '../../../log/proofs/checkpoint.ts'

const signer = { name: 'lab.example/log', key: generateKeyPairSync('ed25519').privateKey }
const noteOf = (size: number): string =>
  signCheckpoint({ origin: signer.name, size, root: Buffer.alloc(32, size) }, signer)

t.test('anchors: are read from one file, from a folder in order, and from what the appliance printed', async t => {
  const [one, two, three] = [noteOf(1), noteOf(2), noteOf(3)]
  const printed = [two, three].map(checkpoint => JSON.stringify({ time: 'now', kind: 'anchor', checkpoint }))
  const folder = t.testdir({
    one,
    several: `${one}${two}${three}`,
    printed: ['sluice listens on …', printed[0], '{"kind":"other","about":"anchor"}', '{"anchor"', printed[1], ''].join(
      '\n',
    ),
    folder: { [anchorName(3)]: three, [anchorName(1)]: one, 'notes.txt': 'not an anchor' },
    other: 'nothing of the kind',
    mixed: `${one}nothing of the kind`,
  })
  t.same(readAnchors(join(folder, 'one')), [one])
  t.same(readAnchors(join(folder, 'several')), [one, two, three])
  t.same(readAnchors(join(folder, 'printed')), [two, three])
  t.same(readAnchors(join(folder, 'folder')), [one, three])
  t.same(readAnchors(join(folder, 'other')), ['nothing of the kind'], 'is left to be found unusable')
  t.same(readAnchors(join(folder, 'mixed')), [`${one}nothing of the kind`], 'nothing is passed over')
  t.throws(() => readAnchors(join(folder, 'none')), { code: 'ENOENT' })
})

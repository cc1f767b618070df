import { createHash } from 'node:crypto'
import t from 'tap'
import {
  appendLeaf,
  consistencyProof,
  decodeFrontier,
  emptyFrontier,
  encodeFrontier,
  inclusionProof,
  leafHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../../log/proofs/merkle.ts'

/** The reference leaves and roots of the certificate-transparency and transparency-dev/merkle tests. */
const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]
const hashes = leaves.map(leaf => leafHash(Buffer.from(leaf, 'hex')))
const hex = (proof: readonly Uint8Array[]): string[] => proof.map(node => Buffer.from(node).toString('hex'))
const treeOf = (some: readonly Uint8Array[]) => some.reduce(appendLeaf, emptyFrontier)

/** The definition of RFC 6962 section 2.1, word for word. */
const definition = (some: readonly Buffer[]): Buffer => {
  if (some.length === 0) return createHash('sha256').digest()
  if (some.length === 1) return createHash('sha256').update('\0').update(some[0]!).digest()
  let k = 1
  while (k * 2 < some.length) k *= 2
  const children = [definition(some.slice(0, k)), definition(some.slice(k))]
  return createHash('sha256').update('\x01').update(Buffer.concat(children)).digest()
}

t.test('merkle: the published roots of the reference leaves come out', async t => {
  roots.forEach((root, size) => t.equal(rootOf(treeOf(hashes.slice(0, size))).toString('hex'), root, `size ${size}`))
})

t.test('merkle: roots agree with the definition of RFC 6962 for every size up to 130', async t => {
  const data = Array.from({ length: 130 }, (_, index) => Buffer.from(`leaf ${index}`))
  let tree = emptyFrontier
  for (const [index, leaf] of data.entries()) {
    tree = appendLeaf(tree, leafHash(leaf))
    const expected = definition(data.slice(0, index + 1))
    if (!rootOf(tree).equals(expected)) t.fail(`size ${index + 1}`)
  }
  t.equal(tree.size, 130)
})

t.test('merkle: the published proofs come out', async t => {
  t.same(hex(inclusionProof(hashes, 5).proof), [
    'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ])
  t.same(hex(consistencyProof(hashes, 1)), [
    '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
  ])
  t.same(hex(consistencyProof(hashes, 6)), [
    '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ])
  t.same(hex(consistencyProof(hashes.slice(0, 5), 2)), [
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
  ])
})

const many = Array.from({ length: 34 }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)))

/** Every way in which a proof can be slightly wrong. */
const spoiled = (proof: readonly Uint8Array[]): Uint8Array[][] => [
  [...proof, many[0]!],
  [many[0]!, ...proof],
  ...proof.map((_, index) => proof.toSpliced(index, 1)),
  ...proof.map((node, index) => proof.with(index, Buffer.from(node).fill(0, 0, 1))),
  ...proof.map((node, index) => proof.with(index, node.subarray(1))),
]

t.test(
  'merkle: every inclusion proof verifies, and no other index, leaf, root, size or spoiled proof does',
  async t => {
    for (let size = 1; size <= many.length; size++) {
      const some = many.slice(0, size)
      const root = rootOf(treeOf(some))
      for (const [index, leaf] of some.entries()) {
        const { proof } = inclusionProof(some, index)
        const right = { index, size, leaf, proof, root }
        if (!verifyInclusion(right)) t.fail(`${index} of ${size} is refused`)
        const wrong = [
          { ...right, index: index + 1 },
          { ...right, index: index - 1 },
          { ...right, index: size },
          { ...right, leaf: many[(index + 1) % many.length]! },
          { ...right, root: leafHash(root) },
          ...spoiled(proof).map(bad => ({ ...right, proof: bad })),
        ]
        if (wrong.some(verifyInclusion)) t.fail(`${index} of ${size}: a wrong proof is taken`)
      }
    }
    t.throws(() => inclusionProof(many, many.length), RangeError)
  },
)

t.test('merkle: every consistency proof verifies, and no other size, root or spoiled proof does', async t => {
  for (let to = 1; to <= many.length; to++) {
    const toRoot = rootOf(treeOf(many.slice(0, to)))
    for (let from = 1; from <= to; from++) {
      const fromRoot = rootOf(treeOf(many.slice(0, from)))
      const proof = consistencyProof(many.slice(0, to), from)
      const right = { from, to, fromRoot, toRoot, proof }
      if (!verifyConsistency(right)) t.fail(`${from} to ${to} is refused`)
      const wrong = [
        { ...right, from: 0 },
        { ...right, from: to + 1 },
        { ...right, fromRoot: leafHash(fromRoot) },
        { ...right, toRoot: leafHash(toRoot) },
        ...spoiled(proof).map(bad => ({ ...right, proof: bad })),
      ]
      if (wrong.some(verifyConsistency)) t.fail(`${from} to ${to}: a wrong proof is taken`)
    }
  }
  t.throws(() => consistencyProof(many, 0), RangeError)
})

t.test('frontier: survives being written and read; other bytes are refused', async t => {
  for (let size = 0; size <= many.length; size++) {
    const tree = treeOf(many.slice(0, size))
    const read = decodeFrontier(encodeFrontier(tree))
    t.ok(read && read.size === size && rootOf(read).equals(rootOf(tree)), `size ${size}`)
  }
  const bytes = encodeFrontier(treeOf(many))
  t.equal(decodeFrontier(bytes.subarray(1)), null)
  t.equal(decodeFrontier(Buffer.concat([bytes, bytes.subarray(0, 32)])), null)
  t.equal(decodeFrontier(Buffer.alloc(8, 0xff)), null)
})

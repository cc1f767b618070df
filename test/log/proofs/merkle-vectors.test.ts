import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { consistencyProof, inclusionProof, leafHash, rootOf, treeOf } from '../../../log/proofs/merkle.ts'
import { verifyConsistency, verifyInclusion } from '../../../log/proofs/merkle.ts'

/**
 * The classes of right and wrong proofs that the vectors of transparency-dev/merkle have, made anew for every tree of up to
 * 33 leaves; and those vectors themselves, where `MERKLE_VECTORS` names a folder with their `inclusion` and `consistency`.
 */

const leaves = Array.from({ length: 33 }, (_, index) => leafHash(Buffer.from(`vector ${index}`)))
const rootAt = (size: number): Buffer => rootOf(treeOf(Buffer.concat(leaves.slice(0, size))))
const none = Buffer.of()
const random = leafHash(Buffer.from('random'))
const short = Buffer.from('short')

type Hashes = readonly Uint8Array[]

/** A proof with one thing wrong with it, by what that is. */
const wrongProofs = (proof: Hashes, roots: Readonly<Record<string, Uint8Array>>): Readonly<Record<string, Hashes>> => ({
  'trailing garbage': [...proof, none],
  'preceding garbage': [none, ...proof],
  ...Object.fromEntries(
    Object.entries(roots).flatMap(([name, root]) => [
      [`trailing ${name}`, [...proof, root]],
      [`preceding ${name}`, [root, ...proof]],
    ]),
  ),
  ...Object.fromEntries(proof.map((node, at) => [`bit flipped in ${at}`, proof.with(at, flipped(node))])),
  ...Object.fromEntries(proof.map((_, at) => [`without ${at}`, proof.toSpliced(at, 1)])),
  ...Object.fromEntries(proof.map((node, at) => [`${at} twice`, proof.toSpliced(at, 0, node)])),
  ...Object.fromEntries(proof.map((node, at) => [`${at} cut`, proof.with(at, node.subarray(1))])),
  ...(proof.length > 0 && { empty: [], 'one inserted': proof.toSpliced(1, 0, random) }),
  ...(proof.length > 1 && { reversed: proof.toReversed() }),
})

const flipped = (node: Uint8Array): Uint8Array => Uint8Array.from(node, (octet, at) => (at === 0 ? octet ^ 8 : octet))

t.test('merkle: inclusion proofs of every class of error are refused', async t => {
  for (let size = 1; size <= leaves.length; size++) {
    const root = rootAt(size)
    for (const [index, leaf] of leaves.slice(0, size).entries()) {
      const { proof } = inclusionProof(leaves.slice(0, size), index)
      const right = { index, size, leaf, proof, root }
      if (!verifyInclusion(right)) t.fail(`${index} of ${size} is refused`)
      const wrong = {
        'index - 1': { ...right, index: index - 1 },
        'index + 1': { ...right, index: index + 1 },
        'index ^ 2': { ...right, index: index ^ 2 },
        'index of 64 bits': { ...right, index: 2 ** 64 },
        'size of nothing': { ...right, size: 0 },
        'wrong leaf': { ...right, leaf: short },
        'no leaf': { ...right, leaf: none },
        'another leaf': { ...right, leaf: random },
        'root of nothing': { ...right, root: rootAt(0) },
        'random root': { ...right, root: random },
        'no root': { ...right, root: none },
        // a tree of another height; one of the same height can have the same path
        'size * 4': { ...right, size: size * 4 },
        ...Object.fromEntries(
          Object.entries(wrongProofs(proof, { root })).map(([name, bad]) => [name, { ...right, proof: bad }]),
        ),
      }
      for (const [what, inclusion] of Object.entries(wrong))
        if (verifyInclusion(inclusion)) t.fail(`${index} of ${size}: ${what} is taken`)
    }
  }
})

t.test('merkle: consistency proofs of every class of error are refused', async t => {
  for (let to = 2; to <= leaves.length; to++) {
    for (let from = 1; from < to; from++) {
      const [fromRoot, toRoot] = [rootAt(from), rootAt(to)]
      const proof = consistencyProof(leaves.slice(0, to), from)
      const right = { from, to, fromRoot, toRoot, proof }
      if (!verifyConsistency(right)) t.fail(`${from} to ${to} is refused`)
      const wrong = {
        'from - 1': { ...right, from: from - 1 },
        'from + 1': { ...right, from: from + 1 },
        'from ^ 2': { ...right, from: from ^ 2 },
        'from more than to': { ...right, from: to + 1 },
        'to * 4': { ...right, to: to * 4 },
        'to of nothing': { ...right, to: 0 },
        'wrong first root': { ...right, fromRoot: short },
        'random first root': { ...right, fromRoot: random },
        'wrong second root': { ...right, toRoot: short },
        'random second root': { ...right, toRoot: random },
        'swapped roots': { ...right, fromRoot: toRoot, toRoot: fromRoot },
        ...Object.fromEntries(
          Object.entries(wrongProofs(proof, { fromRoot, toRoot })).map(([name, bad]) => [
            name,
            { ...right, proof: bad },
          ]),
        ),
      }
      for (const [what, consistency] of Object.entries(wrong))
        if (verifyConsistency(consistency)) t.fail(`${from} to ${to}: ${what} is taken`)
    }
  }
})

t.test('merkle: trees of one size need the same root and no proof; growth from nothing proves nothing', async t => {
  const root = rootAt(1)
  for (const size of [0, 1]) {
    const same = { from: size, to: size, fromRoot: root, toRoot: root, proof: [] }
    t.ok(verifyConsistency(same), `${size}`)
    t.notOk(verifyConsistency({ ...same, toRoot: random }), `${size}: roots that differ`)
    t.notOk(verifyConsistency({ ...same, proof: [root] }), `${size}: a proof where none is due`)
  }
  const growth = { from: 0, to: 1, fromRoot: rootAt(0), toRoot: root }
  t.notOk(verifyConsistency({ ...growth, proof: [] }))
  t.notOk(verifyConsistency({ ...growth, proof: [rootAt(0)] }))
  t.notOk(verifyConsistency({ from: 1, to: 0, fromRoot: root, toRoot: rootAt(0), proof: [] }), 'back in time')
})

type Vector = {
  /** Of either kind. */
  readonly proof: readonly string[] | null
  readonly desc: string
  readonly wantErr: boolean
  /** Of inclusion proofs; one of the two names, by the age of the vector. */
  readonly leafIdx?: number
  readonly leafIndex?: number
  readonly treeSize: number
  readonly root: string
  readonly leafHash: string
  /** Of consistency proofs. */
  readonly size1: number
  readonly size2: number
  readonly root1: string
  readonly root2: string
}

const octets = (text: string): Buffer => Buffer.from(text, 'base64')

const isInclusion = ({ leafIdx, leafIndex, treeSize, root, leafHash, proof }: Vector): boolean =>
  verifyInclusion({
    index: (leafIdx ?? leafIndex)!,
    size: treeSize,
    leaf: octets(leafHash),
    proof: (proof ?? []).map(octets),
    root: octets(root),
  })

const isConsistency = ({ size1, size2, root1, root2, proof }: Vector): boolean =>
  verifyConsistency({
    from: size1,
    to: size2,
    fromRoot: octets(root1),
    toRoot: octets(root2),
    proof: (proof ?? []).map(octets),
  })

const vectors = process.env.MERKLE_VECTORS

t.test('merkle: the published vectors', { skip: vectors ? false : 'MERKLE_VECTORS names no folder' }, async t => {
  for (const [kind, verify] of Object.entries({ inclusion: isInclusion, consistency: isConsistency })) {
    const files = readdirSync(join(vectors!, kind), { recursive: true, encoding: 'utf8' }).filter(file =>
      file.endsWith('.json'),
    )
    t.ok(files.length > 0, kind)
    for (const file of files) {
      const vector = JSON.parse(readFileSync(join(vectors!, kind, file), 'utf8')) as Vector
      t.equal(verify(vector), !vector.wantErr, `${kind}/${file}`)
    }
  }
})

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The part of a tap test that this needs. */
type Test = { readonly teardown: (done: () => void) => void }

/** A file system of its own with so many octets, in memory; null where only root may make one. */
export const smallDisk = (t: Test, octets: number): string | null => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-disk-'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${octets}`, 'tmpfs', folder])
  t.teardown(() => {
    if (status === 0) spawnSync('umount', ['--lazy', folder])
    rmSync(folder, { recursive: true, force: true })
  })
  return status === 0 ? folder : null
}

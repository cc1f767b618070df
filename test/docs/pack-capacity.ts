import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packsFolder } from '../../proxy/policy/policy-file.ts'
import { sluice } from '../kit/sluice.ts'

const MARK = '<!-- capacity -->'

const readmeOf = (pack: string): string => join(packsFolder, pack, 'README.md')

/** What `sluice rules capacity` prints of a pack's policy. @throws Error when the command fails */
export const capacitySection = async (pack: string): Promise<string> => {
  const policy = join(packsFolder, pack, 'policy.yaml')
  const { code, stdout, stderr } = await sluice(['rules', 'capacity', '--policy', policy, '--top', '6', '--markdown'])
  if (code !== 0) throw new Error(stderr)
  return stdout.trim()
}

/** What stands between the marks in the README of a pack. */
export const writtenSection = (pack: string): string | undefined =>
  readFileSync(readmeOf(pack), 'utf8').split(MARK)[1]?.trim()

/** The READMEs of all packs with their capacity reports made anew. */
export const packReadmes = async (): Promise<Readonly<Record<string, string>>> => {
  const pages: Record<string, string> = {}
  for (const pack of readdirSync(packsFolder)) {
    const [before = '', , after = ''] = readFileSync(readmeOf(pack), 'utf8').split(MARK)
    pages[`rules/packs/${pack}/README.md`] = `${before}${MARK}\n\n${await capacitySection(pack)}\n\n${MARK}${after}`
  }
  return pages
}

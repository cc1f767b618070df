import type { HeldPayload } from '../../proxy/review/held-payload.ts'
import { decodeContent, decodeText } from '../../rules/decode.ts'
import { fieldValues } from '../../rules/message.ts'
import { defaultLimits } from '../../rules/policy.ts'

/** All of a payload as lines of text, which have to be made harmless before they are shown: they are an attacker's. */
export const revealedLines = ({ head, content }: HeldPayload): readonly string[] => {
  const fields = head.fields.map(([name, value]) => `${name}: ${value}`)
  return [`${head.method} ${head.target}`, ...fields, '', ...contentLines(head, content)]
}

const contentLines = (head: HeldPayload['head'], content: Uint8Array): readonly string[] => {
  const coding = fieldValues(head, 'content-encoding')[0] ?? null
  const decoded = decodeContent(content, coding, defaultLimits)
  const text = decodeText(decoded.ok ? decoded.bytes : content)
  if (text !== null) return text.split(/\r?\n/)
  return [`(${content.length} octets that are no text: "sluice blocked reveal --output FILE" writes them to a file)`]
}

/** Other scanners of free text, measured when somebody has installed them: `npm i --no-save redact-pii @redactpii/node`. */
export type Peer = { readonly name: string; readonly redact: (text: string) => void }

type Scanner = { readonly redact: (text: string) => string }

const makers: Readonly<Record<string, (module: Record<string, new () => Scanner>) => Scanner>> = {
  'redact-pii': module => new module.SyncRedactor!(),
  '@redactpii/node': module => new module.Redactor!(),
}

/** Those that are installed. @param note - told of those that are not */
export const peers = async (note: (text: string) => void): Promise<readonly Peer[]> => {
  const found: Peer[] = []
  for (const [name, make] of Object.entries(makers))
    try {
      const scanner = make((await import(name)) as Record<string, new () => Scanner>)
      found.push({ name, redact: text => void scanner.redact(text) })
    } catch {
      note(`${name} is not installed and is left out; npm i --no-save ${name}`)
    }
  return found
}

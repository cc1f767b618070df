/** How the command is called here: npm, when it started us, puts the Node that sluice needs on the path. */
export const calledAs = process.env.npm_lifecycle_event === undefined ? 'sluice' : 'npm run -s sluice --'

/** A word as a shell takes it for one. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`

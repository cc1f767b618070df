/** The environment of a person at a shell: without what npm adds, by which commands that they are told to type would be spelled otherwise. */
export const byHand: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')),
)

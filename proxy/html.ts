/** Markup that is safe as it stands: only `html` and `fixed` make it. */
export type Html = { readonly markup: string }

type Part = Html | string | number | readonly Html[]

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as it can stand between tags and in quoted attributes. Characters that turn the direction of text are made visible. */
const escape = (text: string): string =>
  text.replaceAll(/[&<>"']/g, character => entities[character]!).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{FFFD}')

const spell = (part: Part): string => {
  if (typeof part === 'string' || typeof part === 'number') return escape(String(part))
  return 'markup' in part ? part.markup : part.map(({ markup }) => markup).join('')
}

/** A template of markup; whatever is put into it is escaped, unless it is markup itself. */
export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  markup: texts.map((text, index) => text + (index < parts.length ? spell(parts[index]!) : '')).join(''),
})

/** Markup of our own that is no template. Never give it anything from outside. */
export const fixed = (markup: string): Html => ({ markup })

// A pointer such as `/lanes/*/note` would end a block comment, so these are line comments.

// A JSON Pointer (RFC 6901) without what differs from one message to the next: the index of an item is `*`, and the position by which
// records name a property that the policy does not name is `#*`. `/lanes/3/#12` becomes `/lanes/*/#*`.
export const pointerShape = (pointer: string): string =>
  pointer.replaceAll(/(?<=\/)(?<mark>#?)\d+(?=\/|$)/g, (_token, mark: string) => `${mark}*`)

/** The same with the surface in front, as people read it. */
export const placeShape = ({ surface, pointer }: { readonly surface: string; readonly pointer: string }): string =>
  `${surface} ${pointerShape(pointer) || '/'}`

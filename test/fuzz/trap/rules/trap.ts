/** Throws for one in 2^32 inputs: by chance alone nobody finds it. */
export const trap = (bytes: Buffer): void => {
  if (bytes[0] === 0x53) if (bytes[1] === 0x4c) if (bytes[2] === 0x55) if (bytes[3] === 0x49) throw new Error('sprung')
}

/** A thread that inspects, and dies or hangs where a message says so. */
import inspectThere, { type Task } from '../../proxy/inspection/inspector-thread.ts'

export default (task: Task): unknown => {
  const { content } = task.message
  const text = content.kind === 'complete' ? Buffer.from(content.bytes).toString() : ''
  if (text.includes('tile dies')) process.exit(7)
  if (text.includes('tile hangs')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  return inspectThere(task)
}

/** Opens a file and makes what is to be made of it. Runs in a process of its own (child.ts). */
import type { Made, Say, SoFar, Task } from './task.ts'

/** Each with its own decoders: a process loads only those it needs. */
const by: Record<Task['type'], () => Promise<(task: Task, say: Say, soFar: SoFar) => Promise<Made>>> = {
  image: async () => (await import('./image.ts')).processImage,
  audio: async () => (await import('./audio.ts')).processAudio,
  video: async () => (await import('./video.ts')).processVideo,
  file: async () => (await import('./document.ts')).processDocument,
}

/** @throws BadFile for a file that cannot be used; anything else is a fault of ours or of the machine. */
export const processFile = async (task: Task, say: Say, soFar: SoFar): Promise<Made> => (await by[task.type]())(task, say, soFar)

/** Opens a file and makes what is to be made of it. Runs in a process of its own (child.ts). */
import { processAudio } from './audio.ts'
import { processDocument } from './document.ts'
import { processImage } from './image.ts'
import type { Made, Say, Task } from './task.ts'
import { processVideo } from './video.ts'

const by = { image: processImage, audio: processAudio, video: processVideo, file: processDocument }

/** @throws BadFile for a file that cannot be used; anything else is a fault of ours or of the machine. */
export const processFile = (task: Task, say: Say): Promise<Made> => by[task.type](task, say)

/** What the process that opens files is given, and what it gives back. Both cross a process boundary as plain data. */
import type { ErrorCode } from '../../shared/errors.ts'
import type { MediaType } from '../../shared/media.ts'

export interface Task {
  /** The file to read, and an empty folder for what is made of it. */
  path: string
  folder: string
  type: MediaType
  mime: string
  name: string
  /** Make the sound track, for a transcript. */
  wantsSound: boolean
}

/** Names of files in the folder. */
export interface Forms {
  /** The file without its metadata, to take its place. */
  clean?: string
  thumbnail?: string
  poster?: string
  playable?: string
  frames?: string[]
  /** Speech for a transcription model; not kept. */
  sound?: string
}

export interface Facts {
  width?: number
  height?: number
  durationMs?: number
  pages?: number
  placeholder?: string
  waveform?: number[]
  extractedText?: string
}

export interface Trouble { code: ErrorCode, details: Record<string, string | number> }

export interface Made { facts: Facts, forms: Forms, notice: Trouble | null }

/** A file that cannot be used, through its own fault: told to the person, not tried again (but for `CrashedFile`). */
export class BadFile extends Error {
  readonly trouble: Trouble
  constructor(code: ErrorCode, details: Record<string, string | number> = {}, cause?: unknown) {
    super(code, { cause })
    this.trouble = { code, details }
  }
}

/** The program ended in the middle of it: a decoder crashed, most likely through the file. If not, it goes well the next time. */
export class CrashedFile extends BadFile {
  /** The signal or exit code it ended with. */
  readonly how: string
  constructor(name: string, how: string) {
    super('media_broken', { name })
    this.how = how
  }
}

export type Say = (percent: number) => void
/** Tells what is finished already: it counts when the rest takes too long or breaks the program. */
export type SoFar = (made: Made) => void

/** From the child: that it runs, how far it is and with what so far, then one of the others. */
export type Word = { kind: 'started' } | { kind: 'progress', percent: number } | { kind: 'so far', made: Made } | { kind: 'made', made: Made } | { kind: 'bad', trouble: Trouble } | { kind: 'failed', reason: string }

/** What is said in a recording, by the transcription model that is configured. Never a reason to fail the file. */
import { readFile, stat } from 'node:fs/promises'
import type { TranscriptionModelV4 } from '@ai-sdk/provider'
import { transcribe } from 'ai'
import type { MediaRow } from '../../db/queries/media.ts'
import type { TranscriptLine } from '../../db/tables.ts'
import type { Services } from '../services.ts'
import type { Trouble } from './task.ts'

/** OpenAI's limit for one request, and so that of most others. */
const mostBytes = 25 * 1024 ** 2
const patienceMs = 10 * 60_000

export interface Transcript { lines: TranscriptLine[] | null, text: string | null, trouble: Trouble | null }

/** Without sound that fits, or when the model fails: `trouble`, which becomes the file's notice. */
export async function transcribeFile({ log }: Pick<Services, 'log'>, model: TranscriptionModelV4, row: Pick<MediaRow, 'id' | 'name' | 'durationMs'>, path: string, signal: AbortSignal): Promise<Transcript> {
  const trouble: Trouble = { code: 'media_not_transcribed', details: { name: row.name } }
  if ((await stat(path)).size > mostBytes) return { lines: null, text: null, trouble }
  try {
    const { segments, text, durationInSeconds } = await transcribe({
      model, audio: await readFile(path), maxRetries: 2, abortSignal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
    })
    const lines = segments.map(({ startSecond, endSecond, text }) => ({ fromMs: Math.round(startSecond * 1000), toMs: Math.round(endSecond * 1000), text: text.trim() }))
    if (lines.length > 0 || text.trim() === '') return { lines, text, trouble: null }
    return { lines: [{ fromMs: 0, toMs: Math.round((durationInSeconds ?? (row.durationMs ?? 0) / 1000) * 1000), text: text.trim() }], text, trouble: null }
  }
  catch (error) {
    if (signal.aborted) throw error
    log.warn({ mediaId: row.id, err: error }, 'a recording could not be transcribed')
    return { lines: null, text: null, trouble }
  }
}

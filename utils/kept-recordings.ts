/** Recordings in the making, kept in this browser piece by piece, so that a reload or a crash loses a second at most. */
import { clear, createStore, del, delMany, entries, get, set, type UseStore } from 'idb-keyval'

export interface KeptRecording { id: string, mime: string, kind: 'audio' | 'video', startedAt: number }

let opened: UseStore | undefined
const store = () => opened ??= createStore('parley-recordings', 'pieces')
const piece = (id: string, n: number) => `${id}/${String(n).padStart(6, '0')}`
export const lockOf = (id: string) => `parley-recording:${id}`

export const keepRecording = (recording: KeptRecording) => set(recording.id, recording, store())
export const keepPiece = (id: string, n: number, data: Blob) => set(piece(id, n), data, store())

/** Removes a recording and its pieces. */
export async function forgetRecording(id: string): Promise<void> {
  const all = await entries<string, unknown>(store())
  await del(id, store())
  await delMany(all.map(([key]) => key).filter(key => key.startsWith(`${id}/`)), store())
}

export const forgetRecordings = (): Promise<void> => clear(store())

/** The file a kept recording makes; null when nothing of it was kept. */
export async function fileOfRecording(id: string): Promise<File | null> {
  const recording = await get<KeptRecording>(id, store())
  if (!recording) return null
  const all = await entries<string, unknown>(store())
  const pieces = all.filter((entry): entry is [string, Blob] => entry[0].startsWith(`${id}/`) && entry[1] instanceof Blob).sort(([a], [b]) => a < b ? -1 : 1)
  return pieces.length ? new File(pieces.map(([, data]) => data), recordingName(recording), { type: recording.mime.split(';')[0] }) : null
}

/** `Recording 2026-11-22 14.05.webm`, in local time, in letters every file system takes. */
export function recordingName({ kind, mime, startedAt }: Pick<KeptRecording, 'kind' | 'mime' | 'startedAt'>): string {
  const at = new Date(startedAt)
  const two = (value: number) => String(value).padStart(2, '0')
  const ending = mime.includes('mp4') ? (kind === 'audio' ? 'm4a' : 'mp4') : mime.includes('ogg') ? 'ogg' : 'webm'
  return `${kind === 'audio' ? 'Recording' : 'Clip'} ${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}.${two(at.getMinutes())}.${ending}`
}

/** Recordings nobody is making any more: left by a reload or a crash, in whatever tab. */
export async function leftRecordings(): Promise<KeptRecording[]> {
  const all = await entries<string, unknown>(store())
  const held = new Set((await navigator.locks?.query())?.held?.map(lock => lock.name))
  return all.flatMap(([key, value]) => !key.includes('/') && !held.has(lockOf(key)) ? [value as KeptRecording] : [])
}

/** How much of a file is opened. Beyond these a file is kept and can be downloaded, but is not looked into. */
export const limits = {
  /** Pixels of one picture (all frames of an animation counted); a phone's largest have 200 million. */
  pixels: 120_000_000,
  /** Of a picture that is read whole before it is opened. */
  decodedBytes: 200 * 1024 ** 2,
  /** Longest side of the pictures we make. */
  thumbnailSide: 640,
  posterSide: 1280,
  frameSide: 768,
  /** Key frames of a video, for models that see but don't watch. */
  frames: 8,
  /** A header may claim any length; beyond this one (23 days, which a column of four bytes holds) it is not believed. */
  claimedMs: 2_000_000_000,
  /** Longest recording that is decoded for a waveform, a playable form or a transcript. */
  soundMs: 4 * 3_600_000,
  /** Longest video that is encoded anew, and the side it is brought down to. */
  videoMs: 60 * 60_000,
  videoSide: 1280,
  waveformPeaks: 200,
  documentBytes: 200 * 1024 ** 2,
  pdfPages: 1000,
  /** A first page that is not drawn after this has no picture; images in it that are larger are left out. */
  pdfDrawingMs: 30_000,
  pdfImagePixels: 40_000_000,
  /** Letters of text kept. */
  textLength: 400_000,
  /** Of an Office archive: entries, bytes of one and of all that are unpacked. */
  archiveEntries: 5000,
  archiveEntryBytes: 64 * 1024 ** 2,
  archiveBytes: 128 * 1024 ** 2,
} as const

/** A process that is at work tells how far it is, or what it has so far; one that runs in circles in a damaged file tells nothing. */
export const quietMs = 120_000

/** Wall-clock and memory for the process that opens one file. Past either it is ended. */
export const bounds = {
  image: { ms: 60_000, bytes: 1.5 * 1024 ** 3 },
  audio: { ms: 10 * 60_000, bytes: 1.5 * 1024 ** 3 },
  video: { ms: 25 * 60_000, bytes: 2 * 1024 ** 3 },
  file: { ms: 120_000, bytes: 1.5 * 1024 ** 3 },
} as const

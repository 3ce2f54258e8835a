/**
 * What is optional, and loaded when a file needs it: the media engine (FFmpeg inside `@mediabunny/server`), the canvas that
 * draws PDF pages and reads BMP (Skia), the reader of HEIC (libheif as WebAssembly). Without one of them the product works
 * and says what it could not make.
 */
let opened: Promise<boolean> | undefined

/** True when it is installed and loads. */
export function openEngine(): Promise<boolean> {
  opened ??= import('@mediabunny/server').then((engine) => {
    // Looking for graphics hardware takes most of a second and writes to the console.
    engine.registerMediabunnyServer({ hardwareContext: null })
    return true
  }, () => false)
  return opened
}

/** Null when it isn't installed or doesn't load. */
export const openCanvas = (): Promise<typeof import('@napi-rs/canvas') | null> => import('@napi-rs/canvas').catch(() => null)

/** Null when it isn't installed. */
export const openHeif = (): Promise<typeof import('libheif-js/wasm-bundle.js')['default'] | null> => import('libheif-js/wasm-bundle.js').then(found => found.default, () => null)

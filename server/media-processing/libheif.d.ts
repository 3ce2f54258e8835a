/** The part of libheif-js that is used; the package has no types of its own for it. */
declare module 'libheif-js/wasm-bundle.js' {
  interface HeifImage {
    get_width(): number
    get_height(): number
    is_primary(): boolean
    /** Fills `data` with RGBA, upright as the file says; null when it could not be decoded. */
    display(target: { data: Uint8ClampedArray, width: number, height: number }, done: (shown: object | null) => void): void
  }
  const libheif: { HeifDecoder: new () => { decode(file: Uint8Array): HeifImage[] } }
  export default libheif
}

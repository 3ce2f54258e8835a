/** The optional media engine (FFmpeg inside `@mediabunny/server`): without it files are read but not decoded or encoded. */
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

import { buildOnce } from '../../scripts/build-once.mjs'

/** Builds before the first test, so that no test's deadline pays for it. */
export default async function globalSetup(): Promise<void> {
  await buildOnce()
}

/** The S3 of a test: the double, or a real one given by `TEST_S3_*` (CONTRIBUTING.md), each with a bucket of its own. */
import { randomUUID } from 'node:crypto'
import { openS3Double } from './s3-double.ts'

export interface TestS3 {
  endpoint: string
  /** As pages reach it: another name than the one the server uses, where it has one. */
  publicEndpoint: string
  settings: { region: string, bucket: string, accessKey: string, secretKey: string }
  /** Makes it unreachable; null for a real one, which nobody takes down. */
  setDown: ((down: boolean) => void) | null
  close(): Promise<void>
}

/** Null unless the tester names one. */
export function realS3(): TestS3 | null {
  const { TEST_S3_ENDPOINT: endpoint, TEST_S3_PUBLIC_ENDPOINT: publicEndpoint = endpoint, TEST_S3_REGION: region = 'us-east-1' } = process.env
  const { TEST_S3_ACCESS_KEY: accessKey = '', TEST_S3_SECRET_KEY: secretKey = '', TEST_S3_BUCKET: bucket = `parley-test-${randomUUID()}` } = process.env
  if (!endpoint || !publicEndpoint) return null
  return { endpoint, publicEndpoint, settings: { region, bucket, accessKey, secretKey }, setDown: null, close: async () => {} }
}

export async function openTestS3(): Promise<TestS3> {
  const real = realS3()
  if (real) return real
  const { endpoint, account, setDown, close } = await openS3Double()
  return { endpoint, publicEndpoint: endpoint.replace('127.0.0.1', 'localhost'), settings: { ...account, bucket: 'parley' }, setDown, close }
}

import type { TestSandbox } from './sandbox';

/** Points a server's storage at the simulated S3. */
export function s3Environment({ url, env }: Pick<TestSandbox, 'url' | 'env'>): Record<string, string> {
  return {
    STORAGE_DRIVER: 's3',
    S3_ENDPOINT: `${url}/s3`,
    S3_FORCE_PATH_STYLE: 'true',
    S3_BUCKET: env['S3_BUCKET'] ?? 'sandbox',
    S3_ACCESS_KEY_ID: 'sandbox-key',
    S3_SECRET_ACCESS_KEY: 'sandbox-secret',
  };
}

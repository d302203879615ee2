/** The harness makes its certificates the same way. */
export { createAuthority, type Certificate } from '../../packages/testing/src/certificates.ts';

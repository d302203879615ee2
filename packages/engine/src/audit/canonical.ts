export { canonicalJson } from '../schema/canonical.ts';

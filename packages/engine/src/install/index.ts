export { CandidateSkill, prepareInstall, type PrepareInstallOptions } from './candidate.ts';
export {
  findInstalled,
  InstalledSkill,
  storesOf,
  verifyStored,
  type StoreOptions,
} from './installed.ts';
export type { LockedSkill } from './lock-format.ts';
export { SkillStore, type StoredSkill, type StoreScope } from './store.ts';
export {
  capabilityDifference,
  isDowngrade,
  toolDifference,
  type CapabilityDifference,
  type ToolDifference,
} from './differences.ts';
export { signPackage } from './sign.ts';

/** What the library offers. A table of contents: everything public is named here, and nothing else is public. */
export { createEngine, type Engine } from './engine.ts';
export type { CapabilityForm, EngineOptions, LoadOptions } from './engine-options.ts';
export type {
  ExecuteOptions,
  ExecutionResult,
  CredentialUse,
  InterfaceUse,
  Limits,
  ToolInfo,
} from './execution.ts';
export { auditHealth, type Health, type SkillHealth } from './health.ts';
export type { Metrics, ToolMetrics } from './metrics.ts';
export type { Skill } from './skill.ts';
export type {
  TelemetryAttributes,
  TelemetryCallback,
  TelemetryGauge,
  TelemetryMeter,
  TelemetryOptions,
  TelemetrySpan,
  TelemetryTracer,
} from './telemetry.ts';
export type { IsolationOptions } from './isolate/level.ts';
export { describeIsolation, type IsolationReport, type LayerReport } from './isolate/report.ts';
export type {
  Runtime,
  RuntimeCall,
  RuntimeOutcome,
  RuntimeSession,
  RuntimeSkill,
  RuntimeTool,
} from './runtime.ts';
export { filesystemAccess, type Access } from './authority/filesystem.ts';
export { denyEnvironment, denyFilesystem, type FilesystemRequest } from './authority/deny.ts';
export { examine, type Examination, type ExamineOptions } from './examine/examine.ts';
export type { Check, Severity } from './examine/check.ts';

// Skills of instructions: SKILL.md
export {
  createSkillTools,
  type SkillMdOptions,
  type SkillMdTools,
} from './skill-md/skill-tools.ts';
export { skillToolNames, type SkillToolName } from './skill-md/definitions.ts';
export type { DiscoveryProblem } from './skill-md/discover.ts';
export type { ScriptOptions, ScriptPolicy } from './skill-md/scripts.ts';

// Failures
export { SkillError, errorCodes, isErrorCode, EXIT } from './errors.ts';
export type { ErrorCode, ErrorDetails, FaultOwner } from './errors.ts';
export type { Denial, DenialCode } from './authority/denial.ts';

// The manifest and what it grants
export { parseManifest } from './manifest/manifest.ts';
export type { CapabilityRestriction, DeclaredCapabilities, Manifest } from './manifest/types.ts';
export type { EffectiveAuthority } from './authority/types.ts';

// The operator's policy
export type {
  AfterDecision,
  AskRequest,
  Decision,
  Hook,
  HookCall,
  HookResult,
  OnAsk,
} from './policy/hook.ts';
export {
  artefactReview,
  askBefore,
  concurrency,
  rateLimits,
  readOnly,
  timeWindows,
  toolLists,
  type ArtefactReviewOptions,
  type AskBeforeOptions,
  type ConcurrencyOptions,
  type FlaggedFile,
  type RateLimitOptions,
  type RateRule,
  type ReadOnlyOptions,
  type TimeWindow,
  type TimeWindowOptions,
  type ToolListOptions,
} from './policy/hooks/index.ts';

// The operator's settings
export {
  combineSettings,
  type Contribution,
  type Settings,
  type SettingsLayer,
} from './settings/layers.ts';
export { settingsOptions, type SettingsOptions } from './settings/options.ts';
export { readSetting, readSettings, type ReadValues } from './settings/read.ts';
export { settings, settingKeys, type SettingKey, type SettingValue } from './settings/table.ts';

// For tests of skills
export type { Substitutes } from './substitutes.ts';

// The audit record
export { openAuditReader, openDiskAuditStore, type DiskAuditOptions } from './audit/disk.ts';
export type { AuditKind } from './audit/kind.ts';
export {
  openSqliteAuditStore,
  type AuditReader,
  type SqliteAuditOptions,
  type SqliteAuditStore,
} from './audit/sqlite.ts';
export {
  openJsonLinesAuditStore,
  type JsonLinesAuditOptions,
  type JsonLinesAuditStore,
} from './audit/lines.ts';
export { verifyJsonLinesAudit } from './audit/lines-verify-file.ts';
export { MemoryAuditStore } from './audit/memory.ts';
export type { AuditFilter, AuditPage, AuditStore } from './audit/store.ts';
export type {
  AuditCredentialUse,
  AuditDenial,
  AuditInterfaceCall,
  AuditList,
  AuditRecord,
  AuditStatus,
} from './audit/record.ts';
export type { AuditStats, ToolStats } from './audit/stats.ts';
export type { Break, Verification } from './audit/verify.ts';
export type { VerifyOptions } from './audit/verify-store.ts';
export type { Pruned, Retention } from './audit/retention.ts';
export type { ChainEntry } from './audit/export-format.ts';
export {
  brokenAudit,
  exportAudit,
  importAudit,
  verifyExport,
  type ExportVerifyOptions,
  type VerifiedExport,
} from './audit/export.ts';
export { auditPublicKey, type AuditPublicKey } from './audit/public-key.ts';
export { escapeText, escapeLines } from './audit/escape.ts';

// Credentials
export {
  FileVault,
  MemoryCredentialStore,
  Secret,
  passphraseFromCommand,
  passphraseFromDescriptor,
  passphraseFromEnvironment,
  type CredentialName,
  type CredentialStore,
  type FileVaultOptions,
  type Keyring,
  type PassphraseSource,
} from './credentials/index.ts';

// JSON values
export { parseParametersJson } from './schema/parameters.ts';
export type { JsonValue } from './schema/json.ts';

// For faces such as the command line
export {
  Acceptances,
  capabilityWords,
  givesAnything,
  runsOutside,
  type RunsOutside,
  readPackage,
  recordRefused,
  type Acceptance,
  type Accepted,
  type CapabilityGroup,
  type CapabilityWords,
  type FailedExecution,
  type RefusedCall,
  type SkillPackage,
} from './trust/index.ts';
export { findSkills, type SkillSource } from './load.ts';
export { operatorHome, statePlaces, type StatePlaces } from './places.ts';
export { suggest } from './manifest/suggest.ts';

// Installed skills and trust
export {
  findInstalled,
  InstalledSkill,
  prepareInstall,
  signPackage,
  CandidateSkill,
  SkillStore,
  capabilityDifference,
  isDowngrade,
  toolDifference,
  type CapabilityDifference,
  type ToolDifference,
  storesOf,
  verifyStored,
  type LockedSkill,
  type PrepareInstallOptions,
  type StoredSkill,
  type StoreOptions,
  type StoreScope,
} from './install/index.ts';
export {
  DEFAULT_LEVEL,
  reaches,
  trustLevelOf,
  trustLevels,
  type TrustLevel,
} from './trust/levels.ts';
export {
  newSigningKey,
  readPublicKey,
  type SignatureState,
  type TrustedKey,
} from './trust/signature.ts';
export { TrustSettings, type TrustState } from './trust/settings.ts';
export { importsOf, lint } from './trust/lint.ts';
export { fixManifest, type Fixed } from './trust/lint-fix.ts';
export { lintIds, type Finding, type LintId } from './trust/lint-rules.ts';
export {
  permissionKinds,
  permissionTable,
  type Permission,
  type PermissionKind,
} from './trust/permissions.ts';
export {
  InterfaceError,
  type HostFunctions,
  type HostInterface,
  type InterfaceCall,
} from './interfaces/host-interface.ts';

// Parts of the types above
export type { IntentRecord, OutcomeRecord } from './audit/record.ts';
export { auditStatuses } from './audit/record.ts';
export type { Durability } from './audit/database.ts';
export type { BreakKind, StoredEntry } from './audit/verify.ts';
export { denialCodes } from './authority/denial.ts';
export type {
  AuthorityExplanation,
  AuthorityPart,
  EffectiveCredential,
  EffectiveEnvironment,
  EffectiveFilesystem,
  EffectiveNetwork,
  EffectiveVolume,
  PathInPart,
  Places,
} from './authority/types.ts';
export type { FilesWritten } from './broker/filesystem-written.ts';
export type { NetworkSubstitute } from './broker/network-substitute.ts';
export type { ComponentShape } from './component/shape.ts';
export type { KeyMethod } from './credentials/vault-keys.ts';
export type { CodeEntry } from './errors.ts';
export type { ExecutionFacts } from './execution.ts';
export type { Asked } from './install/differences.ts';
export type { Approval, LockedSignature, UnsealedSkill } from './install/lock-format.ts';
export type { PackageFiles } from './install/package-files.ts';
export type { ClockReadings } from './isolate/messages.ts';
export type { Spanned } from './manifest/form.ts';
export type {
  AllowedCommands,
  CredentialPlace,
  DeclaredCredential,
  DeclaredEnvironment,
  DeclaredFilesystem,
  DeclaredInterface,
  DeclaredNetwork,
  DeclaredPath,
  DeclaredVolume,
  DockerEntry,
  DockerSkillManifest,
  FilesystemAccess,
  ForbiddenPath,
  NativeSkillManifest,
  NetworkProtocol,
  NetworkRule,
  ParameterRow,
  ParameterShape,
  ParameterType,
  RateLimit,
  ResourceLimits,
  SkillCommon,
  SkillManifest,
  SourceSpan,
  ToolDeclaration,
  ToolParameters,
  WasmSkillManifest,
} from './manifest/types.ts';
export type { Counts } from './metrics.ts';
export type { Day } from './policy/hooks/time-windows.ts';
export type { JsonLimits } from './schema/json-limits.ts';
export type { JsonObject } from './schema/json.ts';
export type { Setting } from './settings/setting.ts';
export type { FileSubstitute } from './substitutes.ts';
export type { InstrumentOptions } from './telemetry.ts';

/**
 * The manifest in its one normal form: every short form expanded, every alias resolved, every default filled in.
 * All of it is plain data (structured-cloneable). Paths stay as written; `authority/` resolves them.
 */
import type { JsonValue } from '../schema/json.ts';

/** Where something stands in the manifest. `line` and `column` count from 1; `column` counts UTF-16 units. */
export interface SourceSpan {
  /** Path of the file, as it was given. */
  readonly file: string;
  /** Line number, from 1. */
  readonly line: number;
  /** Column number, from 1, in UTF-16 units. */
  readonly column: number;
  /** Key path within the file, such as `skills[0].capabilities.filesystem.read[1]`. */
  readonly keyPath: string;
}

export type { JsonValue };

/** A manifest as it is written: what skills declare, before anything is granted. */
export interface Manifest {
  /** Path as it was given, for messages. */
  readonly file: string;
  /** `skills` for `[[skills]]`, `skill` for a file with one `[skill]` table. */
  readonly form: 'skill' | 'skills';
  /** At least one; names are unique. */
  readonly skills: readonly SkillManifest[];
}

/** One entry of a manifest, by its runtime. */
export type SkillManifest = WasmSkillManifest | DockerSkillManifest | NativeSkillManifest;

/** What the entries of all runtimes have. */
export interface SkillCommon {
  /** Lower-case letters, digits, `-` and `_`; starts with a letter or digit; at most 64 characters. */
  readonly name: string;
  /** Semantic version; `0.0.0` if the manifest has none. */
  readonly version: string;
  /** For callers. */
  readonly description: string | undefined;
  readonly capabilities: DeclaredCapabilities;
  /** The operator's restriction. An area that is absent is not restricted. */
  readonly overrides: CapabilityRestriction;
  readonly resources: ResourceLimits;
  /** Which of `resources` the manifest states; the others are defaults. */
  readonly statedResources: readonly (keyof ResourceLimits)[];
  readonly tools: readonly ToolDeclaration[];
  readonly source: SourceSpan;
}

/** The entry of a WebAssembly skill. */
export interface WasmSkillManifest extends SkillCommon {
  readonly runtime: 'wasm';
  /** File path, relative to the manifest's directory or absolute. */
  readonly component: string;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string | undefined;
  /** Plain configuration values by name, for `wasi:config/store` and `get-config`. */
  readonly config: Readonly<Record<string, string>>;
}

/** The entry of a skill in a container. */
export interface DockerSkillManifest extends SkillCommon {
  readonly runtime: 'docker';
  readonly docker: DockerEntry;
}

/** What the manifest of a container says of it. */
export interface DockerEntry {
  /** Name of the image, with tag or digest. */
  readonly image: string;
  /** argv inside the container; `undefined` keeps the image's own. */
  readonly command: readonly string[] | undefined;
  /** `1000:1000` by default. */
  readonly user: string;
  /** Whether the root file system is read-only. Default `true`. */
  readonly readOnly: boolean;
  /** Kernel capabilities that are dropped. Default `ALL`. */
  readonly capDrop: readonly string[];
  readonly privileged: false;
}

/** The entry of a skill that runs a command of the machine. */
export interface NativeSkillManifest extends SkillCommon {
  readonly runtime: 'native';
  readonly allowedCommands: AllowedCommands;
}

/** What a native skill may run. */
export interface AllowedCommands {
  /** Bare command names or absolute paths. */
  readonly commands: readonly string[];
  /** Arguments that may be given. Default: none. */
  readonly allowedArgs: readonly string[];
  /** Arguments that are refused, before any that may be given. Default: none. */
  readonly forbiddenArgs: readonly string[];
  /** The list of `capabilities.environment`, if it is written in this section. Default: it is not. */
  readonly envAllowlist?: readonly string[] | undefined;
  /** As `envAllowlist`. Default: it is not written here. */
  readonly envBlocklist?: readonly string[] | undefined;
}

// ── Capabilities ──────────────────────────────────────────────────────────────────────────────────────────────────

/** What a skill asks for. An area without entries gives nothing. */
export interface DeclaredCapabilities {
  readonly filesystem: DeclaredFilesystem;
  readonly network: DeclaredNetwork;
  readonly environment: DeclaredEnvironment;
  readonly credentials: readonly DeclaredCredential[];
  readonly interfaces: readonly DeclaredInterface[];
  /** Docker only. */
  readonly volumes: readonly DeclaredVolume[];
}

/** A maximum. An area that is absent is not restricted. */
export type CapabilityRestriction = {
  readonly [Area in keyof DeclaredCapabilities]?: DeclaredCapabilities[Area];
};

/** `write` in the manifest is `read-write` here: who may write a file may read it. */
export type FilesystemAccess = 'read' | 'read-write';

/** The files that a manifest declares. */
export interface DeclaredFilesystem {
  readonly grants: readonly DeclaredPath[];
  /** Wins over every grant, of whatever part. */
  readonly forbidden: readonly ForbiddenPath[];
}

/** A file or directory that a manifest declares. */
export interface DeclaredPath {
  /** As written: absolute, `~` or `~/…` (the operator's home), or relative to the manifest's directory. */
  readonly path: string;
  readonly access: FilesystemAccess;
  /** Where it stands. */
  readonly source?: SourceSpan | undefined;
}

/** A path that no grant reaches. */
export interface ForbiddenPath {
  /** As it stands in the manifest. */
  readonly path: string;
  /** Where it stands. */
  readonly source?: SourceSpan | undefined;
}

/** What may be spoken with a host. */
export type NetworkProtocol = 'https' | 'http' | 'tcp' | 'udp';

/** The hosts that a manifest declares. */
export interface DeclaredNetwork {
  /** A connection is allowed if one rule allows it as a whole. */
  readonly rules: readonly NetworkRule[];
  /** `system`, `cloudflare`, `quad9`, an IP address or an `https:` URL; `undefined` if not stated (then `system`). */
  readonly dns: string | undefined;
  /** Set if the manifest has the short form, so that denials show it in this form. */
  readonly written?: 'urls' | undefined;
}

/** (name matches `domains` or address is in `addresses`) and port in `ports` and protocol in `protocols`. */
export interface NetworkRule {
  /** Lower-case ASCII (IDNA), without trailing dot; exact, or `*.` and a name for one or more labels before it. */
  readonly domains: readonly string[];
  /** CIDR blocks in canonical text, such as `10.0.0.0/8`, `192.0.2.7/32`, `2001:db8::/32`. */
  readonly addresses: readonly string[];
  /** TCP or UDP port numbers, at least one. */
  readonly ports: readonly number[];
  readonly protocols: readonly NetworkProtocol[];
  /** Where it stands. */
  readonly source?: SourceSpan | undefined;
}

/** The environment that a manifest declares. */
export interface DeclaredEnvironment {
  /** Names, or patterns with `*`; only a name without `*` lets a sensitive variable pass. */
  readonly allowlist: readonly string[];
  /** Names that never pass. */
  readonly blocklist: readonly string[];
  /** In order; `!` in front removes. */
  readonly patterns: readonly string[];
  /** Where it stands. */
  readonly source?: SourceSpan | undefined;
}

/** Where the value of a credential may be put in a request. */
export type CredentialPlace = 'header' | 'query' | 'body';

/** A credential that a manifest declares. */
export interface DeclaredCredential {
  /** Letters, digits, `-` and `_`. */
  readonly name: string;
  /** Domain patterns as in `NetworkRule.domains`: the hosts whose HTTPS requests may carry the value. */
  readonly hosts: readonly string[];
  /** `placeholder`: the guest never sees the value. `guest`: it is handed over. */
  readonly exposure: 'placeholder' | 'guest';
  /** Where in a request the value may stand in place of the placeholder. */
  readonly places: readonly CredentialPlace[];
  /** What it is for, in the author's words. */
  readonly description?: string | undefined;
  /** Where it stands. */
  readonly source?: SourceSpan | undefined;
}

/** An interface of the embedding program that a manifest declares. */
export interface DeclaredInterface {
  /** `namespace:package/interface` with an optional `@version`. */
  readonly name: string;
  /** Where it stands. */
  readonly source?: SourceSpan | undefined;
}

/** A volume that the manifest of a container declares. */
export interface DeclaredVolume {
  /** As it stands in the manifest. */
  readonly hostPath: string;
  /** Absolute and normalised. */
  readonly guestPath: string;
  readonly access: FilesystemAccess;
  /** Where it stands. */
  readonly source?: SourceSpan | undefined;
}

// ── Limits ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The limits that a manifest sets; what it leaves out is `undefined`. */
export interface ResourceLimits {
  /** Default 67 108 864 (64 MiB). */
  readonly memoryBytes: number;
  /** Default 10 000 000 000. A safe integer. */
  readonly fuel: number;
  /** Default 30 000. */
  readonly timeoutMs: number;
  /** Result, stdout and stderr together. Default 1 048 576 (1 MiB). */
  readonly outputBytes: number;
  /** What the invocation may write to disk. Default 67 108 864 (64 MiB). */
  readonly diskBytes: number;
  /** Docker: number of processors; `undefined` leaves it to the container engine. Without effect elsewhere. */
  readonly cpu: number | undefined;
  /** Invocations of the skill at the same time; `undefined` leaves it to the engine. */
  readonly concurrency: number | undefined;
  /** How often the skill may be called; `undefined` is no bound. */
  readonly rate: RateLimit | undefined;
}

/** So many calls in so much time. */
export interface RateLimit {
  /** How many calls. */
  readonly count: number;
  /** 1 000, 60 000, 3 600 000 or 86 400 000. */
  readonly perMs: number;
}

// ── Tools ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a manifest says of a tool. */
export interface ToolDeclaration {
  /** Of a tool that the component has. */
  readonly name: string;
  /** In place of the component's. */
  readonly description: string | undefined;
  /** `undefined`: the skill's. */
  readonly timeoutMs: number | undefined;
  /** `undefined`: what the component says of itself. */
  readonly parameters: ToolParameters | undefined;
  readonly source: SourceSpan;
}

/** How a manifest describes parameters: rows of its table, or a JSON Schema, in place or in a file. */
export type ToolParameters =
  | { readonly kind: 'rows'; readonly rows: readonly ParameterRow[] }
  /** A JSON Schema file, relative to the manifest's directory. */
  | { readonly kind: 'schemaFile'; readonly path: string; readonly source: SourceSpan }
  | {
      readonly kind: 'schema';
      readonly schema: { readonly [key: string]: JsonValue };
      readonly source: SourceSpan;
    };

/** What the value of a parameter is. */
export type ParameterType = 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object';

/** One value: what a row, the items of an array and the properties of an object have in common. */
export interface ParameterShape {
  readonly type: ParameterType;
  /** For callers. */
  readonly description?: string | undefined;
  /** Strings: a regular expression; unanchored, as in JSON Schema. Not yet checked for linear time. */
  readonly pattern?: string | undefined;
  /** Strings: the least number of code points. Arrays: of items. */
  readonly minLength?: number | undefined;
  /** As `minLength`. */
  readonly maxLength?: number | undefined;
  /** The least number, inclusive. */
  readonly min?: number | undefined;
  /** The greatest number, inclusive. */
  readonly max?: number | undefined;
  /** The only values. */
  readonly enum?: readonly JsonValue[] | undefined;
  /** Taken where the caller leaves it out. */
  readonly default?: JsonValue | undefined;
  /** See the reference of parameters. */
  readonly format?: 'path' | 'argument' | undefined;
  /** Never shown in errors, logs or records. Default false. */
  readonly sensitive: boolean;
  /** Arrays only. */
  readonly items?: ParameterShape | undefined;
  /** Objects only. */
  readonly properties?: readonly ParameterRow[] | undefined;
  readonly source: SourceSpan;
}

/** One row of the table of parameters in a manifest. */
export interface ParameterRow extends ParameterShape {
  /** As the caller writes it. */
  readonly name: string;
  /** Default false. */
  readonly required: boolean;
}

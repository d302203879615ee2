/** The outcome of declared ∩ granted ∩ ceiling. Plain data: it crosses threads and processes as it is. */
import type {
  CapabilityRestriction,
  CredentialPlace,
  DeclaredCapabilities,
  DeclaredEnvironment,
  FilesystemAccess,
  NetworkRule,
  SourceSpan,
} from '../manifest/types.ts';

/** Which of the parts of an authority is speaking. */
export type AuthorityPart = 'declared' | 'granted' | 'overrides' | 'ceiling';

export interface AuthorityParts {
  /** What the skill's manifest asks for. */
  readonly declared: DeclaredCapabilities;
  /** What the operator approved: all that is declared, nothing, or at most this. */
  readonly granted: 'declared' | 'none' | CapabilityRestriction;
  /** The operator's `[skills.overrides]`. */
  readonly overrides?: CapabilityRestriction | undefined;
  /** The maximum of the embedding program; without it there is none beyond the other parts. */
  readonly ceiling?: CapabilityRestriction | undefined;
  /** Further maxima; each holds. */
  readonly ceilings?: readonly CapabilityRestriction[] | undefined;
}

/** Where paths of a manifest start from. */
export interface Places {
  /** Absolute directory of the manifest, against which relative paths resolve. */
  readonly baseDir: string;
  /** Absolute; what `~` stands for. A capability that uses `~` without it is an error. */
  readonly home?: string | undefined;
}

/**
 * What a skill can really do: declared, and granted, and beneath the ceiling. The broker judges every request by this
 * alone.
 */
export interface EffectiveAuthority {
  readonly filesystem: EffectiveFilesystem;
  readonly network: EffectiveNetwork;
  readonly environment: EffectiveEnvironment;
  readonly credentials: readonly EffectiveCredential[];
  /** Names of host interfaces, sorted. */
  readonly interfaces: readonly string[];
  readonly volumes: readonly EffectiveVolume[];
  /** What denials cite; no part of any decision, and not hashed. */
  readonly explain: AuthorityExplanation;
}

/** The most specific grant decides, and `forbidden` beats every grant. Paths are absolute, normalised host paths. */
export interface EffectiveFilesystem {
  /** What may be opened, and how. */
  readonly grants: readonly { readonly path: string; readonly access: FilesystemAccess }[];
  /** Absolute paths that no grant reaches. */
  readonly forbidden: readonly string[];
}

/** Every layer has to allow a connection; within a layer one rule does. */
export interface EffectiveNetwork {
  /** A connection passes only if a rule of each layer allows it. */
  readonly layers: readonly {
    readonly part: AuthorityPart;
    readonly rules: readonly NetworkRule[];
  }[];
  /** Who resolves names: `system`, a service, an address or a URL. */
  readonly dns: string;
}

/** Every layer has to let a name pass. */
export interface EffectiveEnvironment {
  /** A variable passes only if each layer lets it. */
  readonly layers: readonly {
    readonly part: AuthorityPart;
    readonly rule: DeclaredEnvironment;
  }[];
}

/** A credential in effect: where its value may go. */
export interface EffectiveCredential {
  /** As the manifest names it. */
  readonly name: string;
  /** Every layer has to match the host. */
  readonly hosts: readonly (readonly string[])[];
  /** Whether the guest gets a placeholder, or the value itself. */
  readonly exposure: 'placeholder' | 'guest';
  /** Where in a request the value may stand, sorted. */
  readonly places: readonly CredentialPlace[];
}

/** A volume of a container, in effect. */
export interface EffectiveVolume {
  /** Absolute path on the host. */
  readonly hostPath: string;
  /** Absolute path in the container. */
  readonly guestPath: string;
  readonly access: FilesystemAccess;
}

/** Where each capability that is in effect comes from, part by part. */
export interface AuthorityExplanation {
  /** Manifest table that denials name: `skill` or `skills`. */
  readonly table: 'skill' | 'skills';
  /** Each part's filesystem with absolute paths. */
  readonly filesystem: readonly {
    readonly part: AuthorityPart;
    readonly grants: readonly PathInPart[];
    readonly forbidden: readonly {
      readonly path: string;
      readonly source?: SourceSpan | undefined;
    }[];
  }[];
  /** The declared capabilities as written, to which denials add. */
  readonly declared: DeclaredCapabilities;
  /** The manifest's own restriction. */
  readonly overrides: CapabilityRestriction | undefined;
}

/** A path as one part of the authority names it. */
export interface PathInPart {
  /** Absolute. */
  readonly path: string;
  readonly access: FilesystemAccess;
  /** Where it stands. */
  readonly source?: SourceSpan | undefined;
}

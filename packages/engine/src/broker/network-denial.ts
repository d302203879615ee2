/** A refusal of the network's broker, as it is recorded. */
import type { DenialCode } from '../authority/denial.ts';
import type { Endpoint } from '../authority/network.ts';

export type NetworkDenial =
  /** `judgeEndpoint` denied the endpoint, or `judgeAddress` one address of it. */
  | {
      readonly kind: 'endpoint';
      readonly operation: string;
      readonly endpoint: Endpoint;
      readonly address?: string | undefined;
    }
  /** A name may not be looked up, or not with this answer. */
  | { readonly kind: 'lookup'; readonly name: string; readonly address?: string | undefined }
  /** What no manifest can allow. */
  | {
      readonly kind: 'refused';
      readonly operation: string;
      readonly code: DenialCode;
      readonly target: string;
      readonly rule: string;
    };

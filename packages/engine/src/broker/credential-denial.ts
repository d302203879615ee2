/** A refusal about credentials, as it is recorded. */
export type CredentialDenial =
  /** The credential is not for this host. */
  | { readonly kind: 'host'; readonly name: string; readonly host: string }
  /** No manifest can allow it, or only another place. */
  | {
      readonly kind: 'misplaced';
      /** Empty where the placeholder is nobody's. */
      readonly name: string;
      readonly where: string;
      readonly target: string;
      readonly rule: string;
    };

import type { Hook } from '../hook.ts';

/** One written file that wants a look: its path, and why (`kind`). */
export interface FlaggedFile {
  /** The guest's own name for it. */
  readonly path: string;
  /** What was recognised in it. */
  readonly kind: string;
}

/** What {@link artefactReview} takes. */
export interface ArtefactReviewOptions {
  /**
   * Told of every invocation that wrote files of such kinds, also when it failed. `complete` is false when it
   * wrote more files than are listed. When it throws, the result is withheld.
   * Default: nobody is told.
   */
  readonly onFlagged?: (
    files: readonly FlaggedFile[],
    facts: {
      readonly executionId: string;
      readonly skill: string;
      readonly tool: string;
      readonly complete: boolean;
    },
  ) => void | Promise<void>;
  /** Withholds the result, so that nothing goes on before somebody looked. Default true. */
  readonly withhold?: boolean;
}

interface Kind {
  readonly kind: string;
  /** Of the last part of the path. */
  readonly name: RegExp;
  /** One of the folders above it; absent: any. */
  readonly below?: readonly string[];
}

/** By names, in lower case: what a file is made for, not what is in it. */
const kinds: readonly Kind[] = [
  { kind: 'terraform', name: /\.(tf|tofu|tfvars|tfplan|tfstate)(\.json|\.backup)?$/ },
  { kind: 'terraform plan', name: /^(tf)?plan(\.(out|bin|json))?$|\.plan$/ },
  { kind: 'terragrunt', name: /\.hcl$/ },
  { kind: 'shell script', name: /\.(sh|bash|zsh|ksh|fish|ps1|bat|cmd)$/ },
  { kind: 'helm', name: /^(chart|values[\w.-]*)\.ya?ml$/ },
  { kind: 'helm', name: /\.(ya?ml|tpl)$/, below: ['templates', 'charts'] },
  {
    kind: 'kubernetes',
    name: /\.(ya?ml|json)$/,
    below: ['k8s', 'kubernetes', 'manifests', 'kustomize', 'overlays'],
  },
  {
    kind: 'kubernetes',
    name: /^(kustomization|deployment|statefulset|daemonset|service|ingress|namespace|configmap|secret|job|cronjob|pod|role|rolebinding|clusterrole|clusterrolebinding)[\w.-]*\.ya?ml$/,
  },
  { kind: 'cloud template', name: /\.bicep$|^azuredeploy[\w.-]*\.json$|^pulumi[\w.-]*\.ya?ml$/ },
  {
    kind: 'cloud template',
    name: /^(cloudformation|template|stack|serverless|sam)[\w.-]*\.(ya?ml|json)$|\.(cfn|template)\.(ya?ml|json)$|\.template$/,
  },
  {
    kind: 'container',
    name: /^(dockerfile|containerfile)[\w.-]*$|^(docker-)?compose[\w.-]*\.ya?ml$/,
  },
  { kind: 'pipeline', name: /\.ya?ml$/, below: ['.github', '.circleci'] },
  { kind: 'pipeline', name: /^\.gitlab-ci\.ya?ml$|^jenkinsfile$/ },
];

/** Longer names are flagged unread: the patterns run on what a guest made up. */
const LONGEST = 255;

export function artefactKind(path: string): string | undefined {
  const folders = path.toLowerCase().replaceAll('\\', '/').split('/');
  // A trailing dot or space is not there on some systems.
  const name = (folders.pop() ?? '').replace(/[. ]{1,64}$/, '');
  if (name.length > LONGEST) return 'overlong name';
  return kinds.find(
    ({ name: pattern, below }) =>
      pattern.test(name) && (below === undefined || below.some((one) => folders.includes(one))),
  )?.kind;
}

/** Flags files that provision infrastructure or are run later by somebody else. */
export function artefactReview({ onFlagged, withhold = true }: ArtefactReviewOptions = {}): Hook {
  return {
    name: 'artefact-review',
    async after({ executionId, skill, tool }, { filesWritten: { paths, complete } }) {
      const flagged = paths.flatMap((path) => {
        const kind = artefactKind(path);
        return kind === undefined ? [] : [{ path, kind }];
      });
      if (flagged.length === 0 && complete) return { decision: 'keep' };
      await onFlagged?.(flagged, { executionId, skill, tool, complete });
      if (!withhold) return { decision: 'keep' };
      const what = flagged.length === 0 ? 'more files than can be reviewed' : describe(flagged);
      return { decision: 'withhold', reason: `it wrote ${what}; review them first` };
    },
  };
}

function describe(files: readonly FlaggedFile[]): string {
  const shown = files.slice(0, 5).map(({ path, kind }) => `${path.slice(0, 60)} (${kind})`);
  const more = files.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
